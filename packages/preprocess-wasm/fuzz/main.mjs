// The long run of ./fuzz.mjs, on the built package:
//
//   node packages/preprocess-wasm/fuzz/main.mjs --cases 10000000 --seed 20261125 [--first 0]
//
// Progress goes to stderr, the result to stdout. Ctrl-C stops it after the current block, and prints how to continue.

import { setImmediate } from "node:timers/promises";
import { parseArgs } from "node:util";

import { init, Preprocessor } from "../dist/index.js";
import { fuzz, FuzzFailure } from "./fuzz.mjs";

/** Seconds between lines of progress. */
const PROGRESS_SECONDS = 10;

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "1000000" },
    seed: { type: "string", default: "20261125" },
    first: { type: "string", default: "0" },
  },
});
const [cases, seed, first] = [wholeNumber("cases"), wholeNumber("seed"), wholeNumber("first")];

await init({ instructionSet: "simd128" });
await init({ instructionSet: "scalar" });

let isInterrupted = false;
process.once("SIGINT", () => (isInterrupted = true));
const start = performance.now();
const seconds = () => (performance.now() - start) / 1000;
let [done, reported] = [0, 0];
try {
  for (done of fuzz({ Preprocessor }, { seed, first, cases })) {
    if (seconds() - reported >= PROGRESS_SECONDS) {
      reported = seconds();
      console.error(`${done} of ${cases} cases, ${Math.round(done / reported)} per second`);
    }
    // Signals are delivered only in between.
    await setImmediate();
    if (isInterrupted) break;
  }
  console.log(`${done} cases from ${first} on of seed ${seed} pass: ${Math.round(seconds())} s`);
  if (done < cases) {
    console.log(`Interrupted. The others: --seed ${seed} --first ${first + done} --cases ${cases - done}`);
    process.exitCode = 130;
  }
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error;
  console.log(`${done} cases from ${first} on of seed ${seed} pass, then:\n${error.message}`);
  process.exitCode = 1;
}

/** @param {"cases" | "seed" | "first"} name */
function wholeNumber(name) {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 0 && number < 2 ** 32) return number;
  console.error(`Expected a whole number from 0 to ${2 ** 32 - 1} for --${name} but received ${values[name]}`);
  return process.exit(2);
}
