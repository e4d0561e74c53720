// The options that training commands share, each with its environment variable.

import type { NamedRecipe } from "@silhouette/trainer";
import { PREPARE_DEFAULTS, RANGES, RECIPES, TRAIN_DEFAULTS } from "@silhouette/trainer/light";
import { Option, type Command } from "commander";

import {
  backendOption,
  fromEnvironment,
  inputOption,
  leaveOutOption,
  parseLabels,
  parseSize,
  parseSplit,
  parseWhole,
  recipeOption,
} from "./arguments.ts";

/** What `--help` says of the configuration. */
export const CONFIGURATION_HELP =
  "Settings come from the command line, then from the environment, then from\n" +
  "silhouette.config.ts, .js, .mjs or .json in the current folder, where paths are\n" +
  "relative to the file; what none of them sets is the recipe's. The config.json of\n" +
  "a run repeats it.";

/**
 * Adds the options that determine what a network learns from, and how.
 *
 * @param seeded what the seed determines
 * @param hasEpochs whether the command trains to the end
 */
export function addTrainingOptions(command: Command, seeded: string, hasEpochs = true): void {
  const { article } = RECIPES;
  const { epochs, batch, size }: NamedRecipe = RECIPES[TRAIN_DEFAULTS.recipe];
  const options = [
    recipeOption(TRAIN_DEFAULTS.recipe),
    inputOption(),
    ...(hasEpochs
      ? [
          new Option(
            "--epochs <N>",
            `number of passes over the training pictures (default: ${epochs}; article: ${article.epochs})`,
          ).argParser(parseWhole(RANGES.epochs)),
        ]
      : []),
    new Option("--batch <N>", `pictures per training step (default: ${batch})`).argParser(parseWhole(RANGES.batch)),
    new Option(
      "--size <N|WxH>",
      `width and height of the pictures, in pixels, for folders (default: ${size.width}; article: ${article.size.width})`,
    ).argParser(parseSize),
    new Option(
      "--labels <a,b,c>",
      "class names in the order of their one-hot labels, for folders (default: alphabetical)",
    ).argParser(parseLabels),
    leaveOutOption(),
    new Option("--seed <N>", `seed of ${seeded} (default: ${TRAIN_DEFAULTS.seed})`).argParser(parseWhole(RANGES.seed)),
    new Option(
      "--network <MODULE>",
      "your own network: a .ts, .js or .mjs file whose default export builds it (default: the recipe's)",
    ),
    new Option("--config <FILE>", "configuration (default: silhouette.config.ts, .js, .mjs or .json)"),
  ];
  for (const option of options) command.addOption(fromEnvironment(option));
  command.addOption(backendOption());
}

/** Adds the options of what training commands print. */
export function addOutputOptions(command: Command): void {
  command
    .addOption(
      new Option("--print-config", "print all settings as a silhouette.config.json, and do nothing else").conflicts([
        "json",
      ]),
    )
    .option("--json", "print one JSON event per line on stdout");
}

/** `--init`, for commands with a single training. */
export function initOption(): Option {
  return fromEnvironment(
    new Option("--init <RUN>", "start from the weights of another run's model; other classes get a new last layer"),
  );
}

/** `--freeze`, which needs `--init`. */
export function freezeOption(): Option {
  return fromEnvironment(
    new Option(
      "--freeze <N>",
      "keep the weights of the first N blocks, with --init: a block is a convolution or dense layer with what follows it",
    ),
  ).argParser(parseWhole(RANGES.freeze));
}

/** `--split`, for the command that draws splits. */
export function splitOption(): Option {
  const { split } = PREPARE_DEFAULTS;
  return fromEnvironment(
    new Option("--split <train,val,test>", `shares of drawn splits, for folders (default: ${split.join()})`),
  ).argParser(parseSplit);
}

/** `--no-thumbnails`, for commands that keep a dataset. */
export function noThumbnailsOption(): Option {
  return new Option("--no-thumbnails", "keep no thumbnails of the photographs, which reports show, for folders");
}

/** Its opposite, for a configuration that keeps none. */
export function thumbnailsOption(): Option {
  return new Option("--thumbnails").hideHelp();
}

/** Ends the command as if Commander had missed the source, which a configuration may give. */
export function expectSource(source: string | undefined, command: Command): asserts source is string {
  if (source !== undefined) return;
  const [argument] = command.registeredArguments;
  command.error(`error: missing required argument '${argument?.name()}'`, { code: "commander.missingArgument" });
}
