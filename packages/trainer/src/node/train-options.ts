// The interface of a training: options with their checks, events, and the summary.

import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { custom } from "valibot";

import {
  abortSignal,
  callback,
  checkArgument,
  classNames,
  filePath,
  oneOf,
  optional,
  optionsOf,
  pictureSize,
  seedNumber,
  splitShares,
  flag,
  epochCount,
  batchSize,
  type Schema,
} from "../values/arguments.ts";
import { BACKEND_CHOICES, type BackendChoice } from "../backend/names.ts";
import { isDatasetFile, sharesOf, type PictureSize } from "../dataset/format.ts";
import { TrainerError } from "../values/errors.ts";
import type { SessionEvent, TrainingResult } from "../training/session.ts";
import { SHORTEST_SIDE } from "../network/reference-network.ts";
import type { NetworkBuilder } from "../network/custom-network.ts";
import { seenShape } from "../dataset/network-input.ts";
import { SHORTEST_COMPACT_SIDE } from "../network/compact-network.ts";
import { TRAIN_DEFAULTS } from "../training/defaults.ts";
import { RECIPE_NAMES, type RecipeName } from "../training/recipe-names.ts";
import type { Recipe } from "../training/recipe.ts";
import { chosenRecipe, givenFields, valueText, type RecipeChoice } from "../training/recipe-choice.ts";
import type { InitEvent } from "./initial-run.ts";
import type { PrepareEvent } from "./photographs/prepare-events.ts";
import type { RunConfig } from "../training/run-config.ts";
import { checkSplitFractions, type SplitFractions } from "../dataset/split.ts";

/** Options for {@link train}. */
export interface TrainOptions {
  /** Folder of photographs, as for {@link prepare}, or a dataset file (`.arrow`). */
  readonly source: string;
  /**
   * The run folder: it must be empty, not exist yet, or contain a run without a first checkpoint; with `resume`, the run to
   * resume. While a process trains, no other can train in the same folder.
   */
  readonly run: string;
  /** The backend. Default `auto`. A run may be resumed on another backend. */
  readonly backend?: BackendChoice;
  /**
   * The recipe: network, pictures and training. A name, or fields that replace those of a named recipe: `{ name: "compact",
   * labelSmoothing: 0 }`. Default `compact`; for a dataset file, the one that its pictures are for.
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
   * Fractions for train, val and test, for folders that do not define all splits; test must be above 0. Default 0.8, 0.1, 0.1.
   */
  readonly split?: SplitFractions;
  /** Seed for weights, picture order and dropout: an integer from 0 to 2^53 - 1. Default 0. */
  readonly seed?: number;
  /** Creates the network to train. Default: the recipe's. */
  readonly network?: NetworkBuilder;
  /**
   * A run whose model the training starts from (fine-tuning): the network gets the weights and statistics of all its layers. Only
   * the last layer is drawn anew if the classes, or their order, differ. Default: all weights are drawn.
   */
  readonly init?: string;
  /**
   * Resume from the run's last checkpoint, or from the start if there is none yet, with the run's settings; only `epochs` may
   * be increased. Whether `source` is the run's is determined by its pictures, not its path. A run with a custom network needs
   * the same `network`. Default false.
   */
  readonly resume?: boolean;
  /**
   * Aborts the work after writing a checkpoint; {@link train} then throws the signal's reason. Steps run synchronously: a step
   * is only interrupted if the signal's `throwIfAborted`, which each operation calls, detects the abort by itself.
   */
  readonly signal?: AbortSignal;
  /** Called for each event, in order. */
  readonly onEvent?: (event: TrainEvent) => void;
}

/** Events that {@link train} emits while it works. */
export type TrainEvent =
  | PrepareEvent
  | InitEvent
  | SessionEvent
  | {
      /** After every epoch, and when the training is aborted. */
      readonly type: "checkpoint";
      /** Path of the checkpoint in the run folder. */
      readonly path: string;
      /** Number of completed epochs. */
      readonly epoch: number;
      /** Number of completed steps of the next epoch. */
      readonly batchesDone: number;
    };

