// Finds a learning rate for a recipe on photographs or a dataset, by a range test of the network that a training would begin with.

import { TRAIN_DEFAULTS } from "../training/defaults.ts";
import type { RateRange } from "../training/rate-range.ts";
import type { RunConfig } from "../training/run-config.ts";
import type { RateEvent } from "../training/session.ts";
import { callback, checkArgument, filePath, optional, optionsOf, splitShares } from "../values/arguments.ts";
import { startBackend } from "./backends/start.ts";
import { withPathsToLeaveOut } from "./files/leave-out-list.ts";
import type { PrepareEvent } from "./photographs/prepare-events.ts";
import { checkInitialRun, type InitEvent } from "./initial-run.ts";
import type { ReadingEvent } from "./reading-event.ts";
import { withNewPictures } from "./run-pictures.ts";
import { withLocatedSource } from "./source.ts";
import { checkSettings, type TrainOptions } from "./train-options.ts";
import { newSession } from "./train.ts";
import { TRAINING_SETTINGS, type TrainingSettings } from "./training-settings.ts";

/** Options for {@link findLearningRate}: those of {@link train} that matter before its first epoch ends. */
export interface FindLearningRateOptions
  extends Omit<TrainingSettings, "epochs">, Pick<TrainOptions, "split" | "init"> {
  /** Called for each event, in order. */
  readonly onEvent?: (event: FindLearningRateEvent) => void;
}

/** Events that {@link findLearningRate} emits while it works. */
export type FindLearningRateEvent = PrepareEvent | ReadingEvent | InitEvent | RateEvent;

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
 * @param given at least the source of the pictures
 * @throws {TrainerError} as {@link train}
 * @example
 * import { findLearningRate } from "@silhouette/trainer";
 *
 * const { suggestion } = await findLearningRate({ source: "photos" });
 * console.log(suggestion?.rate);
 */
export async function findLearningRate(given: FindLearningRateOptions): Promise<LearningRates> {
  checkArgument("findLearningRate()", "options", OPTIONS, given);
  checkSettings(given);
  const options = await withPathsToLeaveOut(await withLocatedSource(given));
  const { signal, onEvent } = options;
  const backend = await startBackend(options.backend ?? TRAIN_DEFAULTS.backend);
  await checkInitialRun(options.init);
  return withNewPictures(options, undefined, async (found) => {
    const { session } = await newSession(options, found, backend);
    try {
      return { config: session.config, ...(await session.testRates({ signal, onEvent })) };
    } finally {
      session.dispose();
    }
  });
}
