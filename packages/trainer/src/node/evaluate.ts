// Evaluates the model of a run on labeled pictures.

import { isDeepStrictEqual } from "node:util";

import {
  abortSignal,
  callback,
  checkArgument,
  filePath,
  filesToLeaveOut,
  oneOf,
  optional,
  optionsOf,
  flag,
} from "../values/arguments.ts";
import { BACKEND_CHOICES, type BackendChoice } from "../backend/names.ts";
import { factsOf, type BackendFacts } from "../backend/operations.ts";
import { startBackend } from "./backends/start.ts";
import { isDatasetFile } from "../dataset/dataset-name.ts";
import type { PictureSize } from "../dataset/format.ts";
import { seenShape } from "../dataset/network-input.ts";
import { pixelsText } from "../dataset/format.ts";
import type { Dataset } from "../dataset/reader.ts";
import { recipeFor } from "../training/recipes.ts";
import { TrainerError } from "../values/errors.ts";
import { evaluatePictures } from "../training/evaluate-pictures.ts";
import type { ExamplePrediction, LabeledPrediction } from "../training/example-predictions.ts";
import type { LearnedPictures } from "../training/learned-pictures.ts";
import { orLeaveOutFewer, type LeaveOut } from "../dataset/leave-out.ts";
import { metricsOf, type Metrics } from "../training/metrics.ts";
import { labelList } from "../values/label-list.ts";
import type { ModelDescription } from "../model/description.ts";
import type { KnownPicture } from "../dataset/picture-index.ts";
import { PictureSet } from "../dataset/picture-set.ts";
import type { PrepareEvent } from "./photographs/prepare-events.ts";
import { readConfig, runIn, runPaths } from "./files/run-folder.ts";
import { reportReading, type ReadingEvent } from "./reading-event.ts";
import { withLocatedSource, withSource, type Preparation } from "./source.ts";
import { loadUsableModel } from "./usable-model.ts";

/** Batch size. */
const BATCH = 32;

/** Options for {@link evaluate}. */
export interface EvaluateOptions {
  /** The run folder with the model to evaluate. */
  readonly run: string;
  /** Folder of photographs, as for {@link prepare}, or a dataset, as for {@link openDataset}, with the model's classes. */
  readonly source: string;
  /** The backend. Default `auto`. */
  readonly backend?: BackendChoice;
  /** Include pictures that the run has learned from. Default false. */
  readonly includeLearned?: boolean;
  /** Files to leave out: see {@link PrepareOptions.leaveOut}. Default: none. */
  readonly leaveOut?: LeaveOut;
  /** Aborts the work; {@link evaluate} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with the predictions for each batch of pictures, in the order of the dataset. */
  readonly onPredictions?: (predictions: readonly LabeledPrediction[]) => void | Promise<void>;
  /** Called for each event, in order. */
  readonly onEvent?: (event: EvaluateEvent) => void;
}

const OPTIONS = optionsOf<EvaluateOptions>({
  run: filePath,
  source: filePath,
  backend: optional(oneOf(BACKEND_CHOICES)),
  includeLearned: optional(flag),
  leaveOut: optional(filesToLeaveOut),
  signal: optional(abortSignal),
  onPredictions: optional(callback),
  onEvent: optional(callback),
});

/** Events that {@link evaluate} emits while it works. */
export type EvaluateEvent =
  | PrepareEvent
  | ReadingEvent
  | ({
      /** Once, at the start. */
      readonly type: "backend";
    } & BackendFacts)
  | {
      /** Once, before the first picture is evaluated. */
      readonly type: "pictures";
      /** Which pictures are evaluated. */
      readonly chosen: Chosen;
      /** See {@link Evaluation.learned}. */
      readonly learned: number;
      /** Whether the pictures that the run has learned from are included. */
      readonly includeLearned: boolean;
      /** Number of pictures to evaluate. */
      readonly total: number;
    }
  | {
      /** Before every batch. */
      readonly type: "evaluated";
      /** Number of pictures evaluated so far. */
      readonly done: number;
      /** Number of pictures to evaluate. */
      readonly total: number;
    };

