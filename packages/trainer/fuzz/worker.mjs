// The process that opens mutants, case by case, and that one may crash. run.mjs starts it, monitors it, and restarts it.
//
//   in   {seed, first, cases}
//   out  {ready}, then for each case {begin, what} before it is opened, and {end, outcome, finding} afterwards

import { once } from "node:events";

import { memory } from "@tensorflow/tfjs-core";

import { Random } from "../../preprocess-wasm/fuzz/random.mjs";
import { TrainerError } from "../dist/index.js";
import { Targets } from "./targets.mjs";

/** Maximum growth of memory per case, in kilobytes: files and pictures are small. */
const MOST_KILOBYTES = 512 * 1024;

const [corpus = "", scratch = ""] = process.argv.slice(2);
const targets = new Targets(corpus, scratch);

/** Errors outside the case's own promise. @type {unknown[]} */
const stray = [];
process.on("unhandledRejection", (error) => stray.push(error));
process.on("uncaughtException", (error) => stray.push(error));
for (const name of /** @type {const} */ (["warn", "log", "error"])) console[name] = () => undefined;

/** @param {object} message */
async function send(message) {
  await new Promise((done) => process.send?.(message, done));
}

/** @type {[{ seed: number, first: number, cases: number }]} */
const [{ seed, first, cases }] = /** @type {any} */ (await once(process, "message"));
await targets.start();
await send({ ready: true });
for (let number = first; number < first + cases; number++) await doCase(number);
process.disconnect();

/** @param {number} number */
async function doCase(number) {
  let what = "a case";
  let begun = Promise.resolve();
  const tensors = memory().numTensors;
  const before = process.resourceUsage().maxRSS;
  /** @type {string | undefined} */
  let finding;
  let outcome = "";
  try {
    const result = await targets.run(new Random(seed, number), (name) => {
      what = name;
      begun = send({ begin: number, what });
    });
    outcome = result.what;
    if (!result.isRight) finding = `a wrong ${result.what}`;
  } catch (error) {
    if (error instanceof TrainerError && error.code !== "INVALID_ARGUMENT" && error.message !== "")
      outcome = error.code;
    else finding = stackOf(error);
  }
  for (const error of stray.splice(0)) finding ??= `an unhandled error: ${stackOf(error)}`;
  const [left, grown] = [memory().numTensors - tensors, process.resourceUsage().maxRSS - before];
  if (left !== 0) finding ??= `${left} leaked tensors`;
  if (grown > MOST_KILOBYTES) finding ??= `${Math.round(grown / 1024)} MB more memory than any case before`;
  await begun;
  await send({ end: number, what, outcome, finding });
}

/** @param {unknown} error */
function stackOf(error) {
  return error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 6).join("\n") : String(error);
}
