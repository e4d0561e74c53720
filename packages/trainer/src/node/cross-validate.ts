// Cross-validates a recipe: every picture is tested once, by a network that was trained on the others.

import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { drawFolds } from "../dataset/draw-folds.ts";
import { grayOf } from "../dataset/colors.ts";
import { Sketcher, type Sketch } from "../dataset/duplicates.ts";
import { initPreprocessor } from "../dataset/preprocessor-kernels.ts";
import type { DatasetDescription } from "../dataset/format.ts";
import { leaveOutTexts, orLeaveOutFewer } from "../dataset/leave-out.ts";
import { seenShape } from "../dataset/network-input.ts";
import type { LoadedPictures } from "../dataset/loaded-pictures.ts";
import { PictureSet } from "../dataset/picture-set.ts";
import { StoredDuplicates } from "../dataset/stored-duplicates.ts";
import { partsOf } from "../network/batch.ts";
import { CROSS_VALIDATE_DEFAULTS, TRAIN_DEFAULTS } from "../training/defaults.ts";
import type { LabeledPrediction } from "../training/example-predictions.ts";
import { confusionOf, metricsOf, type Metrics } from "../training/metrics.ts";
import type { RecordedPrediction } from "../training/predictions-table.ts";
import { configOf, type RunConfig } from "../training/run-config.ts";
import { TrainingSession, type SessionEvent } from "../training/session.ts";
import { callback, checkArgument, filePath, flag, optional, optionsOf } from "../values/arguments.ts";
import { TrainerError } from "../values/errors.ts";
import { VERSION } from "../values/version.ts";
import { startBackend } from "./backends/start.ts";
import {
  CrossValidationFolder,
  type CrossValidationConfig,
  type FoldsSoFar,
  type KeptFold,
} from "./files/cross-validation-folder.ts";
import { withPathsToLeaveOut, type Resolved } from "./files/leave-out-list.ts";
import type { PrepareEvent } from "./photographs/prepare-events.ts";
import type { ReadingEvent } from "./reading-event.ts";
import { loadOptions, withNewDataset } from "./run-pictures.ts";
import { withLocatedSource } from "./source.ts";
import { checkSettings } from "./train-options.ts";
import { foldCount, TRAINING_SETTINGS, type TrainingSettings } from "./training-settings.ts";

/** Options for {@link crossValidate}: those of {@link train}, and the folds. The splits of the source are ignored. */
export interface CrossValidateOptions extends TrainingSettings {
  /** Number of folds: 2 to 100. Default 5. */
  readonly folds?: number;
  /**
   * Folder to keep the results in, fold by fold: it must be empty, not exist yet, or contain a cross-validation of which no fold is done;
   * with `resume`, the one to continue. Default: nothing is written.
   */
  readonly out?: string;
  /**
   * Continue the cross-validation in `out` with its next fold, and with its settings. The result is that of one that was never stopped.
   * Default false.
   */
  readonly resume?: boolean;
  /** Called for each event, in order. */
  readonly onEvent?: (event: CrossValidateEvent) => void;
}

/** Events that {@link crossValidate} emits while it works: those of each training, and those of the folds. */
export type CrossValidateEvent =
  | PrepareEvent
  | ReadingEvent
  | SessionEvent
  | {
      /** Before the first fold, if there are such classes. */
      readonly type: "rareClasses";
      /** Number of folds. */
      readonly folds: number;
      /** Classes that some folds do not test. */
      readonly classes: readonly RareClass[];
    }
  | {
      /** Before each fold. */
      readonly type: "fold";
      /** Counted from 1. */
      readonly fold: number;
      /** Number of folds. */
      readonly folds: number;
    }
  | ({
      /** After each fold, and at the beginning for each that was done before. */
      readonly type: "foldDone";
    } & FoldResult);

/** A class that some folds do not test. */
export interface RareClass {
  /** Its name. */
  readonly label: string;
  /** Number of its pictures. */
  readonly pictures: number;
  /** Number of folds that test it. If it is 1, by a network that has learned nothing of the class. */
  readonly testedIn: number;
}

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
}

const OPTIONS = optionsOf<CrossValidateOptions>({
  ...TRAINING_SETTINGS,
  folds: optional(foldCount),
  out: optional(filePath),
  resume: optional(flag),
  onEvent: optional(callback),
});

/**
 * Trains a network for each fold, on the pictures of the other folds, and tests it on the pictures of the fold. Each class is spread
 * evenly over the folds, and copies of a picture are in the same fold. There are no validation pictures, so the best epoch of a recipe
 * that asks for it is the one with the lowest training loss. The networks are not kept.
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
  const { out, resume = false } = options;
  if (out === undefined) {
    if (resume) throw nothingToResume();
    return validateFolds(options);
  }
  const folder = await (resume ? CrossValidationFolder.existing(out) : CrossValidationFolder.create(out));
  try {
    return await validateFolds(options, folder);
  } catch (error) {
    throw continuable(error, out);
  } finally {
    await folder.close();
  }
}

/** After a full disk or another file error, the folds that are done are kept. */
function continuable(error: unknown, out: string): unknown {
  if (!(error instanceof TrainerError) || error.code !== "OUTPUT_UNWRITABLE") return error;
  const hint = `The folds that are done are kept in ${out}. Once there is enough space, continue with --resume.`;
  return new TrainerError(error.code, error.message, hint, { cause: error });
}

