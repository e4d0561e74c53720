// The data of reports, from run folders: results, dataset and network of a run ─▶ what a page shows.

import { basename, join, resolve } from "node:path";

import {
  bestEpoch,
  comparisonOf,
  explain,
  readResults,
  seenShape,
  TrainerError,
  VERSION,
  type BackendChoice,
  type Explained,
  type ExplainEvent,
  type Explanation,
  type RunResults,
  type RunTest,
} from "@silhouette/trainer";

import { adviceFor, comparisonAdvice } from "./advice.ts";
import { blameFor } from "./mask-quality.ts";
import { attentionUrl, jpegUrl, silhouetteUrl } from "./picture-urls.ts";
import { reliabilityOf } from "./reliability.ts";
import type { ComparisonReport, ReportPicture, RunReport, TestReport } from "./report-data.ts";
import { settingsOf } from "./settings.ts";
import { shownPictures } from "./shown-pictures.ts";

/** Words of a command line; paths may need quotes, or begin with a dash. */
export type Words = readonly (
  | string
  | {
      /** A path, without quotes. */
      readonly path: string;
    }
)[];

/** Options for {@link runReport} and {@link comparisonReport}. */
export interface ReportOptions {
  /** The backend. Default `auto`. */
  readonly backend?: BackendChoice;
  /** Writes a command of `silhouette` so that it can be pasted. Default: for POSIX shells. */
  readonly commandLine?: (words: Words) => string;
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
  const shown = shownPictures(results.test?.predictions ?? []);
  const explanation = results.test === null ? undefined : await explanationOf(run, shown, options);
  const test = explanation && results.test && (await testReport(results, results.test, explanation));
  const isUsable = (explanation?.modelMissing ?? null) === null;
  return reportOf(run, results, { test: test ?? null, isUsable }, options);
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
  const results: RunResults[] = [];
  for (const run of runs) results.push(await readResults(run));
  const reports: RunReport[] = [];
  for (const [index, each] of results.entries()) reports.push(await reportWith(runs[index] ?? "", each, options));
  const [first, ...others] = results;
  const pairs = others.map((other) => (first === undefined ? null : (pairedTest(first, other) ?? null)));
  const advice = comparisonAdvice(
    reports.map(({ name }) => name),
    pairs,
  );
  return { kind: "comparison", created: now(), version: VERSION, advice, runs: reports, pairs };
}

function pairedTest(first: RunResults, second: RunResults): ReturnType<typeof comparisonOf> {
  if (first.test === null || second.test === null) return undefined;
  const { source, fingerprints } = first.config;
  const isSame = source === second.config.source || fingerprints.test === second.config.fingerprints.test;
  return isSame ? comparisonOf(first.test.predictions, second.test.predictions) : undefined;
}

async function explanationOf(
  run: string,
  predictions: readonly number[],
  { backend, signal, onEvent }: ReportOptions,
): Promise<Explanation> {
  const explanation = await explain({
    run,
    predictions,
    ...(backend && { backend }),
    ...(signal && { signal }),
    ...(onEvent && { onEvent }),
  });
  const { missing, modelMissing } = explanation;
  if (missing !== null) onEvent?.({ type: "picturesMissing", run, message: missing });
  if (modelMissing !== null) onEvent?.({ type: "modelMissing", run, message: modelMissing });
  return explanation;
}

async function testReport(
  { config: { dataset } }: RunResults,
  { metrics, predictions }: RunTest,
  explanation: Explanation,
): Promise<TestReport> {
  const { pictures, size, modelMissing } = explanation;
  const { labels } = dataset;
  const shown: ReportPicture[] = [];
  for (const picture of pictures) {
    const prediction = predictions[picture.prediction];
    if (prediction === undefined) continue;
    const { path, label, predicted, probabilities } = prediction;
    shown.push({
      path,
      actual: labels.indexOf(label),
      predicted: labels.indexOf(predicted),
      probabilities,
      ...(await pictureReport(picture, size)),
      blame: label === predicted ? null : blameFor(picture),
    });
  }
  const temperature = modelMissing === null ? explanation.temperature : "unknown";
  return {
    metrics,
    calibration: { ...reliabilityOf(predictions), temperature },
    pictures: shown,
    missing: missingText(explanation),
  };
}

/** What a page does not show, and why. */
function missingText({ missing, modelMissing }: Explanation): string | null {
  const sentences = [
    ...(missing === null ? [] : [`This report shows no pictures. ${missing}.`]),
    ...(modelMissing === null ? [] : [`This report does not show where the network looked. ${modelMissing}.`]),
  ];
  return sentences.length === 0 ? null : sentences.join(" ");
}

async function pictureReport(
  { isNone, threshold, separability, silhouette, thumbnail, attention }: Explained,
  size: Explanation["size"],
): Promise<Omit<ReportPicture, "path" | "actual" | "predicted" | "probabilities" | "blame">> {
  return {
    isNone,
    photograph: thumbnail === null ? null : jpegUrl(thumbnail),
    silhouette: await silhouetteUrl(silhouette, size),
    attention: attention === null ? null : await attentionUrl(attention),
    threshold,
    separability,
  };
}

function reportOf(
  run: string,
  results: RunResults,
  { test, isUsable }: { readonly test: TestReport | null; readonly isUsable: boolean },
  { commandLine = forPosix }: ReportOptions,
): RunReport {
  const { config, history } = results;
  const { width, height } = seenShape(config.dataset, config.recipe.input);
  const blames = (test?.pictures ?? []).flatMap(({ blame }) => (blame === null ? [] : [blame]));
  const predictCommand = isUsable ? commandLine(["predict", { path: run }, "PICTURES"]) : null;
  const repeat: Words = [
    "train",
    "--config",
    { path: join(run, "config.json") },
    ...(config.network === "custom" ? ["--network", "MODULE"] : []),
    "--out",
    { path: `${run}-again` },
  ];
  return {
    kind: "run",
    name: basename(resolve(run)),
    created: now(),
    version: VERSION,
    advice: adviceFor({ ...results, blames, predictCommand }),
    training: {
      source: config.source,
      labels: config.dataset.labels,
      counts: config.counts,
      size: { width, height },
      settings: settingsOf(config, history.length),
      command: commandLine(repeat),
      seconds: history.reduce((sum, { seconds }) => sum + seconds, 0),
    },
    history,
    bestEpoch: bestEpoch(history) ?? null,
    test,
  };
}

/** A command line for POSIX shells, with all paths in quotes. */
function forPosix(words: Words): string {
  const quoted = words.map((word) =>
    typeof word === "string"
      ? word
      : `'${(word.path.startsWith("-") ? `./${word.path}` : word.path).replaceAll("'", `'\\''`)}'`,
  );
  return ["silhouette", ...quoted].join(" ");
}

function now(): string {
  return new Date().toISOString();
}
