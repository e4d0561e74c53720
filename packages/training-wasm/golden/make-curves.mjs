// Writes the losses of tfjs-node for the architectures of ts/testing/architectures.ts, for ts/architectures.test.ts.
// See README.md for the command.
//
//   node make-curves.mjs curves.json
//
// For each, the losses before every step, and the spread: the largest distance, relative to the loss, of losses up to
// this step if the same training starts a few times from weights that are moved by 2^-20, about the difference of
// backends' rounding. If a value is near the kink of a ReLU, this grows to 1e-3 in ten steps.

import { writeFileSync } from "node:fs";

import * as tf from "@tensorflow/tfjs-node";

import { ARCHITECTURES, learnByHeart } from "./dist/testing/architectures.js";
import { generator } from "./dist/testing/numbers.js";

const MOVED_RUNS = 8;

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("Expected the path of the file to write");
if (tf.getBackend() !== "tensorflow")
  throw new Error(`Expected the backend of tfjs-node, but it is ${tf.getBackend()}`);

const curves = {};
for (const architecture of ARCHITECTURES) {
  const { losses, accuracies } = await learnByHeart(architecture);
  const spread = losses.map(() => 0);
  for (let run = 1; run <= MOVED_RUNS; run++) {
    const moved = await learnByHeart(architecture, generator(run));
    let largest = 0;
    for (const [step, loss] of losses.entries()) {
      largest = Math.max(largest, Math.abs((moved.losses[step] ?? Number.NaN) - loss) / loss);
      spread[step] = Math.max(spread[step] ?? Number.NaN, largest);
    }
  }
  console.log(
    `${architecture.name}: loss ${losses[0]} to ${losses.at(-1)}, accuracy ${accuracies.at(-1)}, spread`,
    ...spread,
  );
  curves[architecture.name] = { losses, spread: spread.map((each) => Number(each.toPrecision(2))) };
}
const madeBy = `make-curves.mjs: tfjs-node ${tf.version["tfjs-node"]}, Node ${process.version}, ${process.arch}`;
writeFileSync(path, `${JSON.stringify({ madeBy, curves }, undefined, 1)}\n`);