async function validateFolds(
  unresolved: CrossValidateOptions,
  folder?: CrossValidationFolder,
): Promise<CrossValidation> {
  const given = await withPathsToLeaveOut(await withLocatedSource(unresolved));
  const recorded = given.resume === true ? await folder?.config() : undefined;
  const options = recorded === undefined ? given : { ...settingsOf(recorded), ...given };
  const { source, folds = CROSS_VALIDATE_DEFAULTS.folds, signal, onEvent, seed = TRAIN_DEFAULTS.seed } = options;
  const backend = await startBackend(options.backend ?? TRAIN_DEFAULTS.backend, recorded);
  return withNewDataset(options, undefined, async (opened, named) => {
    const dataset = opened.description;
    const pictures = await PictureSet.loadAll(opened, loadOptions(options, named.recipe));
    const settings = {
      source: resolve(source),
      dataset,
      seed,
      epochs: options.epochs ?? named.epochs,
      batch: options.batch ?? named.batch,
      ...(options.leaveOut !== undefined && options.leaveOut.length > 0 && { leaveOut: options.leaveOut }),
      recipe: named.recipe,
      network: options.network === undefined ? named.network : "custom",
    } as const;
    const { name, kernelSet } = backend;
    const { fingerprint } = pictures;
    const whole = { version: VERSION, ...settings, fingerprint, folds, backend: name, kernelSet };
    if (recorded !== undefined) checkUnchanged(recorded, whole, options);
    const foldOf = await foldsOf(pictures, dataset, folds, seed);
    const none = pictures.filter(() => false);
    const splits = Array.from({ length: folds }, (_, index) => {
      const foldWith = (isTested: boolean): PictureSet =>
        pictures.filter((_picture, place) => (foldOf[place] === index) === isTested);
      return { train: foldWith(false), val: none, test: foldWith(true) };
    });
    const untested = splits.findIndex(({ test }) => test.size === 0);
    if (untested >= 0) throw emptyFold(untested + 1, { ...options, folds, pictures: pictures.size });
    const configs = splits.map((split) => configOf({ ...settings, backend, pictures: split }));
    const [config] = configs;
    if (config === undefined) throw new RangeError("Expected at least one fold");
    if (recorded === undefined) await folder?.begin(whole);
    const classes = rareClasses(configs);
    if (classes.length > 0) onEvent?.({ type: "rareClasses", folds, classes });

    const done: KeptFold[] = [...((await folder?.folds()) ?? [])].slice(0, folds);
    const metrics = (): FoldsSoFar => metricsSoFar(dataset.labels, folds, done);
    const foldDone = ({ fold, seconds }: KeptFold): FoldResult => {
      const own = metrics().done[fold - 1]?.metrics;
      if (own === undefined) throw new RangeError(`Expected the results of fold ${fold}`);
      return { fold, metrics: own, seconds };
    };
    if (done.length > 0) await folder?.publish(metrics(), done);
    for (const kept of done) onEvent?.({ type: "foldDone", ...foldDone(kept) });
    for (const [index, split] of splits.entries()) {
      const fold = index + 1;
      if (fold <= done.length) continue;
      onEvent?.({ type: "fold", fold, folds });
      const begin = performance.now();
      const session = await TrainingSession.of(configs[index] ?? config, split, backend, options.network);
      try {
        const predictions: RecordedPrediction[] = [];
        const result = await session.run({
          signal,
          ...(onEvent && { onEvent }),
          onPredictions: (some) => {
            for (const { path, label, predicted, probabilities } of some) {
              predictions.push({ path, label, predicted, probabilities });
            }
          },
        });
        const kept = { fold, loss: result.metrics.loss, seconds: (performance.now() - begin) / 1000, predictions };
        await folder?.keep(kept);
        done.push(kept);
        await folder?.publish(metrics(), done);
        onEvent?.({ type: "foldDone", ...foldDone(kept) });
      } finally {
        session.dispose();
      }
    }
    return {
      config,
      folds: done.map(foldDone),
      metrics: metrics().metrics,
      predictions: done.flatMap(({ predictions }) =>
        predictions.map((kept) => ({ ...kept, probability: Math.max(...kept.probabilities) })),
      ),
    };
  });
}

