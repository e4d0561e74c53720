// The options that training commands share, each with its environment variable.

import { PREPARE_DEFAULTS, RECIPES, TRAIN_DEFAULTS } from "@silhouette/trainer/light";
import { Option, type Command } from "commander";

import {
  backendOption,
  fromEnvironment,
  inputOption,
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
 * Adds the options that determine a training.
 *
 * @param seeded what the seed determines
 */
export function addTrainingOptions(command: Command, seeded: string): Command {
  const { article, ...others } = RECIPES;
  const { epochs, batch, size } = others[TRAIN_DEFAULTS.recipe as "compact"];
  const options = [
    new Option(
      "--epochs <N>",
      `number of passes over the training pictures (default: ${epochs}; article: ${article.epochs})`,
    ).argParser(parseWhole),
    new Option("--batch <N>", `pictures per training step (default: ${batch})`).argParser(parseWhole),
    new Option(
      "--size <N|WxH>",
      `width and height of the pictures, in pixels, for folders (default: ${size.width}; article: ${article.size.width})`,
    ).argParser(parseSize),
    new Option(
      "--labels <a,b,c>",
      "class names in the order of their one-hot labels, for folders (default: alphabetical)",
    ).argParser(parseLabels),
    new Option("--seed <N>", `seed of ${seeded} (default: ${TRAIN_DEFAULTS.seed})`).argParser(parseWhole),
    new Option(
      "--network <MODULE>",
      "your own network: a .ts, .js or .mjs file whose default export builds it (default: the recipe's)",
    ),
    new Option("--config <FILE>", "configuration (default: silhouette.config.ts, .js, .mjs or .json)"),
  ];
  for (const option of [recipeOption(TRAIN_DEFAULTS.recipe), inputOption(), ...options]) {
    command.addOption(fromEnvironment(option));
  }
  return command
    .addOption(backendOption())
    .addOption(
      new Option("--print-config", "print all settings as a silhouette.config.json, and do nothing else").conflicts([
        "json",
      ]),
    )
    .option("--json", "print one JSON event per line on stdout");
}

/** `--split`, for the command that draws splits. */
export function splitOption(): Option {
  const { split } = PREPARE_DEFAULTS;
  return fromEnvironment(
    new Option("--split <train,val,test>", `shares of drawn splits, for folders (default: ${split.join()})`),
  ).argParser(parseSplit);
}

/** Ends the command as if Commander had missed the source, which a configuration may give. */
export function expectSource(source: string | undefined, command: Command): asserts source is string {
  if (source !== undefined) return;
  const [argument] = command.registeredArguments;
  command.error(`error: missing required argument '${argument?.name()}'`, { code: "commander.missingArgument" });
}
