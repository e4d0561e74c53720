// `silhouette lr-find`: finds a learning rate by a range test.

import type { BackendChoice, InputKind, RecipeName, SplitFractions } from "@silhouette/trainer";
import { PREPARE_DEFAULTS, RECIPES, TRAIN_DEFAULTS } from "@silhouette/trainer/light";
import { Command } from "commander";

import {
  backendOption,
  inputOption,
  parseLabels,
  parseSize,
  parseSplit,
  parseWhole,
  recipeOption,
} from "../command-line/arguments.ts";
import { defaultOut } from "../command-line/default-out.ts";
import { loaded } from "../outcome/libraries.ts";
import type { Report } from "../report/events.ts";
import { inThread } from "./training-thread.ts";

/** Options of the command line, parsed. */
interface LrFindFlags {
  readonly json?: boolean;
  readonly out?: string;
  readonly backend?: BackendChoice;
  readonly recipe?: RecipeName;
  readonly input?: InputKind;
  readonly batch?: number;
  readonly size?: { readonly width: number; readonly height: number };
  readonly labels?: readonly string[];
  readonly split?: SplitFractions;
  readonly seed?: number;
}

/** The command, which reports to `report`; `signal` stops it. */
export function lrFindCommand(report: Report, signal: AbortSignal): Command {
  const { recipe, seed } = TRAIN_DEFAULTS;
  return new Command("lr-find")
    .summary("find a learning rate, and draw the loss over it")
    .description(
      "Trains up to 100 steps at learning rates that grow from 0.000001 to 1, and suggests the rate in the middle of the longest " +
        "descent of the loss. The network is not kept: the folder receives learning-rates.png and learning-rates.csv only.",
    )
    .argument("<FOLDER|FILE.arrow>", "folder of photographs, one subfolder per class, or a dataset")
    .option("--out <FOLDER>", "folder of plot and table (default: runs/<name of FOLDER or FILE>-lr-find)")
    .addOption(backendOption())
    .addOption(recipeOption(recipe))
    .addOption(inputOption())
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
    .option(
      "--split <train,val,test>",
      `shares of drawn splits, for folders (default: ${PREPARE_DEFAULTS.split.join()})`,
      parseSplit,
    )
    .option("--seed <N>", `seed of weights, order, augmentation and dropout (default: ${seed})`, parseWhole)
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText("after", "\nExample:\n  silhouette lr-find photos --recipe levels")
    .action(async (source: string, { json: _json, out = defaultOut(source, "-lr-find"), ...flags }: LrFindFlags) => {
      const begin = performance.now();
      const { learningRatePlot } = await loaded(import("@silhouette/report"));
      const { writeLearningRates } = await loaded(import("@silhouette/trainer"));
      const findLearningRate = await inThread("findLearningRate", signal);
      const rates = await findLearningRate({ source, ...flags }, report);
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
