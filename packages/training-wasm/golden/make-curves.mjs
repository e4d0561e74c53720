// Writes what tfjs-node makes of the architectures of ts/testing/architectures.ts, for ts/architectures.test.ts. README.md
// has the command.
//
//   node make-curves.mjs curves.json
//
// Of each, the losses before every step; and the spread: how far, relative to the loss, losses up to this step are at most
// when the same training begins a few times with weights that are moved by 2^-20, about as much as backends round
// differently. Where a value lies near the kink of a ReLU, this grows to 1e-3 in ten steps.

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
