// `silhouette crossvalidate`: tests a recipe on all pictures, each by a network that was trained on others.

import type { BackendChoice, InputKind, RecipeName } from "@silhouette/trainer";
import { CROSS_VALIDATE_DEFAULTS, RECIPES, TRAIN_DEFAULTS } from "@silhouette/trainer/light";
import { Command } from "commander";

import {
  backendOption,
  inputOption,
  parseLabels,
  parseSize,
  parseWhole,
  recipeChoice,
  recipeOption,
} from "../command-line/arguments.ts";
import type { Report } from "../report/events.ts";
import { inThread } from "./training-thread.ts";

/** Options of the command line, parsed. */
interface CrossValidateFlags {
  readonly json?: boolean;
  readonly folds?: number;
  readonly backend?: BackendChoice;
  readonly recipe?: RecipeName;
  readonly input?: InputKind;
  readonly epochs?: number;
  readonly batch?: number;
  readonly size?: { readonly width: number; readonly height: number };
  readonly labels?: readonly string[];
  readonly seed?: number;
}

/** The command, which reports to `report`; `signal` stops it. */
export function crossValidateCommand(report: Report, signal: AbortSignal): Command {
  const { recipe, seed } = TRAIN_DEFAULTS;
  return new Command("crossvalidate")
    .summary("test a recipe on all pictures, by cross-validation")
    .description(
      "Divides the pictures into folds, with each class spread evenly and copies of a picture in the same fold. For each fold a network " +
        "is trained on the others and tested on the fold, so that every picture is tested once: the accuracy has a narrower interval " +
        "than that of a small test split. Writes nothing.",
    )
    .argument("<FOLDER|FILE.arrow>", "folder of photographs, one subfolder per class, or a dataset")
    .option("--folds <N>", `number of folds (default: ${CROSS_VALIDATE_DEFAULTS.folds})`, parseWhole)
    .addOption(backendOption())
    .addOption(recipeOption(recipe))
    .addOption(inputOption())
    .option(
      "--epochs <N>",
      `number of passes over the training pictures (default: ${RECIPES[recipe].epochs})`,
      parseWhole,
    )
    .option("--batch <N>", `pictures per training step (default: ${RECIPES[recipe].batch})`, parseWhole)
    .option(
      "--size <N|WxH>",
      `width and height of the pictures, in pixels, for folders (default: ${RECIPES[recipe].size.width})`,
      parseSize,
    )
    .option(
      "--labels <a,b,c>",
      "class names in the order of their one-hot labels, for folders (default: alphabetical)",
      parseLabels,
    )
    .option("--seed <N>", `seed of folds, weights, order, augmentation and dropout (default: ${seed})`, parseWhole)
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText("after", "\nExample:\n  silhouette crossvalidate photos --folds 3 --recipe levels")
    .action(async (source: string, { json: _json, recipe: name, input, ...flags }: CrossValidateFlags) => {
      const begin = performance.now();
      const crossValidate = await inThread("crossValidate", signal);
      const { folds, metrics } = await crossValidate(
        { source, ...flags, ...recipeChoice({ recipe: name, input }) },
        report,
      );
      report({
        type: "done",
        command: "crossvalidate",
        folds,
        ...metrics,
        seconds: (performance.now() - begin) / 1000,
      });
    });
}
