// The recipe of a training: values that a run records, and that the loop's pure functions read.

import { augmentationShape, type Augmentation } from "../dataset/augmentation.ts";
import { INPUT_KINDS, type InputKind } from "../dataset/input-kinds.ts";
import { VIEW_COUNTS, type ViewCount } from "../dataset/view.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import { belowOne, count, nullable, oneOf, positive, record, type Shape } from "../values/json-shape.ts";
import { classWeightsShape, type ClassWeights } from "./class-weights.ts";
import { learningRateShape, type LearningRate } from "./learning-rate.ts";
import { optimizerShape, type Optimizer } from "./optimizer.ts";
import { RECIPE_NAMES, type RecipeName } from "./recipe-names.ts";
import { samplingShape, type Sampling } from "./sampling.ts";
import { stoppingShape, type Stopping } from "./stopping.ts";

/** Choices for the epoch whose weights are the model. */
export const MODEL_EPOCHS = ["last", "best"] as const;

/** Choices for the calibration of probabilities. */
export const CALIBRATIONS = ["none", "validation"] as const;

/** Recipe of a training. */
export interface Recipe {
  /** Its name. */
  readonly name: RecipeName;
  /** What the network sees of a picture. */
  readonly input: InputKind;
  /** Number of the network's first blocks that are not trained: a block is a layer with a kernel, and those after it up to the next. */
  readonly freeze: number;
  /** How gradients change weights. */
  readonly optimizer: Optimizer;
  /** Learning rate of each step. */
  readonly learningRate: LearningRate;
  /** When the training is over. */
  readonly stopping: Stopping;
  /**
   * The epoch whose weights are the model that is tested and saved: the last one, or the one with the lowest validation loss (the
   * lowest training loss without validation pictures).
   */
  readonly model: (typeof MODEL_EPOCHS)[number];
  /** The pictures of an epoch. */
  readonly sampling: Sampling;
  /** Weight of each class in the loss: not balanced if the sampling is. */
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
  /** Augmentation of training pictures before each step; null for none. */
  readonly augmentation: Augmentation | null;
  /** Number of views of a picture that predictions are averaged over. */
  readonly views: ViewCount;
  /** `validation`: probabilities are calibrated by the validation pictures, if there are enough. `none`: they stay as they are. */
  readonly calibration: (typeof CALIBRATIONS)[number];
}

const fieldsShape: Shape<Recipe> = record<Recipe>({
  name: oneOf(...RECIPE_NAMES),
  input: oneOf(...INPUT_KINDS),
  freeze: count,
  optimizer: optimizerShape,
  learningRate: learningRateShape,
  stopping: stoppingShape,
  model: oneOf(...MODEL_EPOCHS),
  sampling: samplingShape,
  classWeights: classWeightsShape,
  labelSmoothing: belowOne,
  clipNorm: nullable(positive),
  averagedWeights: nullable(belowOne),
  augmentation: nullable(augmentationShape),
  views: oneOf(...VIEW_COUNTS),
  calibration: oneOf(...CALIBRATIONS),
});

/** Shape of its JSON. */
export const recipeShape: Shape<Recipe> = (value, where) => {
  const recipe = fieldsShape(value, where);
  if (recipe.sampling === "balanced" && recipe.classWeights === "balanced") {
    throw new Damage(`${where}.sampling and ${where}.classWeights both balance the classes, instead of one of them`);
  }
  return recipe;
};

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
      "Correct that field, or take a recipe of RECIPES and replace fields: { ...RECIPES.compact.recipe, labelSmoothing: 0.2 }.",
      { cause },
    );
  }
}