/** The result of {@link train}. */
export interface TrainSummary extends TrainingResult {
  /** The run's configuration: network, pictures and settings. */
  readonly config: RunConfig;
}

/** Options that a single training shares with a cross-validation. */
export type TrainingSettings = Pick<
  TrainOptions,
  "source" | "backend" | "recipe" | "epochs" | "batch" | "size" | "labels" | "seed" | "network" | "signal"
>;

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
  seed: optional(seedNumber),
  network: optional(callback),
  signal: optional(abortSignal),
};

const OPTIONS = optionsOf<TrainOptions>({
  ...TRAINING_SETTINGS,
  run: filePath,
  split: optional(splitShares),
  init: optional(filePath),
  resume: optional(flag),
  onEvent: optional(callback),
});

export function checkOptions(options: TrainOptions): void {
  checkArgument("train()", "options", OPTIONS, options);
  checkSettings(options);
  const { split } = options;
  if (split === undefined) return;
  checkSplitFractions(split);
  if (split[2] === 0) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a test fraction (the last one of split) above 0, but received ${split.join(",")}`,
      "Include a test fraction, for example 0.8,0.1,0.1.",
    );
  }
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for a recipe or a size that nothing can be trained with */
export function checkSettings({ source, recipe: choice, size, network }: TrainingSettings): void {
  const named = chosenRecipe(choice, TRAIN_DEFAULTS.recipe);
  const shortest = named.network === "reference" ? SHORTEST_SIDE : SHORTEST_COMPACT_SIDE;
  const isTooSmall = size !== undefined && Math.min(size.width, size.height) < shortest;
  if (isTooSmall && network === undefined && !isDatasetFile(source)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a size of at least ${shortest} x ${shortest} pixels, but received ${size.width} x ${size.height}`,
      `The pooling layers of the recipe ${named.recipe.name} reduce smaller pictures to nothing: use larger ones.`,
    );
  }
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for settings that differ from those that the run started with */
export function checkUnchanged(options: TrainOptions, recorded: RunConfig): void {
  const { dataset, recipe } = recorded;
  const { width, height } = seenShape(dataset, recipe.input);
  const networkOf = (isCustom: boolean): string => (isCustom ? "custom" : "the recipe's");
  const { name: recipeName, ...fields } = givenFields(options.recipe);
  const settings: readonly (readonly [name: string, now: string | number | undefined, then: string | number])[] = [
    ["network", networkOf(options.network !== undefined), networkOf(recorded.network === "custom")],
    ["recipe", recipeName, recipe.name],
    ...changedFields(fields, recipe).map(
      (field) => [`recipe's ${field}`, valueText(fields[field]), valueText(recipe[field])] as const,
    ),
    ["init", options.init && resolve(options.init), recorded.init?.run ?? "none"],
    ["batch", options.batch, recorded.batch],
    ["seed", options.seed, recorded.seed],
    ["size", options.size && `${options.size.width} x ${options.size.height}`, `${width} x ${height}`],
    ["labels", options.labels?.join(","), dataset.labels.join(",")],
    ["split", options.split?.join(","), sharesOf(dataset)],
  ];
  const changed = settings.find(([, now, then]) => now !== undefined && now !== then);
  const [name, now, then] =
    changed ??
    (options.epochs !== undefined && options.epochs < recorded.epochs
      ? ["epochs", options.epochs, `at least ${recorded.epochs}`]
      : []);
  if (name === undefined) return;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected the ${name} that the run in ${options.run} started with, ${then}, but received ${now}`,
    name === "network"
      ? "Resume with train() of @silhouette/trainer and the network that the run started with."
      : "Omit the option to resume, or train again in another folder.",
  );
}

type RecipeField = Exclude<keyof Recipe, "name">;

/** The fields that `recipe` has other values of. */
function changedFields(fields: RecipeChoice, recipe: Recipe): readonly RecipeField[] {
  return (Object.keys(fields) as RecipeField[]).filter((field) => !isDeepStrictEqual(fields[field], recipe[field]));
}