/**
 * Which pictures are evaluated: the test pictures (`test`), all (`all`), or only those that the run has not learned from if it
 * has learned from others (`unseen`).
 */
export type Chosen = "test" | "unseen" | "all";

/** The result of {@link evaluate}. */
export interface Evaluation {
  /** Which pictures were evaluated. */
  readonly chosen: Chosen;
  /** Number of pictures that the run has learned from, including its validation pictures; excluded by default. */
  readonly learned: number;
  /** Accuracy and other metrics of the predictions. */
  readonly metrics: Metrics;
  /** Some of its predictions, chosen as those of a training: see {@link TrainingResult.examples}. */
  readonly examples: readonly ExamplePrediction[];
  /** Size of their silhouettes, in pixels. */
  readonly size: PictureSize;
}

/**
 * Evaluates a run's model on pictures that it has not learned from. Pictures are recognized by what the network sees of them,
 * so renaming, moving or splitting them again makes no difference: for the folder that a run was trained on, or any part of
 * it, these are its test pictures. For a folder with test pictures of its own (`test/<class>/*`) and for a dataset of other
 * pictures, the test split is evaluated; for any other folder, all pictures. Classes of the run may be missing.
 *
 * @param given at least the run, and the source of the pictures
 * @throws {TrainerError} what {@link prepare} and {@link openDataset} throw; `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`,
 * `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`, `MODEL_PREPROCESSING`, `DATASET_MISMATCH`, `LABELS_MISMATCH`,
 * `CLASS_UNTESTED`, `PICTURES_LEARNED`, `LEAVE_OUT_NOT_FOUND`, `LEAVE_OUT_UNREADABLE`, `LEAVE_OUT_MISMATCH`, `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`
 * @example
 * import { evaluate } from "@silhouette/trainer";
 *
 * const { metrics } = await evaluate({ run: "runs/photos", source: "photos" });
 * console.log(metrics.correct, metrics.incorrect, metrics.accuracy, metrics.interval95);
 */
export async function evaluate(given: EvaluateOptions): Promise<Evaluation> {
  checkArgument("evaluate()", "options", OPTIONS, given);
  const options = await withLocatedSource(given);
  const { run, includeLearned = false, signal, onEvent } = options;
  await readConfig(run);
  const backend = await startBackend(options.backend ?? "auto");
  onEvent?.({ type: "backend", ...factsOf(backend) });
  const { classifier, description } = await loadUsableModel(runPaths(run).model, backend);
  try {
    const learned = await runIn(run).learned();
    return await withCandidates(options, description, async (candidates) => {
      const { pictures, ...which } = choose(candidates, learned, options);
      const total = pictures.size;
      onEvent?.({ type: "pictures", ...which, includeLearned, total });
      const { examples, loss, confusion } = await evaluatePictures(classifier, pictures, {
        batch: BATCH,
        views: description.views,
        calibration: description.calibration,
        signal,
        onBatch: (done) => onEvent?.({ type: "evaluated", done, total }),
        onPredictions: options.onPredictions,
      });
      const { width, height } = pictures.input;
      return { ...which, metrics: metricsOf(confusion, loss), examples, size: { width, height } };
    });
  } finally {
    classifier.network.dispose();
  }
}

/** Pictures that may be evaluated, and the origin of their splits. */
interface Candidates {
  readonly pictures: PictureSet;
  /** Origin of the splits: `own` if defined by folders, `drawn`, or `none` that is relevant for this run. */
  readonly split: "own" | "drawn" | "none";
}

