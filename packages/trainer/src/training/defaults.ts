// Default options.

import type { BackendChoice } from "../backend/names.ts";
import type { SplitFractions } from "../dataset/split.ts";
import type { RecipeName } from "./recipe-names.ts";

/** Default options of {@link prepare}. */
export const PREPARE_DEFAULTS: {
  /** The recipe that the pictures are for, which sets their size. */
  readonly recipe: RecipeName;
  /** Shares of the splits. */
  readonly split: SplitFractions;
  /** Seed of the splits. */
  readonly seed: number;
} = {
  recipe: "compact",
  split: [0.8, 0.1, 0.1],
  seed: 0,
};

/** Default options of {@link train}. The recipe sets the others. */
export const TRAIN_DEFAULTS: {
  /** Backend to train on. */
  readonly backend: BackendChoice;
  /** The recipe, if the source is a folder. */
  readonly recipe: RecipeName;
  /** Seed of splits, initial weights, shuffling, augmentation and dropout. */
  readonly seed: number;
} = {
  backend: "auto",
  recipe: PREPARE_DEFAULTS.recipe,
  seed: 0,
};

/** Default options of {@link crossValidate}. */
export const CROSS_VALIDATE_DEFAULTS: {
  /** Number of folds. */
  readonly folds: number;
} = { folds: 5 };
