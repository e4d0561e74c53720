// `silhouette train`: photographs or a dataset to a run folder.

import { basename, join, resolve } from "node:path";

import type { BackendChoice, SplitFractions, StepReport, TrainEvent } from "@silhouette/trainer";
import { PREPARE_DEFAULTS, TRAIN_DEFAULTS, writeWhole } from "@silhouette/trainer/light";
import { Command } from "commander";

import { backendOption, parseLabels, parseSize, parseSplit, parseWhole } from "../arguments.ts";
import { commandLine } from "../called-as.ts";
import { reportPreparation, type Report } from "../events.ts";
import { loaded } from "../libraries.ts";
import { Stopped } from "../stopped.ts";
import { trainInThread } from "../train-thread.ts";

/** Characters and lines of a silhouette on a terminal. */
const EXAMPLE = { columns: 24, rows: 12 };

/** What the parser makes of the command line. */
interface TrainFlags {
  readonly json?: boolean;
  readonly out?: string;
  readonly backend?: BackendChoice;
  readonly epochs?: number;
  readonly batch?: number;
  readonly size?: { readonly width: number; readonly height: number };
  readonly labels?: readonly string[];
  readonly split?: SplitFractions;
  readonly seed?: number;
  readonly resume?: boolean;
}

/** The command. It tells `report` what it does; `signal` stops it, with a checkpoint. */
export function trainCommand(report: Report, signal: AbortSignal): Command {
  const { epochs, batch, size, seed } = TRAIN_DEFAULTS;
  const { split } = PREPARE_DEFAULTS;
  return new Command("train")
    .summary("train a classifier on photographs or a dataset, and test it")
    .description(
      "Trains the reference article's network: five blocks of convolution, pooling and batch normalization, fitted with " +
        "Adam and categorical cross-entropy. Photographs are prepared first, as silhouette prepare does it. The network " +
        "then answers for the test pictures, which it has never seen.\n\nThe run folder holds config.json, history.json, " +
        "model/, model-best/ of the epoch with the lowest validation loss, metrics.json with the confusion matrix, " +
        "predictions.csv, predictions.png and checkpoints/. Ctrl-C saves a checkpoint; --resume goes on " +
        "from it.",
    )
    .argument("<FOLDER|FILE.arrow>", "folder of photographs, one subfolder for each class, or a dataset")
    .option("--out <RUN>", "run folder: empty, or not there yet (default: runs/<name of FOLDER or FILE>)")
    .addOption(backendOption())
    .option("--epochs <N>", `times that every picture is learned from (default: ${epochs})`, parseWhole)
    .option("--batch <N>", `pictures a training step (default: ${batch})`, parseWhole)
    .option(
      "--size <N|WxH>",
      `width and height of the pictures, in pixels, for folders (default: ${size.width})`,
      parseSize,
    )
    .option(
      "--labels <a,b,c>",
      "class names in the order of their one-hot labels, for folders (default: alphabetical)",
      parseLabels,
    )
    .option(
      "--split <train,val,test>",
      `shares of the splits that no folders give, for folders (default: ${split.join()})`,
      parseSplit,
    )
    .option("--seed <N>", `seed of weights, order and dropout (default: ${seed})`, parseWhole)
    .option("--resume", "go on from the run's last checkpoint, with its settings; --epochs may be more")
    .option("--json", "one JSON event a line on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  silhouette train photos --labels car,bus,motorcycle\n  silhouette train photos.arrow --out runs/second --epochs 10 --seed 7\n" +
        "  silhouette train photos --resume",
    )
    .action(async (source: string, flags: TrainFlags) => {
      await runTrain(source, flags, report, signal);
    });
}

