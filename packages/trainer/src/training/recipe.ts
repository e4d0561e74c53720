// The recipe of a training: values that a run records, and that the loop's pure functions read.

import type { Augmentation } from "../dataset/augmentation.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import { belowOne, nullable, oneOf, positive, record, type Shape } from "../values/json-shape.ts";
import { classWeightsShape, type ClassWeights } from "./class-weights.ts";
import { learningRateShape, type LearningRate } from "./learning-rate.ts";
import { optimizerShape, type Optimizer } from "./optimizer.ts";
import { stoppingShape, type Stopping } from "./stopping.ts";

/** Recipe of a training. */
export interface Recipe {
  /** How gradients change weights. */
  readonly optimizer: Optimizer;
  /** Learning rate of each step. */
  readonly learningRate: LearningRate;
  /** When the training is over. */
  readonly stopping: Stopping;
  /** Weight of each class in the loss. */
  readonly classWeights: ClassWeights;
  /** Share of each label that is spread over all classes in training (Szegedy et al. 2016): 0 to 1, 1 excluded. */
  readonly labelSmoothing: number;
  /** Maximum norm of all gradients of a step together, above 0; null does not clip them. */
  readonly clipNorm: number | null;
  /**
   * Share of their moving average that weights keep at each step, 0 to 1, 1 excluded; the averages are evaluated and saved. Null
   * evaluates and saves the weights themselves.
   */
  readonly averagedWeights: number | null;
  /** Augmentation of training pictures before each step. */
  readonly augmentation: Augmentation;
}

/** The recipe of the reference article, with Keras' learning rate. */
export const ARTICLE: Recipe = {
  optimizer: { method: "adam" },
  learningRate: { schedule: "constant", rate: 0.001, warmupEpochs: 0 },
  stopping: { after: "epochs" },
  classWeights: "uniform",
  labelSmoothing: 0,
  clipNorm: null,
  averagedWeights: null,
  augmentation: "none",
};

/** Shape of its JSON. */
export const recipeShape: Shape<Recipe> = record<Recipe>({
  optimizer: optimizerShape,
  learningRate: learningRateShape,
  stopping: stoppingShape,
  classWeights: classWeightsShape,
  labelSmoothing: belowOne,
  clipNorm: nullable(positive),
  averagedWeights: nullable(belowOne),
  augmentation: oneOf("none"),
});

/**
 * Returns a copy of a program's recipe, with the fields of a recipe only.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` for a field that is missing, unknown as a choice, or out of range
 */
export function checkedRecipe(recipe: unknown): Recipe {
  try {
    return recipeShape(recipe, "recipe");
  } catch (cause) {
    if (!(cause instanceof Damage)) throw cause;
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a recipe, but ${cause.message}`,
      "Begin with ARTICLE and replace fields: { ...ARTICLE, labelSmoothing: 0.1 }.",
      { cause },
    );
  }
}
