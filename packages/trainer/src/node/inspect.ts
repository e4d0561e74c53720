// Inspects a dataset before it is trained on, and its labels after a run: what may be wrong, and what helps.
//
//   source ─▶ pictures ─▶ measures of each, no pixels kept ─▶ issues ─▶ silhouettes and thumbnails of examples

import type { DatasetRow, PictureSize } from "../dataset/format.ts";
import { examplePictures, surveyPictures, type ExamplePicture } from "../dataset/inspected-pictures.ts";
import {
  bySeverity,
  exampleIssues,
  inspectedIssues,
  wrongLabelIssues,
  type DataIssue,
  type PredictedPicture,
} from "../dataset/issues.ts";
import type { PictureSurvey } from "../dataset/picture-survey.ts";
import type { Dataset } from "../dataset/reader.ts";
import type { Skip } from "../dataset/skip.ts";
import type { Split } from "../dataset/split.ts";
import { PREPARE_DEFAULTS } from "../training/defaults.ts";
import { chosenRecipe } from "../training/recipe-choice.ts";
import { storedFor } from "../training/recipe-pictures.ts";
import {
  abortSignal,
  callback,
  checkArgument,
  classNames,
  filePath,
  optional,
  optionsOf,
  wholeNumber,
} from "../values/arguments.ts";
import { TrainerError } from "../values/errors.ts";
import { readPredictions } from "./files/predictions-file.ts";
import type { RecordedPrediction } from "../training/predictions-table.ts";
import { runPaths } from "./files/run-folder.ts";
import type { PrepareEvent } from "./photographs/prepare-events.ts";
import { withSource } from "./source.ts";

/** Options for {@link inspect}. */
export interface InspectOptions {
  /** Folder of photographs, as for {@link prepare}, or a dataset, as for {@link openDataset}. */
  readonly source: string;
  /**
   * Folder of a run or a cross-validation on the source, whose predictions tell which labels are probably wrong. A cross-validation
   * predicts every picture, a run its test pictures. Default: labels are not checked.
   */
  readonly run?: string;
  /** All class names, for folders. Default: sorted by code units. */
  readonly labels?: readonly string[];
  /** Number of issues of each kind whose pictures are returned as examples: 0 to 1,000. Default 0. */
  readonly examples?: number;
  /** Aborts the work; {@link inspect} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each event, in order. */
  readonly onEvent?: (event: InspectEvent) => void;
}

/** Events that {@link inspect} emits while it works. */
export type InspectEvent =
  | PrepareEvent
  | {
      /** After every 50 pictures that have been measured, and after the last one. */
      readonly type: "inspected";
      /** Number of pictures measured so far. */
      readonly done: number;
      /** Number of pictures to measure. */
      readonly total: number;
    }
  | ({
      /** For each issue, the most serious first, after all pictures have been looked at. */
      readonly type: "issue";
    } & DataIssue);

/** The result of {@link inspect}. */
export interface Inspection {
  /** The source, as it was given. */
  readonly source: string;
  /** Class names. */
  readonly labels: readonly string[];
  /** By split, the number of pictures per class, in the order of `labels`. */
  readonly counts: Readonly<Record<Split, readonly number[]>>;
  /** Number of pictures that were looked at. */
  readonly pictures: number;
  /** Number of pictures with a prediction in the run; null without a run. */
  readonly predicted: number | null;
  /** What was found, the most serious first. */
  readonly issues: readonly DataIssue[];
  /** Size of the silhouettes. */
  readonly size: PictureSize;
  /** By path, the pictures of the first issues of each kind; unusable files are missing. */
  readonly examples: ReadonlyMap<string, ExamplePicture>;
}

const OPTIONS = optionsOf<InspectOptions>({
  source: filePath,
  run: optional(filePath),
  labels: optional(classNames),
  examples: optional(wholeNumber(0, 1000)),
  signal: optional(abortSignal),
  onEvent: optional(callback),
});

/**
 * Inspects the pictures of a folder or a dataset: unusable files, copies within a class, across classes and across splits,
 * silhouettes that are blank or fragmented, odd sizes, small and unequal classes; and, with the predictions of a run, labels that are
 * probably wrong, by confident learning (Northcutt et al. 2021). Nothing is written, and no picture is kept in memory.
 *
 * @param options at least the source of the pictures
 * @throws {TrainerError} what {@link prepare} and {@link openDataset} throw; `PREDICTIONS_NOT_FOUND`, `PREDICTIONS_DAMAGED`,
 * `PREDICTIONS_MISMATCH`, `LABELS_MISMATCH`
 * @example
 * import { inspect } from "@silhouette/trainer";
 *
 * const { issues } = await inspect({ source: "photos" });
 * for (const { kind, pictures, note } of issues) console.log(kind, pictures.map(({ path }) => path).join(" "), note);
 */
