// A step on some training pictures, as the recipe sees and labels them.

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { drawView } from "../dataset/augmentation.ts";
import type { LoadedPictures } from "../dataset/loaded-pictures.ts";
import { withBatch } from "../network/batch.ts";
import type { BatchResult } from "../network/classifier.ts";
import type { Generator } from "../values/generator.ts";
import { weightsOf } from "./class-weights.ts";
import type { Learner } from "./learner.ts";
import type { Recipe } from "./recipe.ts";

/** What all steps of a training share. */
export interface StepSettings {
  readonly learner: Learner;
  readonly recipe: Recipe;
  /** Draws the augmentation of pictures, then dropout masks. */
  readonly generator: Generator;
}

/** What a step is trained on. */
export interface TrainedStep {
  readonly pictures: LoadedPictures;
  /** Number of training pictures per class, in the order of the labels. */
  readonly counts: readonly number[];
  readonly learningRate: number;
  /** Aborts the step before any weight is changed. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains a step. If it fails, neither weights nor the generator have changed.
 *
 * @throws {TrainerError} `LOSS_NOT_FINITE`, `BATCH_TOO_LARGE`; the signal's reason
 */
export function trainStep({ learner, recipe, generator }: StepSettings, step: TrainedStep): BatchResult {
  const { pictures, counts, learningRate, signal } = step;
  const { augmentation, labelSmoothing } = recipe;
  const changes = {
    classWeights: weightsOf(recipe.classWeights, counts),
    labelSmoothing,
    ...(augmentation !== null && { view: () => drawView(augmentation, generator) }),
  };
  const { state } = generator;
  try {
    return withBatch(
      pictures,
      (batch) => computeOrExplain(() => learner.train(batch, { generator, learningRate, signal })),
      changes,
    );
  } catch (error) {
    generator.restore(state);
    throw error;
  }
}
