// The interface of a training: options with their checks, events, and the summary.

import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { callback, checkArgument, filePath, flag, optional, optionsOf, splitShares } from "../values/arguments.ts";
import { isDatasetFile } from "../dataset/dataset-name.ts";
import { sharesOf } from "../dataset/format.ts";
import { TrainerError } from "../values/errors.ts";
import type { SessionEvent, TrainingResult } from "../training/session.ts";
import { SHORTEST_SIDE } from "../network/reference-network.ts";
import { leaveOutTexts } from "../dataset/leave-out.ts";
import { seenShape } from "../dataset/network-input.ts";
import { SHORTEST_COMPACT_SIDE } from "../network/compact-network.ts";
import { TRAIN_DEFAULTS } from "../training/defaults.ts";
import type { Recipe } from "../training/recipe.ts";
import { chosenRecipe, givenFields, valueText, type RecipeChoice } from "../training/recipe-choice.ts";
import type { InitEvent } from "./initial-run.ts";
import type { Resolved } from "./files/leave-out-list.ts";
import type { PrepareEvent } from "./photographs/prepare-events.ts";
import type { ReadingEvent } from "./reading-event.ts";
import { checkFrozen, type RunConfig } from "../training/run-config.ts";
import type { SplitFractions } from "../dataset/split.ts";
import { checkTestedSplit, TRAINING_SETTINGS, type TrainingSettings } from "./training-settings.ts";

/** Options for {@link train}. */
export interface TrainOptions extends TrainingSettings {
  /**
   * The run folder: it must be empty, not exist yet, or contain a run without a first checkpoint; with `resume`, the run to
   * resume. While a process trains, no other can train in the same folder.
   */
  readonly run: string;
  /**
   * Fractions for train, val and test, for folders that do not define all splits; test must be above 0. Default 0.8, 0.1, 0.1.
   */
  readonly split?: SplitFractions;
  /** Whether the run's own dataset keeps a thumbnail of each photograph, for reports; for folders. Default true. */
  readonly thumbnails?: boolean;
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
  /** Called for each event, in order. */
  readonly onEvent?: (event: TrainEvent) => void;
}

/** Events that {@link train} emits while it works. */
export type TrainEvent =
  | PrepareEvent
  | ReadingEvent
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

const OPTIONS = optionsOf<TrainOptions>({
  ...TRAINING_SETTINGS,
  run: filePath,
  split: optional(splitShares),
  thumbnails: optional(flag),
  init: optional(filePath),
  resume: optional(flag),
  onEvent: optional(callback),
});

export function checkOptions(options: TrainOptions): void {
  checkArgument("train()", "options", OPTIONS, options);
  checkSettings(options);
  const { split, resume, recipe, init, network } = options;
  if (split !== undefined) checkTestedSplit(split);
  if (resume === true) return;
  const named = chosenRecipe(recipe, TRAIN_DEFAULTS.recipe);
  checkFrozen(named.recipe, { isStarted: init !== undefined, isCustom: network !== undefined });
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for a recipe or a size that nothing can be trained with */
export function checkSettings({
  source,
  recipe: choice,
  size,
  network,
  init,
  resume = false,
}: TrainingSettings & Pick<TrainOptions, "init" | "resume">): void {
  const named = chosenRecipe(choice, TRAIN_DEFAULTS.recipe);
  const shortest = named.network === "reference" ? SHORTEST_SIDE : SHORTEST_COMPACT_SIDE;
  const isTooSmall = size !== undefined && Math.min(size.width, size.height) < shortest;
  // The network of an imported run may be for smaller pictures than the recipe's.
  const isRecipes = network === undefined && init === undefined && !resume;
  if (isTooSmall && isRecipes && !isDatasetFile(source)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a size of at least ${shortest} x ${shortest} pixels, but received ${size.width} x ${size.height}`,
      `The pooling layers of the recipe ${named.recipe.name} reduce smaller pictures to nothing: use larger ones.`,
    );
  }
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for settings that differ from those that the run started with */
export function checkUnchanged(options: Resolved<TrainOptions>, recorded: RunConfig): void {
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
    ["files to leave out", ...(options.leaveOut ? leaveOutTexts(options.leaveOut, recorded.leaveOut) : NO_LISTS)],
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
      ? "Resume with the network that the run started with: --network MODULE of the command, or the option network of train()."
      : "Omit the option to resume, or train again in another folder.",
  );
}

/** Nothing to compare. */
const NO_LISTS = [undefined, ""] as const;

type RecipeField = Exclude<keyof Recipe, "name">;

/** The fields that `recipe` has other values of. */
function changedFields(fields: RecipeChoice, recipe: Recipe): readonly RecipeField[] {
  return (Object.keys(fields) as RecipeField[]).filter((field) => !isDeepStrictEqual(fields[field], recipe[field]));
}
