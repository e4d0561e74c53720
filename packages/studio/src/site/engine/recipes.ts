// The recipes, for a choice.

import {
  chosenRecipeFor,
  recipeFor,
  RECIPE_NAMES,
  RECIPES,
  TRAIN_DEFAULTS,
  type PixelFormat,
  type RecipeName,
} from "@silhouette/trainer/browser";

import type { KernelSet } from "./model-engine.ts";
import type { TrainingSettings } from "./training.ts";

/** A recipe. */
export interface RecipeFacts {
  /** What it sets by default. */
  readonly settings: TrainingSettings;
  /** What it is, in a few words. */
  readonly summary: string;
}

const SUMMARIES: Readonly<Record<RecipeName, string>> = {
  compact: "a small network on black-and-white silhouettes of 96 x 96 pixels",
  levels: "the same on three gray levels, more accurate",
  article: "the article's network on silhouettes of 300 x 300 pixels, slow",
};

/**
 * All recipes, the default first.
 *
 * @param kernelSet the fastest kernels here
 */
export function recipeFacts(kernelSet: KernelSet): readonly RecipeFacts[] {
  return RECIPE_NAMES.map((recipe) => ({
    settings: { recipe, epochs: RECIPES[recipe].epochs, seed: TRAIN_DEFAULTS.seed, kernelSet },
    summary: SUMMARIES[recipe],
  }));
}

/** Names of the recipes that a dataset's pictures are for, the default first: recipes that differ in their input are one for colors. */
export function recipesFor(pixelFormat: PixelFormat): readonly RecipeName[] {
  if (pixelFormat === "rgb8") return [recipeFor(pixelFormat)];
  return RECIPE_NAMES.filter((name) => chosenRecipeFor(pixelFormat, name).pixelFormat === pixelFormat);
}
