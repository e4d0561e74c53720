// `silhouette train`: trains a classifier on photographs or a dataset, into a run folder.

import { join, relative } from "node:path";

import type { ReportOptions } from "@silhouette/report";
import type { SplitFractions, TrainEvent } from "@silhouette/trainer";
import { isDatasetFile, writeWhole } from "@silhouette/trainer/light";
import { Command, Option } from "commander";

import { fromEnvironment } from "../command-line/arguments.ts";
import { commandLine } from "../command-line/called-as.ts";
import { defaultOut } from "../command-line/default-out.ts";
import { OPTIONAL_SOURCE, optionalSourceOf } from "../command-line/source-argument.ts";
import {
  addOutputOptions,
  addTrainingOptions,
  CONFIGURATION_HELP,
  expectSource,
  freezeOption,
  initOption,
  noThumbnailsOption,
  splitOption,
  thumbnailsOption,
} from "../command-line/training-options.ts";
import type { TrainingFlags } from "../configuration/settings.ts";
import type { Report } from "../report/events.ts";
import { loaded } from "../outcome/libraries.ts";
import { outcomeOf } from "../outcome/outcome.ts";
import { Stopped } from "../outcome/stopped.ts";
import { writeReport } from "./report.ts";
import type { Settings, TrainingThread } from "./training-thread.ts";

/** Options of the command line, parsed. */
interface TrainFlags extends TrainingFlags {
  readonly split?: SplitFractions;
  readonly thumbnails?: boolean;
  readonly resume?: boolean;
  readonly dryRun?: boolean;
}

/** The command, which reports to `report`; `signal` stops it, with a checkpoint. */
export function trainCommand(report: Report, signal: AbortSignal): Command {
  const command = new Command("train")
    .summary("train a classifier on photographs or a dataset, and test it")
    .description(
      "Trains a convolutional network. The recipe sets the network, the pictures and the training: compact is a small network on " +
        "silhouettes that are augmented anew at each step; levels is the same on three levels instead of black and white; " +
        "article is the network and training of the reference article. Photographs are first prepared as by silhouette " +
        "prepare. The network is then tested on the test pictures, which it has never seen.\n\nThe run folder holds config.json, history.json, " +
        "model/, model-best/ of the epoch with the lowest validation loss, metrics.json with the confusion matrix, " +
        "predictions.csv, predictions.png, report.html and checkpoints/. Ctrl-C saves a checkpoint; --resume " +
        "continues from it.",
    )
    .argument(
      OPTIONAL_SOURCE,
      "folder of photographs, one subfolder per class, or a dataset (default: the configuration's)",
    )
    .addOption(
      fromEnvironment(new Option("--out <RUN>", "run folder: empty or new (default: runs/<name of FOLDER or FILE>)")),
    );
  addTrainingOptions(command, "weights, order, augmentation and dropout");
  command
    .addOption(splitOption())
    .addOption(thumbnailsOption())
    .addOption(noThumbnailsOption())
    .addOption(initOption())
    .addOption(freezeOption())
    .addOption(
      new Option(
        "--resume",
        "continue from the run's last checkpoint, with its settings; --epochs may be higher",
      ).conflicts(["printConfig"]),
    )
    .addOption(
      new Option(
        "--dry-run",
        "check everything up to the first step, and write nothing: the photographs of a folder are found and counted, not opened",
      ).conflicts(["printConfig", "resume"]),
    );
  addOutputOptions(command);
  return command
    .addHelpText(
      "after",
      `\n${CONFIGURATION_HELP}\n\nExamples:\n  silhouette train photos --labels car,bus,motorcycle\n` +
        "  silhouette train photos.arrow --out runs/second --epochs 80 --seed 7\n  silhouette train photos --resume\n" +
        "  silhouette train birds --init runs/photos --freeze 3\n" +
        "  silhouette train --config runs/photos/config.json --out runs/again",
    )
    .action(async (sources: readonly string[], flags: TrainFlags) => {
      await runTrain(optionalSourceOf(sources, command), flags, command, report, signal);
    });
}

