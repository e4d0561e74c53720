// The recipes by name: network, pictures and training. Each is measured in docs/guide/recipes.md.

import type { PictureSize } from "../dataset/format.ts";
import type { BuiltInName } from "../network/built-in-network.ts";
import type { PixelFormat } from "../dataset/preprocessing.ts";
import type { Recipe } from "./recipe.ts";
import type { RecipeName } from "./recipe-names.ts";

/** A recipe with everything that it sets. */
export interface NamedRecipe {
  /** The network, unless the user has one. */
  readonly network: BuiltInName;
  /** What a dataset keeps of photographs. */
  readonly pixelFormat: PixelFormat;
  /** Size at which the network sees pictures. */
  readonly size: PictureSize;
  /** Number of epochs. */
  readonly epochs: number;
  /** Pictures per step. */
  readonly batch: number;
  /** How the network is trained. */
  readonly recipe: Recipe;
}

/** The recipe of the reference article, with Keras' learning rate. */
export const ARTICLE: Recipe = {
  name: "article",
  input: "otsu",
  freeze: 0,
  optimizer: { method: "adam" },
  learningRate: { schedule: "constant", rate: 0.001, warmupEpochs: 0 },
  stopping: { after: "epochs" },
  model: "last",
  sampling: "uniform",
  classWeights: "uniform",
  labelSmoothing: 0,
  clipNorm: null,
  averagedWeights: null,
  augmentation: null,
  views: 1,
  calibration: "none",
};

const COMPACT: NamedRecipe = {
  network: "compact",
  pixelFormat: "gray8",
  size: { width: 96, height: 96 },
  epochs: 40,
  batch: 50,
  recipe: {
    name: "compact",
    input: "otsu",
    freeze: 0,
    optimizer: { method: "adamw", weightDecay: 0.05 },
    learningRate: { schedule: "cosine", rate: 0.003, warmupEpochs: 2 },
    stopping: { after: "epochs" },
    model: "last",
    sampling: "uniform",
    classWeights: "uniform",
    labelSmoothing: 0.1,
    clipNorm: null,
    averagedWeights: null,
    augmentation: {
      flip: 0.5,
      rotation: 8,
      scale: 1.2,
      aspect: 1.2,
      shear: 0.1,
      shift: 0.08,
      ramp: 0.5,
      curve: 0.5,
      darkness: 2,
      threshold: 0.25,
    },
    views: 4,
    calibration: "validation",
  },
};

/** The recipes. */
export const RECIPES: Readonly<Record<RecipeName, NamedRecipe>> = {
  compact: COMPACT,
  levels: { ...COMPACT, recipe: { ...COMPACT.recipe, name: "levels", input: "levels" } },
  article: {
    network: "reference",
    pixelFormat: "binary1",
    size: { width: 300, height: 300 },
    epochs: 5,
    batch: 50,
    recipe: ARTICLE,
  },
};

/** The recipe for a dataset that was prepared already, if none is named. */
export function recipeFor(pixelFormat: PixelFormat): RecipeName {
  return pixelFormat === "binary1" ? "article" : "compact";
}
