// All suites behind one call: reports text as it is measured, and writes files. Prints nothing.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { writeWhole } from "@silhouette/trainer";

import { browsersChart } from "./browsers/chart.ts";
import { browsersEndText, browsersGroupText, browsersHeadText, browsersMarkdown } from "./browsers/report.ts";
import type { BrowsersResult } from "./browsers/result.ts";
import { runBrowsersSuite } from "./browsers/suite.ts";
import { convolutionsChart } from "./convolutions/chart.ts";
import { operationsChart } from "./operations/chart.ts";
import { operationsHeadText, operationsMarkdown, operationsTexts, slowestText } from "./operations/report.ts";
import { runOperationsSuite } from "./operations/suite.ts";
import type { OperationsResult } from "./operations/result.ts";
import { preprocessChart } from "./preprocess/chart.ts";
import { networksChart } from "./networks/chart.ts";
import { networkGroupText, networksEndText, networksHeadText, networksMarkdown } from "./networks/report.ts";
import type { NetworksResult } from "./networks/result.ts";
import { runNetworkSuite } from "./networks/suite.ts";
import { NETWORK_NAMES, type NetworkName } from "./training/built-in-networks.ts";
import { trainingChart } from "./training/chart.ts";
import { convolutionsHeadText, convolutionsMarkdown, convolutionsText, sumText } from "./convolutions/report.ts";
import { runConvolutionSuite } from "./convolutions/suite.ts";
import { partialText } from "./measure/result.ts";
import { runPreprocessSuite } from "./preprocess/suite.ts";
import { caseText, preprocessEndText, preprocessHeadText, preprocessMarkdown } from "./preprocess/report.ts";
import type { ConvolutionsResult } from "./convolutions/result.ts";
import type { PreprocessResult } from "./preprocess/result.ts";
import type { TrainingResult } from "./training/result.ts";
import type { BenchmarkPlan, BenchmarkTurn } from "./measure/turns.ts";
import { runTrainingSuite } from "./training/suite.ts";
import { endText, groupText, headText, trainingMarkdown } from "./training/report.ts";
import { TRAINING_SUITES } from "./training/turn.ts";

/** The suites. */
export const SUITES = ["preprocess", ...TRAINING_SUITES, "convolutions", "operations", "networks", "browsers"] as const;

/** The result of a suite. */
export type BenchmarkResult =
  PreprocessResult | TrainingResult | ConvolutionsResult | OperationsResult | NetworksResult | BrowsersResult;

/** A suite by its name. */
export type Suite = (typeof SUITES)[number];

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
 * @throws {BenchError} `UNKNOWN_PEER`; `ANSWERS_DIFFER` before anything is timed; `NOT_MEASURED`
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function benchmark(options: BenchmarkOptions): Promise<BenchmarkResult> {
  const { suite, quick, command, peers, signal, onPlan, onTurn } = options;
  const shared = { thoroughness: quick === true ? "quick" : "full", command, peers, signal, onPlan, onTurn } as const;
  if (suite === "preprocess") return reported(runPreprocessSuite(shared), PREPROCESS_REPORT, options);
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

/** What is shown of a suite's result. */
interface SuiteReport<Result> {
  /** Above the tables. */
  readonly head: (result: Result) => string;
  /** A text for each part that was measured, in their order. */
  readonly parts: (result: Result) => readonly string[];
  /** Below the tables. */
  readonly end: (result: Result) => string;
  readonly markdown: (result: Result) => string;
  readonly chart: (result: Result) => string;
}

const PREPROCESS_REPORT: SuiteReport<PreprocessResult> = {
  head: preprocessHeadText,
  parts: ({ cases }) => cases.map(caseText),
  end: preprocessEndText,
  markdown: preprocessMarkdown,
  chart: preprocessChart,
};

const TRAINING_REPORT: SuiteReport<TrainingResult> = {
  head: headText,
  parts: ({ groups }) => groups.map(groupText),
  end: endText,
  markdown: trainingMarkdown,
  chart: trainingChart,
};

const CONVOLUTIONS_REPORT: SuiteReport<ConvolutionsResult> = {
  head: convolutionsHeadText,
  parts: ({ timings }) => {
    const layers = [...new Set(timings.map(({ layer }) => layer))];
    return layers.map((name) => convolutionsText(timings.filter(({ layer }) => layer === name)));
  },
  end: ({ timings }) => `\n${sumText(timings)}`,
  markdown: convolutionsMarkdown,
  chart: convolutionsChart,
};

const NETWORKS_REPORT: SuiteReport<NetworksResult> = {
  head: networksHeadText,
  parts: ({ groups }) => groups.map(networkGroupText),
  end: networksEndText,
  markdown: networksMarkdown,
  chart: networksChart,
};

const BROWSERS_REPORT: SuiteReport<BrowsersResult> = {
  head: browsersHeadText,
  parts: ({ groups }) => groups.map(browsersGroupText),
  end: browsersEndText,
  markdown: browsersMarkdown,
  chart: browsersChart,
};

const OPERATIONS_REPORT: SuiteReport<OperationsResult> = {
  head: operationsHeadText,
  parts: operationsTexts,
  end: (result) => `\n${slowestText(result)}`,
  markdown: operationsMarkdown,
  chart: operationsChart,
};

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
  { markdown, chart }: SuiteReport<Result>,
  out: string,
): Promise<void> {
  await mkdir(out, { recursive: true });
  const write = (ending: string, content: string): Promise<void> =>
    writeWhole(join(out, `${result.suite}.${ending}`), "the benchmark's result", [new TextEncoder().encode(content)]);
  await write("json", `${JSON.stringify(result, undefined, 2)}\n`);
  await write("md", markdown(result));
  await write("svg", chart(result));
}
