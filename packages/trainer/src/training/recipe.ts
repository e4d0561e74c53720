// How a network is trained: the values that a run records, and that the loop's pure functions read.

import type { Augmentation } from "../dataset/augmentation.ts";
import { oneOf, record, type Shape } from "../values/json-shape.ts";
import type { ClassWeights } from "./class-weights.ts";
import { learningRateShape, type LearningRate } from "./learning-rate.ts";
import { stoppingShape, type Stopping } from "./stopping.ts";

/** How a network is trained. */
export interface Recipe {
  /** Of each step. */
  readonly learningRate: LearningRate;
  /** When the training is over. */
  readonly stopping: Stopping;
  /** How much each class counts in the loss. */
  readonly classWeights: ClassWeights;
  /** What is done to training pictures before each step. */
  readonly augmentation: Augmentation;
}

/** The reference article's, with Keras' learning rate. */
export const ARTICLE: Recipe = {
  learningRate: { schedule: "constant", rate: 0.001 },
  stopping: { after: "epochs" },
  classWeights: "uniform",
  augmentation: "none",
};

/** What a recipe's JSON has to look like. */
export const recipeShape: Shape<Recipe> = record<Recipe>({
  learningRate: learningRateShape,
  stopping: stoppingShape,
  classWeights: oneOf("uniform"),
  augmentation: oneOf("none"),
});