async function runTrain(
  named: string | undefined,
  { resume = false, dryRun = false, ...flags }: TrainFlags,
  command: Command,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const { settingsFrom } = await loaded(import("../configuration/settings.ts"));
  const { settings: configured, file } = await settingsFrom(named, flags, report);
  const { source, folds: _folds, ...others } = configured;
  const out = others.out ?? (source === undefined ? undefined : defaultOut(source));
  if (flags.printConfig === true) {
    const { printConfig } = await loaded(import("../configuration/print-config.ts"));
    await printConfig({ ...(source !== undefined && { source }), ...others, ...(out !== undefined && { out }) });
    return;
  }
  expectSource(source, command);
  const run = out ?? defaultOut(source);
  const { out: _out, ...given } = others;
  if (dryRun) {
    await planInto(run, { source, run, ...given }, { file, report, signal });
    return;
  }
  await trainInto(run, { source, run, ...given, ...(resume && { resume }) }, { file, report, signal });
}

/** What training has besides its settings. */
interface Control {
  /** The configuration file, if there is one. */
  readonly file: string | undefined;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** `--dry-run`: everything up to the first step. */
async function planInto(
  run: string,
  settings: Settings<"planTraining">,
  { file, report, signal }: Control,
): Promise<void> {
  const { alsoFrom } = await loaded(import("../configuration/settings.ts"));
  const { inThread } = await loaded(import("./training-thread.ts"));
  const planTraining = await inThread("planTraining", signal);
  await planTraining(settings, report).catch((error: unknown) => {
    throw alsoFrom(file, error);
  });
  report({ type: "done", command: "train", run, isDryRun: true });
}

/** Trains a run, and writes its sheet of predictions and its report. */
export async function trainInto(run: string, settings: Settings<"train">, control: Control): Promise<void> {
  const { startThread } = await loaded(import("./training-thread.ts"));
  const thread = await startThread(control.signal);
  try {
    await trainIn(thread, run, settings, control);
  } finally {
    thread.end();
  }
}

async function trainIn(
  thread: TrainingThread,
  run: string,
  settings: Settings<"train">,
  { file, report, signal }: Control,
): Promise<void> {
  const { source, network, resume } = settings;
  const { predictionSheet } = await loaded(import("@silhouette/report"));
  const { alsoFrom } = await loaded(import("../configuration/settings.ts"));
  const begin = performance.now();
  let hasBegun = resume === true;
  const onEvent = (event: TrainEvent): void => {
    // From here on, there is a run that can be resumed.
    if (event.type === "plan") hasBegun = true;
    report(event);
  };
  const { examples, config, size, bestEpoch, metrics } = await thread
    .call("train", settings, onEvent)
    .catch((error: unknown) => {
      if (error instanceof Stopped && hasBegun) {
        const own = network === undefined ? [] : ["--network", { path: relative("", network) }];
        const words =
          file === undefined ? ["train", { path: source }, "--out", { path: run }, ...own] : process.argv.slice(2);
        const next = commandLine([...words.filter((word) => word !== "--resume"), "--resume"]);
        error.hint = `To continue from there: ${next}`;
      }
      throw alsoFrom(file, error);
    });
  const sheet = join(run, "predictions.png");
  await writeWhole(sheet, "the sheet of predictions", [await predictionSheet(examples, { ...size, metrics })]);
  // In the thread TensorFlow.js is loaded, and its kernels are compiled.
  const explain: ReportOptions["explain"] = async ({ signal: _signal, onEvent: heard, ...options }) =>
    thread.call("explain", options, (event) => heard?.(event));
  const page = await writeReport([run], { explain }, report, signal).catch((error: unknown) => {
    const again = `The run is complete. To write its report: ${commandLine(["report", { path: run }])}`;
    if (error instanceof Stopped) {
      error.hint = again;
      throw error;
    }
    const { code, message } = outcomeOf(error);
    report({ type: "reportFailed", code, message, hint: again });
    return null;
  });
  report({
    type: "done",
    command: "train",
    run,
    sheet,
    page,
    next: nextOf(run, source, { isDataset: isDatasetFile(config.source), picture: examples[0]?.path }),
    bestEpoch,
    ...metrics,
    seconds: (performance.now() - begin) / 1000,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  });
}

/** What to try with a run: predict one of its test pictures, or evaluate its dataset, which has no files to name. */
function nextOf(
  run: string,
  source: string,
  { isDataset, picture }: { readonly isDataset: boolean; readonly picture: string | undefined },
): string {
  if (picture === undefined || isDataset) return commandLine(["evaluate", { path: run }, { path: source }]);
  return commandLine(["predict", { path: run }, { path: join(source, picture) }]);
}