/** The pictures to evaluate. @throws {TrainerError} `CLASS_UNTESTED`, `PICTURES_LEARNED` if there are none */
function choose(
  { pictures: all, split }: Candidates,
  learned: LearnedPictures,
  { run, source, includeLearned = false, leaveOut }: EvaluateOptions,
): { readonly pictures: PictureSet; readonly chosen: Chosen; readonly learned: number } {
  const isLearned = (picture: KnownPicture): boolean => learned.has(picture);
  // A split that was drawn for other purposes does not show what this run has learned from.
  const isOwnSplit = split === "own" || (split === "drawn" && all.filter(isLearned).size === 0);
  const candidates = isOwnSplit ? all.filter((picture) => picture.split === "test") : all;
  const unseen = candidates.filter((picture) => !isLearned(picture));
  const pictures = includeLearned ? candidates : unseen;
  if (pictures.size === 0) {
    if (candidates.size > 0) {
      throw new TrainerError(
        "PICTURES_LEARNED",
        `Expected pictures in ${source} that the run in ${run} has not learned from, but it has learned from all ${candidates.size}`,
        `Name other pictures, or evaluate these anyway with includeLearned (--include-learned).${orLeaveOutFewer(leaveOut)}`,
      );
    }
    throw new TrainerError(
      "CLASS_UNTESTED",
      `Expected test pictures in ${source}, but there are none`,
      `Name a folder or a dataset with test pictures.${orLeaveOutFewer(leaveOut)}`,
    );
  }
  const isTest = isOwnSplit || pictures.filter((picture) => !learned.hasTested(picture)).size === 0;
  const chosen = isTest ? "test" : pictures.size < candidates.size ? "unseen" : "all";
  return { pictures, chosen, learned: candidates.size - unseen.size };
}

/** Calls `use` with the pictures of the source; those of a folder are prepared like the model's training pictures. */
async function withCandidates<T>(
  { run, source, leaveOut, signal, onEvent }: EvaluateOptions,
  model: ModelDescription,
  use: (candidates: Candidates) => Promise<T>,
): Promise<T> {
  let hasSplits = false;
  const preparation: Preparation = {
    classes: "any",
    stored: model,
    ...(signal && { signal }),
    ...(leaveOut !== undefined && { leaveOut }),
    // What may be wrong with training pictures does not matter here.
    onEvent: (event: PrepareEvent) => event.type !== "warnings" && onEvent?.(event),
    check: ({ photographs, layout, drawn }) => {
      const found = new Set(Array.from(photographs, ({ label }) => label));
      checkLabels([...found], model, run, source);
      hasSplits = layout === "splits" && !drawn.includes("test");
    },
  };
  return withSource(source, preparation, async (dataset) => {
    const isFile = isDatasetFile(source);
    if (isFile) checkDataset(dataset, model);
    const pictures = await PictureSet.loadAll(dataset, {
      input: model.input,
      labels: model.labels,
      signal,
      onProgress: reportReading(onEvent),
    });
    const isOwn = isFile ? dataset.description.split.from === "folders" : hasSplits;
    return use({ pictures, split: isOwn ? "own" : isFile ? "drawn" : "none" });
  });
}

/** @throws {TrainerError} `DATASET_MISMATCH` for a dataset that does not match the model */
function checkDataset({ path, description }: Dataset, model: ModelDescription): void {
  const { labels } = description;
  const isOfKind =
    // Classes may be missing; the others must be in the model's order.
    isDeepStrictEqual(
      labels,
      model.labels.filter((label) => labels.includes(label)),
    ) &&
    (["width", "height", "pixelFormat", "preprocessing"] as const).every((name) =>
      isDeepStrictEqual(description[name], model[name]),
    );
  if (isOfKind) return;
  const seen = seenShape(model, model.input);
  throw new TrainerError(
    "DATASET_MISMATCH",
    `Expected a dataset of ${model.labels.join(",")} with ${pixelsText(model)}, as the model was trained on, but ` +
      `${path} has ${labels.join(",")} with ${pixelsText(description)}`,
    `Prepare it with --recipe ${recipeFor(model.pixelFormat)}${model.input === "rgb" ? " --input rgb" : ""} --size ${seen.width}x${seen.height} --labels ${labelList(model.labels)}.`,
  );
}

/** @throws {TrainerError} `LABELS_MISMATCH` for classes that the model does not have */
function checkLabels(found: readonly string[], { labels }: ModelDescription, run: string, source: string): void {
  const others = found.filter((label) => !labels.includes(label));
  if (others.length === 0) return;
  throw new TrainerError(
    "LABELS_MISMATCH",
    `Expected only classes of the run in ${run} in ${source} (${labels.join(",")}), but found ${others.join(",")}`,
    "Move the other folders elsewhere, or rename them to the run's classes.",
  );
}
