// Reports on run folders: results, dataset and network of a run ─▶ run-data.ts ─▶ what a page shows.

import { basename, join, resolve } from "node:path";

import type { BackendChoice, ExplainEvent, ExplainOptions, Explanation, RunResults } from "@silhouette/trainer";
import { TrainerError } from "@silhouette/trainer/light";
import { readResults } from "@silhouette/trainer/runs";

import { dataUrls } from "./picture-urls.ts";
import type { ComparisonReport, RunReport } from "./report-data.ts";
import { comparisonReportData, runReportData, type Words } from "./run-data.ts";
import { shownPictures } from "./shown-pictures.ts";

/** Options for {@link runReport} and {@link comparisonReport}. */
export interface ReportOptions {
  /** The backend. Default `auto`. */
  readonly backend?: BackendChoice;
  /** Writes a command of `silhouette` so that it can be pasted. Default: for POSIX shells. */
  readonly commandLine?: (words: Words) => string;
  /** Explains predictions, in another thread for example. Default: `explain` of `@silhouette/trainer`. */
  readonly explain?: (options: ExplainOptions) => Promise<Explanation>;
  /** Aborts the work, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each event, in order. */
  readonly onEvent?: (event: ReportEvent) => void;
}

/** Events of a report. */
export type ReportEvent =
  | ExplainEvent
  | {
      /** The dataset's pictures cannot be shown. */
      readonly type: "picturesMissing";
      /** The run. */
      readonly run: string;
      /** Why, as a sentence without its full stop. */
      readonly message: string;
    }
  | {
      /** The model cannot be loaded: where it looked is not shown. */
      readonly type: "modelMissing";
      /** The run. */
      readonly run: string;
      /** Why, as a sentence without its full stop. */
      readonly message: string;
    };

/**
 * What a page shows of a run: also of one that was stopped, of one whose dataset is gone, which shows no pictures, and of one whose model
 * is missing or damaged, which shows them without attention. Its test pictures that were classified incorrectly come with thumbnails,
 * silhouettes, and where the network found its answer.
 *
 * @param run the run folder
 * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`, `INVALID_ARGUMENT`, `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`
 * @example
 * import { writeFile } from "node:fs/promises";
 *
 * import { reportPage, runReport } from "@silhouette/report";
 *
 * await writeFile("report.html", reportPage(await runReport("runs/photos")));
 */
export async function runReport(run: string, options: ReportOptions = {}): Promise<RunReport> {
  return reportWith(run, await readResults(run), options);
}

async function reportWith(run: string, results: RunResults, options: ReportOptions): Promise<RunReport> {
  const { commandLine } = options;
  const explanation = results.test === null ? undefined : await explanationOf(run, results, options);
  return runReportData(
    { name: basename(resolve(run)), folder: run, config: join(run, "config.json"), results, explanation },
    { created: new Date(), encoder: dataUrls, ...(commandLine && { commandLine }) },
  );
}

/**
 * What a page shows of several runs: each of them, and a paired test of each against the first, on the test pictures that both have.
 * Paths say which these are, so the runs must have the same source, or the same test pictures.
 *
 * @param runs two or more different run folders
 * @throws {TrainerError} as {@link runReport}; `INVALID_ARGUMENT` also for the same run twice
 */
export async function comparisonReport(
  runs: readonly string[],
  options: ReportOptions = {},
): Promise<ComparisonReport> {
  const twice = runs.find((run, index) => runs.findIndex((other) => resolve(other) === resolve(run)) < index);
  if (twice !== undefined) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected different runs to compare, but received ${twice} twice`,
      "Name each run once.",
    );
  }
  // What is missing or damaged is found before the first network runs.
  const all: { readonly run: string; readonly results: RunResults }[] = [];
  for (const run of runs) all.push({ run, results: await readResults(run) });
  const reported: { readonly results: RunResults; readonly report: RunReport }[] = [];
  for (const { run, results } of all) reported.push({ results, report: await reportWith(run, results, options) });
  return comparisonReportData(reported, new Date());
}

async function explanationOf(
  run: string,
  { test }: RunResults,
  { backend, explain, signal, onEvent }: ReportOptions,
): Promise<Explanation> {
  // Loaded here: most of what this package draws needs no TensorFlow.js.
  const explained = explain ?? (await import("@silhouette/trainer")).explain;
  const explanation = await explained({
    run,
    predictions: shownPictures(test?.predictions ?? []),
    ...(backend && { backend }),
    ...(signal && { signal }),
    ...(onEvent && { onEvent }),
  });
  const { missing, modelMissing } = explanation;
  if (missing !== null) onEvent?.({ type: "picturesMissing", run, message: missing });
  if (modelMissing !== null) onEvent?.({ type: "modelMissing", run, message: modelMissing });
  return explanation;
}
