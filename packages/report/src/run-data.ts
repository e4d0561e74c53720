// The data of reports on runs: results and explanations ─▶ what a page shows. Runs in pages, too: opens no files.

import type { Explained, Explanation, RunResults, RunTest } from "@silhouette/trainer/browser";
import { bestEpoch, comparisonOf, seenShape, VERSION } from "@silhouette/trainer/facts";

import { adviceFor, comparisonAdvice } from "./advice.ts";
import { blameFor } from "./mask-quality.ts";
import { attentionPixels, silhouettePixels, type PictureEncoder } from "./picture-encoder.ts";
import { reliabilityOf } from "./reliability.ts";
import type { ComparisonReport, ReportPicture, RunReport, TestReport } from "./report-data.ts";
import { settingsOf } from "./settings.ts";

/** Words of a command line; paths may need quotes, or begin with a dash. */
export type Words = readonly (
  | string
  | {
      /** A path, without quotes. */
      readonly path: string;
    }
)[];

/** What {@link runReportData} reports on. */
export interface ReportedRun {
  /** The run, as people call it. */
  readonly name: string;
  /** Path of the run folder, for the commands of the report. */
  readonly folder: string;
  /** Path of its configuration. Default: `config.json` in the folder. */
  readonly config?: string;
  /** Its results. */
  readonly results: RunResults;
  /** What is behind the predictions of `shownPictures`; undefined for a run that was stopped before its test. */
  readonly explanation?: Explanation | undefined;
}

/** Options for {@link runReportData}. */
export interface RunReportOptions {
  /** When the report is made. */
  readonly created: Date;
  /** Encodes its pictures. */
  readonly encoder: PictureEncoder;
  /** Writes a command of `silhouette` so that it can be pasted. Default: for POSIX shells. */
  readonly commandLine?: (words: Words) => string;
}

/**
 * What a page shows of a run: also of one that was stopped, and of one whose dataset is gone, which shows no pictures.
 *
 * @example
 * import { explainPredictions, type Dataset, type ExplainPredictions } from "@silhouette/trainer/browser";
 * import { runReportData, shownPictures, type PictureEncoder, type RunReport } from "@silhouette/report/data";
 *
 * type Tested = Pick<ExplainPredictions, "results" | "openModel">;
 *
 * export async function reportOf(run: Tested, encoder: PictureEncoder, dataset: Dataset): Promise<RunReport> {
 *   const predictions = shownPictures(run.results.test?.predictions ?? []);
 *   const explanation = await explainPredictions({ ...run, predictions, openDataset: async () => dataset });
 *   const described = { name: "vehicles", folder: "vehicles", results: run.results, explanation };
 *   return runReportData(described, { created: new Date(), encoder });
 * }
 */
export async function runReportData(run: ReportedRun, options: RunReportOptions): Promise<RunReport> {
  const { results, explanation } = run;
  const test =
    results.test === null || explanation === undefined
      ? null
      : await testReport(results, results.test, explanation, options.encoder);
  return reportOf(run, test, options);
}

/**
 * What a page shows of several runs: each of them, and a paired test of each against the first, on the test pictures that both have.
 * Paths say which these are, so the runs must have the same source, or the same test pictures.
 *
 * @param runs results of each run, and its report
 * @param created when the report is made
 */
export function comparisonReportData(
  runs: readonly {
    /** Its results. */
    readonly results: RunResults;
    /** What {@link runReportData} returned for it. */
    readonly report: RunReport;
  }[],
  created: Date,
): ComparisonReport {
  const [first, ...others] = runs;
  const pairs = others.map(({ results }) => (first && pairedTest(first.results, results)) ?? null);
  const reports = runs.map(({ report }) => report);
  const advice = comparisonAdvice(
    reports.map(({ name }) => name),
    pairs,
  );
  return { kind: "comparison", created: created.toISOString(), version: VERSION, advice, runs: reports, pairs };
}

function pairedTest(first: RunResults, second: RunResults): ReturnType<typeof comparisonOf> {
  if (first.test === null || second.test === null) return undefined;
  const { source, fingerprints } = first.config;
  const isSame = source === second.config.source || fingerprints.test === second.config.fingerprints.test;
  return isSame ? comparisonOf(first.test.predictions, second.test.predictions) : undefined;
}

async function testReport(
  { config: { dataset } }: RunResults,
  { metrics, predictions }: RunTest,
  explanation: Explanation,
  encoder: PictureEncoder,
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
      ...(await pictureReport(picture, size, encoder)),
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
  encoder: PictureEncoder,
): Promise<Omit<ReportPicture, "path" | "actual" | "predicted" | "probabilities" | "blame">> {
  return {
    isNone,
    photograph: thumbnail === null ? null : await encoder.jpeg(thumbnail),
    silhouette: await encoder.png(silhouettePixels(silhouette, size)),
    attention: attention === null ? null : await encoder.png(attentionPixels(attention)),
    threshold,
    separability,
  };
}

function reportOf(
  { name, folder, config: path = `${folder}/config.json`, results, explanation }: ReportedRun,
  test: TestReport | null,
  { created, commandLine = forPosix }: RunReportOptions,
): RunReport {
  const { config, history } = results;
  const isUsable = (explanation?.modelMissing ?? null) === null;
  const { width, height } = seenShape(config.dataset, config.recipe.input);
  const blames = (test?.pictures ?? []).flatMap(({ blame }) => (blame === null ? [] : [blame]));
  const predictCommand = isUsable ? commandLine(["predict", { path: folder }, "PICTURES"]) : null;
  const repeat: Words = [
    "train",
    "--config",
    { path },
    ...(config.network === "custom" ? ["--network", "MODULE"] : []),
    "--out",
    { path: `${folder}-again` },
  ];
  return {
    kind: "run",
    name,
    created: created.toISOString(),
    version: VERSION,
    advice: adviceFor({ ...results, blames, predictCommand }),
    training: {
      source: config.source,
      labels: config.dataset.labels,
      counts: config.counts,
      size: { width, height },
      settings: settingsOf(config, history.length),
      command: config.imported === undefined ? commandLine(repeat) : null,
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