/** The options that a cross-validation began with. */
function settingsOf({
  dataset,
  recipe,
  folds,
  epochs,
  batch,
  seed,
  leaveOut,
}: CrossValidationConfig): Partial<Resolved<CrossValidateOptions>> {
  const { width, height } = seenShape(dataset, recipe.input);
  return {
    recipe,
    size: { width, height },
    labels: dataset.labels,
    folds,
    epochs,
    batch,
    seed,
    ...(leaveOut && { leaveOut }),
  };
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for other settings, `DATASET_MISMATCH` for other pictures */
function checkUnchanged(
  then: CrossValidationConfig,
  now: CrossValidationConfig,
  { out }: Pick<CrossValidateOptions, "out">,
): void {
  const names = ["leaveOut", "folds", "epochs", "batch", "seed", "network", "recipe", "backend", "kernelSet"] as const;
  const changed = names.find((name) => !isDeepStrictEqual(now[name], then[name]));
  if (changed !== undefined) {
    const texts =
      changed === "leaveOut"
        ? leaveOutTexts(now.leaveOut, then.leaveOut)
        : [JSON.stringify(now[changed]), JSON.stringify(then[changed])];
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected the ${changed === "leaveOut" ? "files to leave out" : changed} that the cross-validation in ${out} began with, ${texts[1]}, but received ${texts[0]}`,
      changed === "network" && then.network === "custom"
        ? "Continue with the network that it began with: --network MODULE of the command, or the option network of crossValidate()."
        : "Omit the option to continue, or begin again in another folder.",
    );
  }
  if (now.fingerprint !== then.fingerprint) {
    throw new TrainerError(
      "DATASET_MISMATCH",
      `Expected the pictures that the cross-validation in ${out} began with, but ${now.source} contains others`,
      "Continue with the folder or dataset that it began with, or begin again in another folder.",
    );
  }
}

/** The classes that some folds do not test: they have fewer pictures than there are folds, or copies, which share a fold. */
function rareClasses(configs: readonly RunConfig[]): readonly RareClass[] {
  const labels = configs[0]?.dataset.labels ?? [];
  return labels.flatMap((label, index) => {
    const tested = configs.map(({ counts }) => counts.test[index] ?? 0);
    const testedIn = tested.filter((count) => count > 0).length;
    if (testedIn === configs.length) return [];
    return [{ label, pictures: tested.reduce((sum, count) => sum + count, 0), testedIn }];
  });
}

function emptyFold(
  fold: number,
  {
    folds,
    pictures,
    source,
    leaveOut,
  }: Pick<CrossValidateOptions, "source" | "leaveOut"> & Record<"folds" | "pictures", number>,
): TrainerError {
  return new TrainerError(
    "CLASS_UNTESTED",
    `Expected pictures for each of ${folds} folds, but none are left for fold ${fold}: ${source} has ${pictures}, and copies share a fold`,
    `Choose fewer folds, or add pictures.${orLeaveOutFewer(leaveOut)}`,
  );
}

function nothingToResume(): TrainerError {
  return new TrainerError(
    "INVALID_ARGUMENT",
    "Expected the folder of a cross-validation to continue, but received resume without out",
    "Name the folder in out, or omit resume.",
  );
}

/** Metrics of the folds that are done, and of all their pictures. */
function metricsSoFar(labels: readonly string[], folds: number, done: readonly KeptFold[]): FoldsSoFar {
  const of = (predictions: readonly RecordedPrediction[], loss: number): Metrics => {
    const pairs = predictions.map(({ label, predicted }): [number, number] => [
      labels.indexOf(label),
      labels.indexOf(predicted),
    ]);
    return metricsOf(confusionOf(labels, pairs), loss);
  };
  const pictures = done.reduce((sum, { predictions }) => sum + predictions.length, 0);
  const loss = done.reduce((sum, each) => sum + each.loss * each.predictions.length, 0) / pictures;
  return {
    folds,
    done: done.map((each) => ({ fold: each.fold, metrics: of(each.predictions, each.loss) })),
    metrics: of(
      done.flatMap(({ predictions }) => predictions),
      loss,
    ),
  };
}

/** Pictures that are read at once to find copies. */
const READ_AT_ONCE = 64;

/** The fold of each picture, counted from 0. */
async function foldsOf(
  pictures: PictureSet,
  { width, height, pixelFormat }: DatasetDescription,
  folds: number,
  seed: number,
): Promise<readonly number[]> {
  await initPreprocessor();
  const sketcher = new Sketcher({ width, height });
  const sketchOf = (loaded: LoadedPictures, place: number): Sketch => {
    const { pixels } = loaded.at(place);
    const levels = {
      binary1: () =>
        loaded
          .take([place])
          .pixels()
          .map((pixel) => 255 * pixel),
      gray8: () => pixels,
      rgb8: () => grayOf(pixels),
    }[pixelFormat]();
    return sketcher.sketch(levels, pixels);
  };
  const duplicates = new StoredDuplicates(async ({ photograph }) => sketchOf(await pictures.load([photograph]), 0));
  const grouped: { readonly path: string; readonly label: string; readonly group: number }[] = [];
  const parts = [
    ...partsOf(
      Int32Array.from({ length: pictures.size }, (_, index) => index),
      { batch: READ_AT_ONCE },
    ),
  ];
  let part = 0;
  for await (const loaded of pictures.read(parts)) {
    const paths = await pictures.paths(parts[part++] ?? []);
    for (const [place, path] of paths.entries()) {
      const { group } = await duplicates.look(grouped.length, sketchOf(loaded, place));
      grouped.push({ path, label: pictures.labels[loaded.at(place).label] ?? "", group });
    }
  }
  return drawFolds(grouped, seed, folds);
}
