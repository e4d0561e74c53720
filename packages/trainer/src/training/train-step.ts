// A step on some training pictures, as the recipe sees and labels them.

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { drawView } from "../dataset/augmentation.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
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
  readonly training: PictureSet;
  /** Indices of its pictures. */
  readonly indices: Int32Array;
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
  const { training, indices, learningRate, signal } = step;
  const { augmentation, labelSmoothing } = recipe;
  const changes = {
    classWeights: weightsOf(recipe.classWeights, training.counts),
    labelSmoothing,
    ...(augmentation !== null && { view: () => drawView(augmentation, generator) }),
  };
  const { state } = generator;
  try {
    return withBatch(
      training,
      indices,
      (pictures) => computeOrExplain(() => learner.train(pictures, { generator, learningRate, signal })),
      changes,
    );
  } catch (error) {
    generator.restore(state);
    throw error;
  }
}
