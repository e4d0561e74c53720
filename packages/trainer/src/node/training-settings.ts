// The settings of a training, as options of functions and as a configuration file, and their checks. Loads neither TensorFlow.js nor
// sharp nor Arrow: a configuration is checked before any of them.

import { custom } from "valibot";

import { BACKEND_CHOICES, type BackendChoice } from "../backend/names.ts";
import type { PictureSize } from "../dataset/format.ts";
import type { LeaveOut } from "../dataset/leave-out.ts";
import { checkSplitFractions, type SplitFractions } from "../dataset/split.ts";
import { TRAIN_DEFAULTS } from "../training/defaults.ts";
import type { NetworkBuilder } from "../network/custom-network.ts";
import { chosenRecipe, type RecipeChoice } from "../training/recipe-choice.ts";
import { RECIPE_NAMES, type RecipeName } from "../training/recipe-names.ts";
import {
  abortSignal,
  batchSize,
  callback,
  checkArgument,
  classNames,
  epochCount,
  filePath,
  flag,
  filesToLeaveOut,
  oneOf,
  optional,
  optionsOf,
  pictureSize,
  seedNumber,
  splitShares,
  wholeNumberIn,
  type Schema,
} from "../values/arguments.ts";
import { TrainerError } from "../values/errors.ts";
import { RANGES } from "../values/ranges.ts";

/** Options that a single training shares with a cross-validation. */
export interface TrainingSettings {
  /** Folder of photographs, as for {@link prepare}, or a dataset, as for {@link openDataset}. */
  readonly source: string;
  /** The backend. Default `auto`. A run may be resumed on another backend. */
  readonly backend?: BackendChoice;
  /**
   * The recipe: network, pictures and training. A name, or fields that replace those of a named recipe: `{ name: "compact",
   * labelSmoothing: 0 }`. Default `compact`; for a dataset, the one that its pictures are for.
   */
  readonly recipe?: RecipeName | RecipeChoice;
  /** Number of passes over the training pictures: 1 to 1,000,000. Default: the recipe's. */
  readonly epochs?: number;
  /** Pictures per step: 1 to 1,000,000, limited by memory. Default: the recipe's. */
  readonly batch?: number;
  /**
   * Size at which the network sees pictures, in pixels, for folders: each side 1 to 4,096, at least 94 for the reference network
   * and 16 for the compact one. Default: the recipe's.
   */
  readonly size?: PictureSize;
  /** All class names, in the order of their one-hot labels, for folders. Default: sorted by code units. */
  readonly labels?: readonly string[];
  /**
   * Files to leave out: a list that `silhouette inspect --fix` has written, of which only the column `path` matters, or their paths.
   * They are recorded. Default: none.
   */
  readonly leaveOut?: LeaveOut;
  /** Seed for weights, picture order and dropout: an integer from 0 to 2^53 - 1. Default 0. */
  readonly seed?: number;
  /** Creates the network to train. Default: the recipe's. */
  readonly network?: NetworkBuilder;
  /**
   * Aborts the work, which then throws the signal's reason; {@link train} writes a checkpoint before. Steps run synchronously: a
   * step is only interrupted if the signal's `throwIfAborted`, which each operation calls, detects the abort by itself.
   */
  readonly signal?: AbortSignal;
}

/** A recipe's name or an object; {@link chosenRecipe} checks its fields. */
const recipeChoice = custom(
  (value) =>
    typeof value === "string"
      ? (RECIPE_NAMES as readonly string[]).includes(value)
      : typeof value === "object" && value !== null && !Array.isArray(value),
  `one of ${RECIPE_NAMES.join(", ")}, or an object with fields of a recipe,`,
);

/** Their schemas. */
export const TRAINING_SETTINGS: Readonly<Record<keyof TrainingSettings, Schema>> = {
  source: filePath,
  backend: optional(oneOf(BACKEND_CHOICES)),
  recipe: optional(recipeChoice),
  epochs: optional(epochCount),
  batch: optional(batchSize),
  size: optional(pictureSize),
  labels: optional(classNames),
  leaveOut: optional(filesToLeaveOut),
  seed: optional(seedNumber),
  network: optional(callback),
  signal: optional(abortSignal),
};

/** Number of folds of a cross-validation. */
export const foldCount = wholeNumberIn(RANGES.folds);

/** @throws {TrainerError} `INVALID_ARGUMENT` for fractions that are not shares of three splits, or leave nothing to test */
export function checkTestedSplit(split: SplitFractions): void {
  checkSplitFractions(split);
  if (split[2] > 0) return;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected a test fraction (the last one of split) above 0, but received ${split.join(",")}`,
    "Include a test fraction, for example 0.8,0.1,0.1.",
  );
}

/** Settings of a training as plain data: what a file `silhouette.config.ts` or `.json` holds. */
export interface SilhouetteConfig extends Omit<TrainingSettings, "source" | "network" | "signal"> {
  /** Folder of photographs, one subfolder per class, or a dataset, as for {@link openDataset}. */
  readonly source?: string;
  /** The run folder. Default: `runs/<name of the source>`. A cross-validation writes none. */
  readonly out?: string;
  /** Shares of training, validation and test pictures, for folders that do not define all splits. Default 0.8, 0.1, 0.1. */
  readonly split?: SplitFractions;
  /** Whether a run keeps a thumbnail of each photograph, for reports; for folders. Default true. A cross-validation keeps none. */
  readonly thumbnails?: boolean;
  /** A module whose default export is a {@link NetworkBuilder}. Default: the recipe's network. */
  readonly network?: string;
  /** A run whose model's weights a training starts from. Default: weights are drawn. */
  readonly init?: string;
  /** Number of folds of a cross-validation: 2 to 100. Default 5. */
  readonly folds?: number;
}

const { network: _network, signal: _signal, ...plain } = TRAINING_SETTINGS;

const CONFIG = optionsOf<SilhouetteConfig>({
  ...plain,
  source: optional(filePath),
  out: optional(filePath),
  split: optional(splitShares),
  thumbnails: optional(flag),
  network: optional(filePath),
  init: optional(filePath),
  folds: optional(foldCount),
});

const NO_OBJECT = custom(() => false, "an object of options");

/**
 * Returns a configuration whose keys and values are valid, apart from what depends on the pictures.
 *
 * @param file name of the configuration, for messages
 * @throws {TrainerError} `INVALID_ARGUMENT`, with the file and the key
 */
export function checkedConfig(config: unknown, file: string): SilhouetteConfig {
  try {
    // Lists and other objects have no keys of their own.
    const isPlain = Object.prototype.toString.call(config) === "[object Object]";
    checkArgument("a configuration", "the configuration", isPlain ? CONFIG : NO_OBJECT, config);
    const { recipe, split } = config as SilhouetteConfig;
    chosenRecipe(recipe, TRAIN_DEFAULTS.recipe);
    if (split !== undefined) checkTestedSplit(split);
    return config as SilhouetteConfig;
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
    throw new TrainerError(error.code, `${error.message} in ${file}`, error.hint, { cause: error });
  }
}
