// Cross-validates a recipe: every picture is tested once, by a network that was trained on the others.

import { resolve } from "node:path";

import { drawFolds } from "../dataset/draw-folds.ts";
import { DuplicateFinder } from "../dataset/duplicates.ts";
import type { DatasetDescription, PictureSize } from "../dataset/format.ts";
import { PictureSet, type StoredPicture } from "../dataset/picture-set.ts";
import { CROSS_VALIDATE_DEFAULTS, TRAIN_DEFAULTS } from "../training/defaults.ts";
import type { LabeledPrediction } from "../training/evaluate-pictures.ts";
import { confusionOf, metricsOf, type Metrics } from "../training/metrics.ts";
import { configOf, type RunConfig } from "../training/run-config.ts";
import { TrainingSession, type SessionEvent } from "../training/session.ts";
import { callback, checkArgument, optional, optionsOf } from "../values/arguments.ts";
import { startBackend } from "./backends/start.ts";
import type { PrepareEvent } from "./photographs/prepare-events.ts";
import { withNewDataset } from "./run-pictures.ts";
import { checkSettings } from "./train-options.ts";
import { foldCount, TRAINING_SETTINGS, type TrainingSettings } from "./training-settings.ts";

/** Options for {@link crossValidate}: those of {@link train}, and the folds. The splits of the source are ignored. */
export interface CrossValidateOptions extends TrainingSettings {
  /** Number of folds: 2 to 100. Default 5. */
  readonly folds?: number;
  /** Called for each event, in order. */
  readonly onEvent?: (event: CrossValidateEvent) => void;
}

/** Events that {@link crossValidate} emits while it works: those of each training, and those of the folds. */
export type CrossValidateEvent =
  | PrepareEvent
  | SessionEvent
  | {
      /** Before each fold. */
      readonly type: "fold";
      /** Counted from 1. */
      readonly fold: number;
      /** Number of folds. */
      readonly folds: number;
    }
  | ({
      /** After each fold. */
      readonly type: "foldDone";
    } & FoldResult);

/** Result of a fold. */
export interface FoldResult {
  /** Counted from 1. */
  readonly fold: number;
  /** Metrics on the pictures of the fold. */
  readonly metrics: Metrics;
  /** Duration of training and test in seconds. */
  readonly seconds: number;
}

/** The result of {@link crossValidate}. */
export interface CrossValidation {
  /** Configuration of the first fold's training. */
  readonly config: RunConfig;
  /** Results of the folds. */
  readonly folds: readonly FoldResult[];
  /** Metrics on all pictures. */
  readonly metrics: Metrics;
  /** Predictions for all pictures, in the order of the folds. */
  readonly predictions: readonly LabeledPrediction[];
  /** Size of their silhouettes. */
  readonly size: PictureSize;
}

const OPTIONS = optionsOf<CrossValidateOptions>({
  ...TRAINING_SETTINGS,
  folds: optional(foldCount),
  onEvent: optional(callback),
});

/**
 * Trains a network for each fold, on the pictures of the other folds, and tests it on the pictures of the fold. Each class is spread
 * evenly over the folds, and copies of a picture are in the same fold. The networks are those of the last epoch; nothing is written.
 *
 * @param options at least the source of the pictures
 * @throws {TrainerError} as {@link train}; `CLASS_UNTESTED` if there are fewer pictures than folds
 * @example
 * import { crossValidate } from "@silhouette/trainer";
 *
 * const { metrics } = await crossValidate({ source: "photos", folds: 3 });
 * console.log(metrics.correct, metrics.pictures, metrics.interval95);
 */
export async function crossValidate(options: CrossValidateOptions): Promise<CrossValidation> {
  checkArgument("crossValidate()", "options", OPTIONS, options);
  checkSettings(options);
  const { source, folds = CROSS_VALIDATE_DEFAULTS.folds, signal, onEvent, seed = TRAIN_DEFAULTS.seed } = options;
  const backend = await startBackend(options.backend ?? TRAIN_DEFAULTS.backend);
  const { dataset, pictures, named } = await withNewDataset(options, undefined, async (opened, recipe) => ({
    dataset: opened.description,
    pictures: await PictureSet.loadAll(opened, { input: recipe.recipe.input, signal }),
    named: recipe,
  }));
  const foldOf = foldsOf(pictures, dataset, folds, seed);
  const settings = {
    source: resolve(source),
    dataset,
    backend,
    seed,
    epochs: options.epochs ?? named.epochs,
    batch: options.batch ?? named.batch,
    recipe: named.recipe,
    network: options.network === undefined ? named.network : "custom",
  } as const;
  const none = pictures.filter(() => false);
  const [results, predictions, configs]: [FoldResult[], LabeledPrediction[], RunConfig[]] = [[], [], []];
  for (let fold = 1; fold <= folds; fold++) {
    onEvent?.({ type: "fold", fold, folds });
    const begin = performance.now();
    const isTested = (picture: StoredPicture): boolean => foldOf.get(picture) === fold - 1;
    const split = { train: pictures.filter((each) => !isTested(each)), val: none, test: pictures.filter(isTested) };
    const config = configOf({ ...settings, pictures: split });
    const session = await TrainingSession.of(config, split, backend, options.network);
    try {
      const result = await session.run({ signal, ...(onEvent && { onEvent }) });
      const done = { fold, metrics: result.metrics, seconds: (performance.now() - begin) / 1000 };
      onEvent?.({ type: "foldDone", ...done });
      results.push(done);
      predictions.push(...result.predictions);
      configs.push(config);
    } finally {
      session.dispose();
    }
  }
  const [config] = configs;
  if (config === undefined) throw new RangeError("Expected at least one fold");
  const { width, height } = pictures.input;
  const metrics = metricsOf(confusionOf(dataset.labels, pairsOf(dataset.labels, predictions)), meanLoss(results));
  return { config, folds: results, metrics, predictions, size: { width, height } };
}

/** The fold of each picture, counted from 0. */
function foldsOf(
  pictures: PictureSet,
  { width, height, pixelFormat }: DatasetDescription,
  folds: number,
  seed: number,
): ReadonlyMap<StoredPicture, number> {
  const finder = new DuplicateFinder({ width, height });
  const all = [...pictures.all()];
  const grouped = all.map(({ path, label, pixels }, index) => {
    const levels = pixelFormat === "gray8" ? pixels : pictures.pixels([index]).map((pixel) => 255 * pixel);
    return { path, label: pictures.labels[label] ?? "", group: finder.look(levels).group };
  });
  const drawn = drawFolds(grouped, seed, folds);
  return new Map(all.map((picture, index) => [picture, drawn[index] ?? 0]));
}

function pairsOf(labels: readonly string[], predictions: readonly LabeledPrediction[]): [number, number][] {
  return predictions.map(({ label, predicted }) => [labels.indexOf(label), labels.indexOf(predicted)]);
}

/** Mean loss per picture over all folds. */
function meanLoss(results: readonly FoldResult[]): number {
  const pictures = results.reduce((sum, { metrics }) => sum + metrics.pictures, 0);
  return results.reduce((sum, { metrics }) => sum + metrics.loss * metrics.pictures, 0) / pictures;
}
