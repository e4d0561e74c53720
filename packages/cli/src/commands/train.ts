// `silhouette train`: trains a classifier on photographs or a dataset, into a run folder.

import { basename, join, resolve } from "node:path";

import type { BackendChoice, InputKind, RecipeName, SplitFractions, TrainEvent } from "@silhouette/trainer";
import { PREPARE_DEFAULTS, RECIPES, TRAIN_DEFAULTS, writeWhole } from "@silhouette/trainer/light";
import { Command } from "commander";

import {
  backendOption,
  inputOption,
  parseLabels,
  parseSize,
  parseSplit,
  parseWhole,
  recipeChoice,
  recipeOption,
} from "../command-line/arguments.ts";
import { commandLine } from "../command-line/called-as.ts";
import type { Report } from "../report/events.ts";
import { loaded } from "../outcome/libraries.ts";
import { Stopped } from "../outcome/stopped.ts";
import { inThread } from "./training-thread.ts";

/** Options of the command line, parsed. */
interface TrainFlags {
  readonly json?: boolean;
  readonly out?: string;
  readonly backend?: BackendChoice;
  readonly recipe?: RecipeName;
  readonly input?: InputKind;
  readonly epochs?: number;
  readonly batch?: number;
  readonly size?: { readonly width: number; readonly height: number };
  readonly labels?: readonly string[];
  readonly split?: SplitFractions;
  readonly seed?: number;
  readonly init?: string;
  readonly freeze?: number;
  readonly resume?: boolean;
}

/** The command, which reports to `report`; `signal` stops it, with a checkpoint. */
export function trainCommand(report: Report, signal: AbortSignal): Command {
  const { recipe, seed } = TRAIN_DEFAULTS;
  const { epochs, batch, size } = RECIPES[recipe];
  const { split } = PREPARE_DEFAULTS;
  return new Command("train")
    .summary("train a classifier on photographs or a dataset, and test it")
    .description(
      "Trains a convolutional network. The recipe sets the network, the pictures and the training: compact is a small network on " +
        "silhouettes that are augmented anew at each step; levels is the same on three levels instead of black and white; " +
        "article is the network and training of the reference article. Photographs are first prepared as by silhouette " +
        "prepare. The network is then tested on the test pictures, which it has never seen.\n\nThe run folder holds config.json, history.json, " +
        "model/, model-best/ of the epoch with the lowest validation loss, metrics.json with the confusion matrix, " +
        "predictions.csv, predictions.png and checkpoints/. Ctrl-C saves a checkpoint; --resume " +
        "continues from it.",
    )
    .argument("<FOLDER|FILE.arrow>", "folder of photographs, one subfolder per class, or a dataset")
    .option("--out <RUN>", "run folder: empty or new (default: runs/<name of FOLDER or FILE>)")
    .addOption(backendOption())
    .addOption(recipeOption(recipe))
    .addOption(inputOption())
    .option(
      "--epochs <N>",
      `number of passes over the training pictures (default: ${epochs}; article: ${RECIPES.article.epochs})`,
      parseWhole,
    )
    .option("--batch <N>", `pictures per training step (default: ${batch})`, parseWhole)
    .option(
      "--size <N|WxH>",
      `width and height of the pictures, in pixels, for folders (default: ${size.width}; article: ${RECIPES.article.size.width})`,
      parseSize,
    )
    .option(
      "--labels <a,b,c>",
      "class names in the order of their one-hot labels, for folders (default: alphabetical)",
      parseLabels,
    )
    .option("--split <train,val,test>", `shares of drawn splits, for folders (default: ${split.join()})`, parseSplit)
    .option("--seed <N>", `seed of weights, order, augmentation and dropout (default: ${seed})`, parseWhole)
    .option("--init <RUN>", "start from the weights of another run's model; other classes get a new last layer")
    .option(
      "--freeze <N>",
      "keep the weights of the first N blocks, with --init: a block is a convolution or dense layer with what follows it",
      parseWhole,
    )
    .option("--resume", "continue from the run's last checkpoint, with its settings; --epochs may be higher")
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  silhouette train photos --labels car,bus,motorcycle\n  silhouette train photos.arrow --out runs/second --epochs 80 --seed 7\n" +
        "  silhouette train photos --resume\n  silhouette train birds --init runs/photos --freeze 3",
    )
    .action(async (source: string, flags: TrainFlags) => {
      await runTrain(source, flags, report, signal);
    });
}

async function runTrain(source: string, flags: TrainFlags, report: Report, signal: AbortSignal): Promise<void> {
  const { predictionSheet } = await loaded(import("@silhouette/report"));
  const { out, json: _json, recipe, input, freeze, ...given } = flags;
  const run = out ?? `runs/${basename(resolve(source)).replace(/\.arrow$/, "")}`;
  const train = await inThread("train", signal);
  const begin = performance.now();
  let hasBegun = flags.resume === true;
  const onEvent = (event: TrainEvent): void => {
    // From here on, there is a run that can be resumed.
    if (event.type === "plan") hasBegun = true;
    report(event);
  };
  const settings = { source, run, ...given, ...recipeChoice({ recipe, input, freeze }) };
  const { predictions, config, size, bestEpoch, metrics } = await train(settings, onEvent).catch((error: unknown) => {
    if (error instanceof Stopped && hasBegun) {
      const next = commandLine(["train", { path: source }, "--out", { path: run }, "--resume"]);
      error.hint = `To continue from there: ${next}`;
    }
    throw error;
  });
  const sheet = join(run, "predictions.png");
  await writeWhole(sheet, "the sheet of predictions", [
    await predictionSheet(predictions, { ...size, labels: config.dataset.labels }),
  ]);
  report({
    type: "done",
    command: "train",
    run,
    sheet,
    next: nextOf(run, source, predictions[0]?.path),
    bestEpoch,
    ...metrics,
    seconds: (performance.now() - begin) / 1000,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  });
}

/** What to try with a run: predict one of its test pictures, or evaluate its dataset, which has no files to name. */
function nextOf(run: string, source: string, picture: string | undefined): string {
  if (picture === undefined || source.endsWith(".arrow"))
    return commandLine(["evaluate", { path: run }, { path: source }]);
  return commandLine(["predict", { path: run }, { path: join(source, picture) }]);
}