export async function inspect(options: InspectOptions): Promise<Inspection> {
  checkArgument("inspect()", "options", OPTIONS, options);
  const { source, run, labels: named, examples = 0, signal, onEvent } = options;
  const skips: Skip[] = [];
  return withSource(
    source,
    {
      classes: "any",
      stored: storedFor(chosenRecipe(undefined, PREPARE_DEFAULTS.recipe)),
      thumbnails: examples > 0,
      ...(named && { labels: named }),
      ...(signal && { signal }),
      onEvent: (event) => {
        if (event.type === "skip") skips.push(event);
        // The issues say the same, and more.
        if (event.type !== "warnings") onEvent?.(event);
      },
      // A mistaken run is refused before the photographs are decoded.
      ...(run !== undefined && {
        check: async ({ labels, photographs }) => {
          const rows = await recordedIn(run, labels);
          if (photographs.find(isPredictedIn(rows)) === undefined) throw predictsOthers(source, run, rows);
        },
      }),
    },
    async (dataset) => {
      const { labels, width, height } = dataset.description;
      const rows = run === undefined ? [] : await recordedIn(run, labels);
      const isPredicted = isPredictedIn(rows);
      if (run !== undefined && !(await hasAny(dataset, isPredicted))) throw predictsOthers(source, run, rows);
      // Those of pictures that have been moved to another class since are left out: their labels have been corrected.
      const splits = new Map<string, Split>();
      const survey = await surveyPictures(dataset, {
        signal,
        onPicture: (done, total, picture) => {
          if (isPredicted(picture)) splits.set(picture.path, picture.split);
          if (done % REPORTED_EACH === 0 || done === total) onEvent?.({ type: "inspected", done, total });
        },
      });
      const predictions = run === undefined ? undefined : predictionsFor(rows, splits);
      const issues = bySeverity([
        ...inspectedIssues({ labels, survey, skips }),
        ...(predictions === undefined ? [] : wrongLabelIssues(labels, predictions)),
      ]);
      for (const issue of issues) onEvent?.({ type: "issue", ...issue });
      return {
        source,
        labels,
        counts: countsOf(labels, survey),
        pictures: survey.size,
        predicted: predictions?.length ?? null,
        issues,
        size: { width, height },
        examples: await examplePictures(dataset, exampleIssues(issues, examples), signal),
      };
    },
  );
}

function countsOf(labels: readonly string[], survey: PictureSurvey): Inspection["counts"] {
  const of = (name: Split): readonly number[] => labels.map((label) => survey.countsOf(label).splits[name]);
  return { train: of("train"), val: of("val"), test: of("test") };
}

/** Pictures between two events of progress. */
const REPORTED_EACH = 50;

/** The predictions that a run has written. @throws {TrainerError} `PREDICTIONS_NOT_FOUND`, `PREDICTIONS_DAMAGED`, `LABELS_MISMATCH` */
async function recordedIn(run: string, labels: readonly string[]): Promise<readonly RecordedPrediction[]> {
  return readPredictions(runPaths(run).predictions, labels, {
    missing: "PREDICTIONS_NOT_FOUND",
    unreadable: "PREDICTIONS_DAMAGED",
    mismatch: "LABELS_MISMATCH",
    hint: "Name the folder of a finished run on this source, or better of silhouette crossvalidate, which predicts every picture.",
  });
}

/** The predictions for pictures, whose splits are known. */
function predictionsFor(
  rows: readonly RecordedPrediction[],
  splits: ReadonlyMap<string, Split>,
): readonly PredictedPicture[] {
  return rows.flatMap(({ path, label, probabilities }) => {
    const split = splits.get(path);
    return split === undefined ? [] : [{ path, label, split, probabilities }];
  });
}

/** A picture, by its path and its class. */
type Labeled = Pick<DatasetRow, "path" | "label">;

/** Tells whether a picture has a prediction for its label. */
function isPredictedIn(rows: readonly RecordedPrediction[]): (picture: Labeled) => boolean {
  const labels = new Map(rows.map(({ path, label }) => [path, label]));
  return ({ path, label }) => labels.get(path) === label;
}

/** Whether the dataset has such a picture. */
async function hasAny(dataset: Dataset, isSuch: (picture: Labeled) => boolean): Promise<boolean> {
  for await (const row of dataset) if (isSuch(row)) return true;
  return false;
}

function predictsOthers(source: string, run: string, rows: readonly RecordedPrediction[]): TrainerError {
  return new TrainerError(
    "PREDICTIONS_MISMATCH",
    `Expected predictions for pictures of ${source} in ${run}, but its ${rows.length} are for others${rows[0] === undefined ? "" : `, such as ${rows[0].path}`}`,
    "Name a run, or better a cross-validation, of this source.",
  );
}
