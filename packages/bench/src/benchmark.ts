// All suites behind one call: figures as text while they come, and files at the end. Prints nothing.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { writeWhole } from "@silhouette/trainer";

import { convolutionsChart } from "./convolutions/chart.ts";
import { preprocessChart } from "./preprocess/chart.ts";
import { trainingChart } from "./training/chart.ts";
import { CONVOLUTIONS_LEGEND, convolutionsMarkdown, convolutionsText, sumText } from "./convolutions/report.ts";
import { CONVOLUTION_SETTINGS, runConvolutionSuite } from "./convolutions/suite.ts";
import type { ConvolutionTiming } from "./convolutions/result.ts";
import { describeMachine } from "./measure/machine.ts";
import { FORMAT_VERSION } from "./measure/result.ts";
import { runPreprocessSuite } from "./preprocess/suite.ts";
import { caseText, preprocessEndText, preprocessHeadText, preprocessMarkdown } from "./preprocess/report.ts";
import { machineText } from "./measure/report-words.ts";
import type { ConvolutionsResult } from "./convolutions/result.ts";
import type { PreprocessResult } from "./preprocess/result.ts";
import type { TrainingResult } from "./training/result.ts";
import { runTrainingSuite, type BenchmarkTurn } from "./training/suite.ts";
import { endText, groupText, headText, trainingMarkdown } from "./training/report.ts";
import { TRAINING_SUITES, type TrainingSuite } from "./training/turn.ts";

/** What can be measured. */
export const SUITES = ["preprocess", ...TRAINING_SUITES, "convolutions"] as const;

/** What a run came to. */
export type BenchmarkResult = PreprocessResult | TrainingResult | ConvolutionsResult;

/** A suite by its name. */
export type Suite = (typeof SUITES)[number];

/** What the training suites measure where nothing else is said. */
export const BENCHMARK_DEFAULTS: Required<Pick<BenchmarkOptions, "batches" | "threads">> = {
  batches: [8, 32, 50],
  threads: [1, 2],
};

/** What {@link benchmark} can be told. */
export interface BenchmarkOptions {
  /** What is measured. */
  readonly suite: Suite;
  /** Whether one short round is enough, to see that everything runs and all answers agree. Default false. */
  readonly quick?: boolean;
  /** Pictures a call, of the training suites: each 1 or more. Default 8, 32 and 50. */
  readonly batches?: readonly number[];
  /** Threads, of the training suites: each 1 or more. Default 1 and 2. */
  readonly threads?: readonly number[];
  /** Folder for `<suite>.json`, `.md` and `.svg`; written anew after each case or group. */
  readonly out: string;
  /** The command that repeats it, for the files. */
  readonly command: string;
  /** Stops the work; {@link benchmark} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told each part of the report when it is there, lines without an end of line at their end. */
  readonly onText?: (text: string) => void;
  /** Told each time that the files in `out` are there, with all that was measured so far. */
  readonly onFiles?: () => void;
  /** Told before each turn of the training suites. */
  readonly onTurn?: (turn: BenchmarkTurn) => void;
}

/**
 * Checks that all peers of a suite give the right answers, then times them in turns.
 *
 * @param options at least the suite, the folder and the command
 * @throws {BenchError} `ANSWERS_DIFFER` before anything is timed; `NOT_MEASURED`
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function benchmark(options: BenchmarkOptions): Promise<BenchmarkResult> {
  const { suite } = options;
  if (suite === "preprocess") return preprocessing(options);
  return suite === "convolutions" ? convolutions(options) : training(suite, options);
}

async function preprocessing(options: BenchmarkOptions): Promise<PreprocessResult> {
  const { quick, out, command, signal, onText, onFiles } = options;
  const thoroughness = quick === true ? "quick" : "full";
  let result: PreprocessResult | undefined;
  for await (result of runPreprocessSuite({ thoroughness, command, signal })) {
    const { cases } = result;
    // Before it is told: what has been shown is kept, whatever comes next.
    await writeFiles(result, preprocessMarkdown(result), preprocessChart(result), out);
    onFiles?.();
    if (cases.length === 1) onText?.(preprocessHeadText(result));
    const report = cases.at(-1);
    if (report !== undefined) onText?.(`\n${caseText(report)}`);
  }
  if (result === undefined) throw new RangeError("Expected at least one case");
  onText?.(preprocessEndText(result));
  return result;
}

async function training(suite: TrainingSuite, options: BenchmarkOptions): Promise<TrainingResult> {
  const { quick, out, command, signal, onText, onFiles, onTurn } = options;
  const { batches, threads } = { ...BENCHMARK_DEFAULTS, ...options };
  const thoroughness = quick === true ? "quick" : "full";
  let result: TrainingResult | undefined;
  for await (result of runTrainingSuite({ suite, thoroughness, batches, threads, command, signal, onTurn })) {
    const { groups, flopsPerPicture } = result;
    // Before it is told: what has been shown is kept, whatever comes next.
    await writeFiles(result, trainingMarkdown(result), trainingChart(result), out);
    onFiles?.();
    if (groups.length === 1) onText?.(headText(result));
    const group = groups.at(-1);
    if (group !== undefined) onText?.(`\n${groupText(group, flopsPerPicture)}`);
  }
  if (result === undefined) throw new RangeError("Expected at least one batch and one number of threads");
  onText?.(endText(result));
  return result;
}

async function convolutions(options: BenchmarkOptions): Promise<ConvolutionsResult> {
  const { quick, out, command, signal, onText, onFiles } = options;
  const thoroughness = quick === true ? "quick" : "full";
  const machine = describeMachine();
  onText?.(`${machineText(machine, command)}\n\n${CONVOLUTIONS_LEGEND}`);
  const timings: ConvolutionTiming[] = [];
  for await (const layer of runConvolutionSuite(thoroughness, signal)) {
    timings.push(...layer);
    onText?.(`\n${convolutionsText(layer)}`);
  }
  onText?.(`\n${sumText(timings)}`);
  const settings = CONVOLUTION_SETTINGS[thoroughness];
  const result: ConvolutionsResult = {
    formatVersion: FORMAT_VERSION,
    suite: "convolutions",
    thoroughness,
    command,
    machine,
    settings,
    timings,
  };
  await writeFiles(result, convolutionsMarkdown(result), convolutionsChart(result), out);
  onFiles?.();
  return result;
}

async function writeFiles(result: BenchmarkResult, markdown: string, chart: string, out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const write = (ending: string, content: string): Promise<void> =>
    writeWhole(join(out, `${result.suite}.${ending}`), "the benchmark's result", [new TextEncoder().encode(content)]);
  await write("json", `${JSON.stringify(result, undefined, 2)}\n`);
  await write("md", markdown);
  await write("svg", chart);
}
