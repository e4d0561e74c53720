// The recipe of a training: values that a run records, and that the loop's pure functions read.

import type { Augmentation } from "../dataset/augmentation.ts";
import { oneOf, record, type Shape } from "../values/json-shape.ts";
import type { ClassWeights } from "./class-weights.ts";
import { learningRateShape, type LearningRate } from "./learning-rate.ts";
import { stoppingShape, type Stopping } from "./stopping.ts";

/** Recipe of a training. */
export interface Recipe {
  /** Learning rate of each step. */
  readonly learningRate: LearningRate;
  /** When the training is over. */
  readonly stopping: Stopping;
  /** Weight of each class in the loss. */
  readonly classWeights: ClassWeights;
  /** Augmentation of training pictures before each step. */
  readonly augmentation: Augmentation;
}

/** The recipe of the reference article, with Keras' learning rate. */
export const ARTICLE: Recipe = {
  learningRate: { schedule: "constant", rate: 0.001 },
  stopping: { after: "epochs" },
  classWeights: "uniform",
  augmentation: "none",
};

/** Shape of its JSON. */
export const recipeShape: Shape<Recipe> = record<Recipe>({
  learningRate: learningRateShape,
  stopping: stoppingShape,
  classWeights: oneOf("uniform"),
  augmentation: oneOf("none"),
});
