// Opens damaged files through the built package (see README.md):
//
//   node packages/trainer/fuzz/run.mjs --cases 100000 --seed 1 [--first 0]
//
// Writes progress to stderr, and findings and the result to stdout. The exit code is 1 if there are findings.

import { fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { makeCorpus } from "./corpus.mjs";

/** Time limit of a case in seconds. */
const MOST_SECONDS = 10;

/** Time limit for starting a process in seconds, on a busy machine. */
const START_SECONDS = 120;

/** Number of cases after which the process is restarted, so that leaks do not accumulate. */
const CASES_PER_PROCESS = 10_000;

/** Interval of progress messages in seconds. */
const PROGRESS_SECONDS = 10;

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
  },
});
const [cases, seed, first] = [wholeNumber("cases"), wholeNumber("seed"), wholeNumber("first")];

const folder = mkdtempSync(join(tmpdir(), "silhouette-fuzz-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, () => process.exit(130));
const scratch = join(folder, "scratch");
mkdirSync(scratch);
await makeCorpus(join(folder, "corpus"));

const start = performance.now();
const seconds = () => (performance.now() - start) / 1000;
/** @type {Map<string, number>} */
const outcomes = new Map();
let [findings, reported, next] = [0, 0, first];
while (next < first + cases) {
  next = await runFrom(next, Math.min(CASES_PER_PROCESS, first + cases - next));
}
for (const [outcome, times] of [...outcomes].toSorted(([, a], [, b]) => b - a)) console.log(`${times} x ${outcome}`);
console.log(`${cases} cases of seed ${seed}, starting at ${first}: ${findings} findings in ${Math.round(seconds())} s`);
if (findings > 0) process.exitCode = 1;

/**
 * Runs cases in a process, until all are done or one crashes it.
 *
 * @param {number} from
 * @param {number} count
 * @returns {Promise<number>} the case to continue with
 */
async function runFrom(from, count) {
  const child = fork(fileURLToPath(new URL("worker.mjs", import.meta.url)), [join(folder, "corpus"), scratch], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  let [done, what, isReady, isLate] = [from, "a case", false, false];
  /** @type {NodeJS.Timeout | undefined} */
  let watch;
  const wait = () => {
    clearTimeout(watch);
    const late = () => {
      isLate = true;
      child.kill("SIGKILL");
    };
    watch = setTimeout(late, (isReady ? MOST_SECONDS : START_SECONDS) * 1000);
  };
  wait();
  child.on("message", (/** @type {any} */ message) => {
    isReady = true;
    wait();
    if (message.begin !== undefined) ({ what } = message);
    if (message.end === undefined) return;
    done = message.end + 1;
    if (message.finding === undefined) {
      const outcome = `${message.what.split(",")[0]}: ${message.outcome}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } else {
      report(message.end, message.what, message.finding);
    }
    reportProgress(done);
  });
  child.send({ seed, first: from, cases: count });
  const [code, signal] = await new Promise((resolve) => child.once("close", (...ended) => resolve(ended)));
  clearTimeout(watch);
  if (done === from + count) return done;
  if (!isReady) throw new Error(`The process that opens mutants did not start (${signal ?? code})`);
  report(done, what, isLate ? `more than ${MOST_SECONDS} s` : `the process crashed (${signal ?? code})`);
  return done + 1;
}

/**
 * @param {number} number
 * @param {string} what
 * @param {string} finding
 */
function report(number, what, finding) {
  findings++;
  console.log(`${what}: ${finding}\n  reproduce: --seed ${seed} --first ${number} --cases 1`);
}

/** @param {number} done */
function reportProgress(done) {
  if (seconds() - reported < PROGRESS_SECONDS) return;
  reported = seconds();
  console.error(
    `${done - first} of ${cases} cases, ${Math.round((done - first) / reported)} per second, ${findings} findings`,
  );
}

/** @param {"cases" | "seed" | "first"} name */
function wholeNumber(name) {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 0 && number < 2 ** 32) return number;
  console.error(`Expected an integer from 0 to ${2 ** 32 - 1} for --${name}, but received ${values[name]}`);
  return process.exit(2);
}
