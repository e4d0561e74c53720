// `silhouette lr-find`: finds a learning rate by a range test.

import { Command } from "commander";

import { defaultOut } from "../command-line/default-out.ts";
import { OPTIONAL_SOURCE, optionalSourceOf } from "../command-line/source-argument.ts";
import {
  addOutputOptions,
  addTrainingOptions,
  CONFIGURATION_HELP,
  expectSource,
  freezeOption,
  initOption,
  splitOption,
} from "../command-line/training-options.ts";
import type { TrainingFlags } from "../configuration/settings.ts";
import { loaded } from "../outcome/libraries.ts";
import type { Report } from "../report/events.ts";

/** The command, which reports to `report`; `signal` stops it. */
export function lrFindCommand(report: Report, signal: AbortSignal): Command {
  const command = new Command("lr-find")
    .summary("find a learning rate, and draw the loss over it")
    .description(
      "Trains up to 100 steps at learning rates that grow from 0.000001 to 1, and suggests the rate in the middle of the longest " +
        "descent of the loss. The network is not kept: the folder receives learning-rates.png and learning-rates.csv only.",
    )
    .argument(
      OPTIONAL_SOURCE,
      "folder of photographs, one subfolder per class, or a dataset (default: the configuration's)",
    )
    .option("--out <FOLDER>", "folder of plot and table (default: runs/<name of FOLDER or FILE>-lr-find)");
  addTrainingOptions(command, "weights, order, augmentation and dropout", false);
  command.addOption(splitOption()).addOption(initOption()).addOption(freezeOption());
  addOutputOptions(command);
  return command
    .addHelpText("after", `\n${CONFIGURATION_HELP}\n\nExample:\n  silhouette lr-find photos --recipe levels`)
    .action(async (sources: readonly string[], flags: TrainingFlags) => {
      const named = optionalSourceOf(sources, command);
      const { alsoFrom, settingsFrom } = await loaded(import("../configuration/settings.ts"));
      const { settings: configured, file } = await settingsFrom(named, flags, report);
      // A configuration is for trainings, too: a range test has no epochs, and its results have a folder of their own.
      const { source, out: _run, epochs: _epochs, folds: _folds, thumbnails: _thumbnails, ...settings } = configured;
      if (flags.printConfig === true) {
        const { printConfig } = await loaded(import("../configuration/print-config.ts"));
        await printConfig({ ...(source !== undefined && { source }), ...settings });
        return;
      }
      expectSource(source, command);
      const { out = defaultOut(source, "-lr-find") } = flags;
      const begin = performance.now();
      const { learningRatePlot } = await loaded(import("@silhouette/report"));
      const { checkLearningRatesFolder, writeLearningRates } = await loaded(import("@silhouette/trainer/runs"));
      await checkLearningRatesFolder(out);
      const { inThread } = await loaded(import("./training-thread.ts"));
      const findLearningRate = await inThread("findLearningRate", signal);
      const rates = await findLearningRate({ source, ...settings }, report).catch((error: unknown) => {
        throw alsoFrom(file, error);
      });
      const { config, points, suggestion } = rates;
      await writeLearningRates(out, points, await learningRatePlot(rates));
      report({
        type: "done",
        command: "lr-find",
        out,
        suggestion: suggestion?.rate ?? null,
        learningRate: config.recipe.learningRate,
        steps: points.length,
        seconds: (performance.now() - begin) / 1000,
      });
    });
}