async function runTrain(source: string, flags: TrainFlags, report: Report, signal: AbortSignal): Promise<void> {
  const { predictionSheet } = await loaded(import("../prediction-sheet.ts"));
  const { terminalPictures } = await loaded(import("../terminal-pictures.ts"));
  const { out, json: _json, ...given } = flags;
  const run = out ?? `runs/${basename(resolve(source)).replace(/\.arrow$/, "")}`;
  const left = new TimeLeft();
  const linesOf = await terminalPictures(EXAMPLE.columns, EXAMPLE.rows);
  const train = await trainInThread(signal);
  const begin = performance.now();
  const secondsSoFar = (): number => (performance.now() - begin) / 1000;
  let epochs = 0;
  let hasBegun = flags.resume === true;
  const onEvent = (event: TrainEvent): void => {
    switch (event.kind) {
      case "prepareStart":
      case "prepareSkip":
      case "prepareProgress":
      case "prepareCopies":
      case "prepareBlank":
        reportPreparation(event, { command: "train", folder: source, report, secondsSoFar });
        return;
      case "plan": {
        const { kind: _kind, config, examples, ...plan } = event;
        const { dataset, counts, batch, seed, backend, kernelSet } = config;
        epochs = config.epochs;
        // From here on there is a run that can be resumed, whenever it is stopped.
        hasBegun = true;
        const { labels, width, height } = dataset;
        const settings = { labels, counts, width, height, epochs, batch, seed, backend, kernelSet };
        report({
          event: "examples",
          examples: examples.map(({ label, pixels }) => ({ label, lines: linesOf(pixels, dataset) })),
        });
        report({ event: "plan", run, ...settings, ...plan });
        return;
      }
      case "estimate": {
        const { kind: _kind, ...estimate } = event;
        left.expect(estimate);
        report({ event: "estimate", ...estimate });
        return;
      }
      case "step": {
        const { kind: _kind, ...step } = event;
        report({ event: "step", ...step, secondsLeft: left.after(step, epochs) });
        return;
      }
      case "epoch": {
        const { kind: _kind, ...epoch } = event;
        report({ event: "epoch", ...epoch });
        return;
      }
      case "checkpoint": {
        const { kind: _kind, ...checkpoint } = event;
        report({ event: "checkpoint", ...checkpoint });
        return;
      }
    }
  };
  const settings = { source, run, ...given };
  const { predictions, config, bestEpoch, metrics } = await train(settings, onEvent).catch((error: unknown) => {
    if (error instanceof Stopped && hasBegun) {
      const next = commandLine(["train", { path: source }, "--out", { path: run }, "--resume"]);
      error.hint = `Go on from there with: ${next}`;
    }
    throw error;
  });
  const sheet = join(run, "predictions.png");
  await writeWhole(sheet, "the sheet of predictions", [await predictionSheet(predictions, config.dataset)]);
  report({
    event: "done",
    command: "train",
    run,
    sheet,
    next: nextOf(run, source, predictions[0]?.path),
    bestEpoch,
    ...metrics,
    seconds: secondsSoFar(),
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  });
}

/** What to try with a run: a picture that it was tested on, or, where pictures are only in a dataset, all of those. */
function nextOf(run: string, source: string, picture: string | undefined): string {
  if (picture === undefined || source.endsWith(".arrow"))
    return commandLine(["evaluate", { path: run }, { path: source }]);
  return commandLine(["predict", { path: run }, { path: join(source, picture) }]);
}

/** The time that is left of a training: what was expected, corrected by how long steps really take. */
class TimeLeft {
  #expected = { totalSeconds: 0, stepSeconds: 0 };
  #firstStep: { readonly epoch: number; readonly step: number } | undefined;
  #taken = { seconds: 0, steps: 0 };

  expect(estimate: { readonly totalSeconds: number; readonly stepSeconds: number }): void {
    this.#expected = estimate;
  }

  /** After a step of a training of `epochs` epochs. */
  after({ epoch, step, steps, seconds }: StepReport, epochs: number): number {
    this.#firstStep ??= { epoch, step };
    this.#taken = { seconds: this.#taken.seconds + seconds, steps: this.#taken.steps + 1 };
    const before = (this.#firstStep.epoch - 1) * steps + this.#firstStep.step - 1;
    const share = ((epoch - 1) * steps + step - before) / (epochs * steps - before);
    const slowness = this.#taken.seconds / (this.#taken.steps * this.#expected.stepSeconds);
    return this.#expected.totalSeconds * slowness * (1 - share);
  }
}
