// The recipes, for a choice.

import { RECIPE_NAMES, RECIPES, TRAIN_DEFAULTS, type RecipeName } from "@silhouette/trainer/browser";

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
