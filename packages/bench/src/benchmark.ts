// All suites behind one call: reports text as it is measured, and writes files. Prints nothing.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { writeWhole } from "@silhouette/trainer";

import { runBrowsersSuite } from "./browsers/suite.ts";
import { runOperationsSuite } from "./operations/suite.ts";
import { runNetworkSuite } from "./networks/suite.ts";
import { NETWORK_NAMES, type NetworkName } from "./training/built-in-networks.ts";
import { runConvolutionSuite } from "./convolutions/suite.ts";
import { partialText } from "./measure/result.ts";
import {
  BROWSERS_REPORT,
  chartOf,
  CONVOLUTIONS_REPORT,
  NETWORKS_REPORT,
  OPERATIONS_REPORT,
  PREPARE_REPORT,
  PREPROCESS_REPORT,
  TRAINING_REPORT,
  type BenchmarkResult,
  type Suite,
  type SuiteReport,
} from "./suite-reports.ts";
import { runPrepareSuite } from "./prepare/suite.ts";
import { runPreprocessSuite } from "./preprocess/suite.ts";
import type { BenchmarkPlan, BenchmarkTurn } from "./measure/turns.ts";
import { runTrainingSuite } from "./training/suite.ts";

/** Defaults of the training suites; `threads` of the suites networks and browsers, too. */
export const BENCHMARK_DEFAULTS: Required<Pick<BenchmarkOptions, "networks" | "threads">> = {
  networks: NETWORK_NAMES,
  threads: [1, 2],
};

/** {@link BenchmarkOptions.batches} of the suite browsers. */
const BROWSERS_BATCHES = [8, 32];

/** Options for {@link benchmark}. */
export interface BenchmarkOptions {
  /** Suite to run. */
  readonly suite: Suite;
  /** Runs one short round, to check that everything runs and all answers agree. Default false. */
  readonly quick?: boolean;
  /** Networks for the suites train and predict. Default: `reference` and `compact`. */
  readonly networks?: readonly NetworkName[];
  /**
   * Pictures per call for the training suites and the suite browsers, each 1 or more. Default 8, 32 and 50 for the reference
   * network, and 50 for the compact one; browsers: 8 and 32, with `quick` 8.
   */
  readonly batches?: readonly number[];
  /** Threads for the training suites, networks and browsers, each 1 or more. Default 1 and 2; networks and browsers with `quick`: 2. */
  readonly threads?: readonly number[];
  /** Folder of photographs for the suite prepare, with a subfolder per class. Default: 4,000 that are drawn; with `quick` 60. */
  readonly photographs?: string;
  /** Names of the peers to measure, as tables print them; ours is always measured. Default: all peers of the suite. */
  readonly peers?: readonly string[];
  /** Folder for `<suite>.json`, `.md` and `.svg`, which are rewritten after each case, group or layer. */
  readonly out: string;
  /** The command that repeats the measurement, for the files. */
  readonly command: string;
  /** Stops the work; {@link benchmark} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with each part of the report as soon as it is ready: lines, without a trailing newline. */
  readonly onText?: (text: string) => void;
  /** Called each time the files in `out` were written with everything measured so far. */
  readonly onFiles?: () => void;
  /**
   * Called before the first turn, with about how long the run takes; and again once answers are checked, where a suite checks all of
   * them first: peers that are missing are known then.
   */
  readonly onPlan?: (plan: BenchmarkPlan) => void;
  /** Called before each turn and check. */
  readonly onTurn?: (turn: BenchmarkTurn) => void;
}

/**
 * Checks that all peers of a suite give the right answers, then times them in turns.
 *
 * @param options at least the suite, the folder and the command
 * If the run is stopped or a peer fails after the first turn, the files have what was measured so far, with why it stopped.
 *
 * @throws {BenchError} `UNKNOWN_PEER`; `NO_PHOTOGRAPHS`; `NOT_INSTALLED` without `@silhouette/cli`; `ANSWERS_DIFFER` before anything is timed; `NOT_MEASURED`
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function benchmark(options: BenchmarkOptions): Promise<BenchmarkResult> {
  const { suite, quick, command, peers, signal, onPlan, onTurn } = options;
  const shared = { thoroughness: quick === true ? "quick" : "full", command, peers, signal, onPlan, onTurn } as const;
  if (suite === "preprocess") return reported(runPreprocessSuite(shared), PREPROCESS_REPORT, options);
  if (suite === "prepare") {
    return reported(runPrepareSuite({ ...shared, photographs: options.photographs }), PREPARE_REPORT, options);
  }
  if (suite === "convolutions") return reported(runConvolutionSuite(shared), CONVOLUTIONS_REPORT, options);
  if (suite === "operations") return reported(runOperationsSuite(shared), OPERATIONS_REPORT, options);
  const { networks, batches, threads } = { ...BENCHMARK_DEFAULTS, ...options };
  // That everything runs and agrees is seen with the most threads.
  const seen = quick === true && options.threads === undefined ? threads.slice(-1) : threads;
  if (suite === "networks") return reported(runNetworkSuite({ ...shared, threads: seen }), NETWORKS_REPORT, options);
  if (suite === "browsers") {
    const own = options.batches ?? (quick === true ? BROWSERS_BATCHES.slice(0, 1) : BROWSERS_BATCHES);
    return reported(runBrowsersSuite({ ...shared, batches: own, threads: seen }), BROWSERS_REPORT, options);
  }
  const measured = { ...shared, suite, networks, batches, threads };
  return reported(runTrainingSuite(measured), TRAINING_REPORT, options);
}

/** Writes and reports each result of a suite. @throws what the suite throws, after its last result */
async function reported<Result extends BenchmarkResult>(
  results: AsyncIterable<Result>,
  report: SuiteReport<Result>,
  { out, onText, onFiles }: BenchmarkOptions,
): Promise<Result> {
  let last: Result | undefined;
  let shown = 0;
  for await (const result of results) {
    // Before it is reported: what has been shown is kept, whatever comes next.
    await writeFiles(result, report, out);
    onFiles?.();
    if (last === undefined) onText?.(report.head(result));
    else if (result.stopped !== null) onText?.(`\n${partialText(result)}`);
    const parts = report.parts(result);
    for (const part of parts.slice(shown)) onText?.(`\n${part}`);
    if (result.complete || result.stopped !== null) onText?.(report.end(result));
    [last, shown] = [result, parts.length];
  }
  if (last === undefined) throw new RangeError("Expected something to measure");
  return last;
}

async function writeFiles<Result extends BenchmarkResult>(
  result: Result,
  report: SuiteReport<Result>,
  out: string,
): Promise<void> {
  await mkdir(out, { recursive: true });
  const write = (ending: string, content: string): Promise<void> =>
    writeWhole(join(out, `${result.suite}.${ending}`), "the benchmark's result", [new TextEncoder().encode(content)]);
  await write("json", `${JSON.stringify(result, undefined, 2)}\n`);
  await write("md", report.markdown(result));
  await write("svg", chartOf(result, report));
}
