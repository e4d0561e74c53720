// `silhouette crossvalidate`: tests a recipe on all pictures, each by a network that was trained on others.

import { CROSS_VALIDATE_DEFAULTS } from "@silhouette/trainer/light";
import { Command, Option } from "commander";

import { fromEnvironment, parseWhole } from "../command-line/arguments.ts";
import { addTrainingOptions, CONFIGURATION_HELP, expectSource } from "../command-line/training-options.ts";
import type { TrainingFlags } from "../configuration/settings.ts";
import { loaded } from "../outcome/libraries.ts";
import type { Report } from "../report/events.ts";

/** The command, which reports to `report`; `signal` stops it. */
export function crossValidateCommand(report: Report, signal: AbortSignal): Command {
  const command = new Command("crossvalidate")
    .summary("test a recipe on all pictures, by cross-validation")
    .description(
      "Divides the pictures into folds, with each class spread evenly and copies of a picture in the same fold. For each fold a network " +
        "is trained on the others and tested on the fold, so that every picture is tested once: the accuracy has a narrower interval " +
        "than that of a small test split. Writes nothing.",
    )
    .argument(
      "[FOLDER|FILE.arrow]",
      "folder of photographs, one subfolder per class, or a dataset (default: the configuration's)",
    )
    .addOption(
      fromEnvironment(
        new Option("--folds <N>", `number of folds (default: ${CROSS_VALIDATE_DEFAULTS.folds})`).argParser(parseWhole),
      ),
    );
  return addTrainingOptions(command, "folds, weights, order, augmentation and dropout")
    .addHelpText(
      "after",
      `\n${CONFIGURATION_HELP}\n\nExample:\n  silhouette crossvalidate photos --folds 3 --recipe levels`,
    )
    .action(async (named: string | undefined, flags: TrainingFlags) => {
      const { alsoFrom, settingsFrom } = await loaded(import("../configuration/settings.ts"));
      const { settings: configured, file } = await settingsFrom(named, flags, report);
      // A configuration is for trainings, too: folds replace splits, and nothing is written.
      const { source, out: _out, split: _split, ...settings } = configured;
      if (flags.printConfig === true) {
        const { folds = CROSS_VALIDATE_DEFAULTS.folds } = settings;
        const { completeConfig } = await loaded(import("../configuration/print-config.ts"));
        const config = await completeConfig({ ...(source !== undefined && { source }), ...settings, folds });
        process.stdout.write(`${JSON.stringify(config, undefined, 2)}\n`);
        return;
      }
      expectSource(source, command);
      const begin = performance.now();
      const { inThread } = await loaded(import("./training-thread.ts"));
      const crossValidate = await inThread("crossValidate", signal);
      const { folds, metrics } = await crossValidate({ source, ...settings }, report).catch((error: unknown) => {
        throw alsoFrom(file, error);
      });
      report({
        type: "done",
        command: "crossvalidate",
        folds,
        ...metrics,
        seconds: (performance.now() - begin) / 1000,
      });
    });
}
