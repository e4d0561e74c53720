// The recipe of a training: values that a run records, and that the loop's pure functions read.

import type { Augmentation } from "../dataset/augmentation.ts";
import { oneOf, record, type Shape } from "../values/json-shape.ts";
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
  /** Augmentation of training pictures before each step. */
  readonly augmentation: Augmentation;
}

/** The recipe of the reference article, with Keras' learning rate. */
export const ARTICLE: Recipe = {
  optimizer: { method: "adam" },
  learningRate: { schedule: "constant", rate: 0.001, warmupEpochs: 0 },
  stopping: { after: "epochs" },
  classWeights: "uniform",
  augmentation: "none",
};

/** Shape of its JSON. */
export const recipeShape: Shape<Recipe> = record<Recipe>({
  optimizer: optimizerShape,
  learningRate: learningRateShape,
  stopping: stoppingShape,
  classWeights: classWeightsShape,
  augmentation: oneOf("none"),
});
