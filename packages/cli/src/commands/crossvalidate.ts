// `silhouette crossvalidate`: tests a recipe on all pictures, each by a network that was trained on others.

import type { BackendChoice, CrossValidateEvent, InputKind, RecipeName } from "@silhouette/trainer";
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
import { commandLine } from "../command-line/called-as.ts";
import { defaultOut } from "../command-line/default-out.ts";
import { Stopped } from "../outcome/stopped.ts";
import { inThread } from "./training-thread.ts";

/** Options of the command line, parsed. */
interface CrossValidateFlags {
  readonly json?: boolean;
  readonly folds?: number;
  readonly out?: string;
  readonly resume?: boolean;
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
        "than that of a small test split.\n\nThe folder receives metrics.json and predictions.csv as folds end. Ctrl-C keeps the folds " +
        "that are done; --resume continues with the next one.",
    )
    .argument("<FOLDER|FILE.arrow>", "folder of photographs, one subfolder per class, or a dataset")
    .option("--folds <N>", `number of folds (default: ${CROSS_VALIDATE_DEFAULTS.folds})`, parseWhole)
    .option("--out <FOLDER>", "folder of the results: empty or new (default: runs/<name of FOLDER or FILE>-folds)")
    .option("--resume", "continue with the next fold, with the settings that it began with")
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
    .action(
      async (
        source: string,
        { json: _json, out = defaultOut(source, "-folds"), recipe: name, input, ...flags }: CrossValidateFlags,
      ) => {
        const begin = performance.now();
        const crossValidate = await inThread("crossValidate", signal);
        let hasBegun = flags.resume === true;
        const onEvent = (event: CrossValidateEvent): void => {
          // From here on, there is something to continue.
          if (event.type === "fold") hasBegun = true;
          report(event);
        };
        const settings = { source, out, ...flags, ...recipeChoice({ recipe: name, input }) };
        const { folds, metrics } = await crossValidate(settings, onEvent).catch((error: unknown) => {
          if (error instanceof Stopped && hasBegun) {
            const next = commandLine(["crossvalidate", { path: source }, "--out", { path: out }, "--resume"]);
            error.hint = `The folds that are done are kept. To continue with the next one: ${next}`;
          }
          throw error;
        });
        report({
          type: "done",
          command: "crossvalidate",
          out,
          folds,
          ...metrics,
          seconds: (performance.now() - begin) / 1000,
        });
      },
    );
}
