// Finds a learning rate for a recipe on photographs or a dataset, by a range test of the network that a training would begin with.

import { resolve } from "node:path";

import { PictureSet } from "../dataset/picture-set.ts";
import { TRAIN_DEFAULTS } from "../training/defaults.ts";
import type { RateRange } from "../training/rate-range.ts";
import { configOf, type RunConfig } from "../training/run-config.ts";
import { TrainingSession, type RateEvent } from "../training/session.ts";
import { callback, checkArgument, filePath, optional, optionsOf, splitShares } from "../values/arguments.ts";
import { startBackend } from "./backends/start.ts";
import type { PrepareEvent } from "./photographs/prepare-events.ts";
import { withInitialRun } from "./initial-run.ts";
import { withNewDataset } from "./run-pictures.ts";
import { checkSettings, TRAINING_SETTINGS, type TrainingSettings, type TrainOptions } from "./train-options.ts";

/** Options for {@link findLearningRate}: those of {@link train} that matter before its first epoch ends. */
export interface FindLearningRateOptions
  extends Omit<TrainingSettings, "epochs">, Pick<TrainOptions, "split" | "init"> {
  /** Called for each event, in order. */
  readonly onEvent?: (event: FindLearningRateEvent) => void;
}

/** Events that {@link findLearningRate} emits while it works. */
export type FindLearningRateEvent = PrepareEvent | RateEvent;

/** The result of {@link findLearningRate}. */
export interface LearningRates extends RateRange {
  /** Configuration of the training whose first steps were tested. */
  readonly config: RunConfig;
}

const { epochs: _epochs, ...SETTINGS } = TRAINING_SETTINGS;

const OPTIONS = optionsOf<FindLearningRateOptions>({
  ...SETTINGS,
  split: optional(splitShares),
  init: optional(filePath),
  onEvent: optional(callback),
});

/**
 * Trains up to 100 steps on the training pictures, at learning rates that grow from 1e-6 to 1, and suggests one of them. Nothing is
 * written. The same pictures, options and kernels give the same losses.
 *
 * @param options at least the source of the pictures
 * @throws {TrainerError} as {@link train}
 * @example
 * import { findLearningRate } from "@silhouette/trainer";
 *
 * const { suggestion } = await findLearningRate({ source: "photos" });
 * console.log(suggestion?.rate);
 */
export async function findLearningRate(options: FindLearningRateOptions): Promise<LearningRates> {
  checkArgument("findLearningRate()", "options", OPTIONS, options);
  checkSettings(options);
  const { source, seed = TRAIN_DEFAULTS.seed, signal, onEvent } = options;
  const backend = await startBackend(options.backend ?? TRAIN_DEFAULTS.backend);
  const { dataset, pictures, named } = await withNewDataset(options, undefined, async (opened, recipe) => ({
    dataset: opened.description,
    pictures: await PictureSet.bySplit(opened, { input: recipe.recipe.input, signal }),
    named: recipe,
  }));
  const { epochs, recipe } = named;
  const settings = { source: resolve(source), dataset, seed, epochs, batch: options.batch ?? named.batch, recipe };
  const network = options.network === undefined ? named.network : "custom";
  const session = await withInitialRun(options.init, (initial) => {
    const config = configOf({ ...settings, network, pictures, backend, init: initial?.init ?? null });
    return TrainingSession.of(config, pictures, backend, options.network, initial?.model);
  });
  try {
    return { config: session.config, ...(await session.testRates({ signal, onEvent })) };
  } finally {
    session.dispose();
  }
}
