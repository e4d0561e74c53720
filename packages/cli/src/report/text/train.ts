// `silhouette train` as text.

import { printable } from "@silhouette/report/printable";
import type { RunConfig } from "@silhouette/trainer";
import { isOverfitted } from "@silhouette/trainer/light";
import stringWidth from "fast-string-width";

import type { Done, Event, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { shortened } from "../wrapped.ts";
import { backendLine } from "./backend.ts";
import { metricsText } from "./metrics.ts";
import { duration, gigabytes, percent, sum } from "./numbers.ts";
import { missingLine } from "./report.ts";
import { preparationText } from "./preparation.ts";
import { STOPPING } from "./stopping.ts";
import { TrainingView } from "./training-view.ts";
import { missingPicturesLines } from "./untested.ts";

/** Characters and lines of a silhouette. */
export const EXAMPLE = { columns: 24, rows: 12 };

/** Draws packed pixels as lines of text. */
export type Draw = (pixels: Uint8Array, size: { readonly width: number; readonly height: number }) => readonly string[];

/** Writes the events of a `train`. Without `draw`, no silhouettes are shown. */
export function trainText(terminal: Terminal, draw: Draw | undefined): Report {
  let config: Event<"plan">["config"] | undefined;
  let view: TrainingView | undefined;
  let picturesDone = 0;
  let last: Event<"epoch"> | undefined;
  const watch = (shown: TrainingView): void => terminal.watch((size) => shown.lines(size), true);
  return (event) => {
    switch (event.type) {
      case "init":
        terminal.say(initText(event));
        return;
      case "plan":
        config = event.config;
        terminal.say(planText(event));
        if (terminal.isRedrawable) view = new TrainingView(event);
        return;
      case "examples":
        if (draw !== undefined && config !== undefined) terminal.show(silhouettes(event.examples, draw));
        return;
      case "estimate":
        terminal.say(estimateLine(event));
        return;
      case "step": {
        if (config === undefined) return;
        if (view !== undefined) {
          view.step(event);
          watch(view);
          return;
        }
        const { epoch, step, pictures, loss, accuracy, secondsLeft } = event;
        // A resumed epoch does not begin with its first step.
        const before = picturesDone === 0 ? (step - 1) * config.batch : picturesDone;
        picturesDone = before + pictures;
        terminal.progress(
          { done: picturesDone, total: sum(config.counts.train) },
          `loss ${loss.toFixed(3)}, accuracy ${percent(accuracy)}, ${duration(secondsLeft)} left`,
          { title: `Epoch ${epoch} of ${config.epochs}: ` },
        );
        return;
      }
      case "epoch":
        picturesDone = 0;
        last = event;
        if (view === undefined) {
          terminal.say(epochLine(event, config?.epochs ?? event.epoch));
          return;
        }
        view.epoch(event);
        watch(view);
        return;
      case "stopping":
        terminal.interject(STOPPING);
        return;
      case "picturesMissing":
      case "modelMissing":
        terminal.say(missingLine(event));
        return;
      case "reportFailed":
        terminal.say(`${printable(`No report was written. ${event.message} [${event.code}]. ${event.hint}`)}\n`);
        return;
      case "evaluated":
        terminal.progress(event, percent(event.done / event.total), { title: "Report: " });
        return;
      case "done":
        view?.finish();
        if (config !== undefined && last !== undefined) terminal.say(overfittingLine(config, last));
        if (event.command !== "train") return;
        if (event.isDryRun === true) terminal.answer(dryRunLine(event));
        else terminal.print(`${metricsText(event)}${resultLines(event, config?.recipe.model)}`);
        return;
      default:
        preparationText(event, terminal);
    }
  };
}

/** What a training starts from. */
export function initText({ run, epoch, isLastLayerNew, learnedTestPictures }: Event<"init">): string {
  const lines = [
    `Starts from the weights of ${printable(run)} after epoch ${epoch}${isLastLayerNew ? ", with a new last layer for other classes" : ""}`,
    ...(learnedTestPictures > 0
      ? [`That run has learned from ${learnedTestPictures} of the test pictures: new ones will be classified less well`]
      : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** What is said of a network that is not the recipe's. */
const NETWORKS: Readonly<Partial<Record<RunConfig["network"], string>>> = {
  custom: " with a network of your own",
  imported: " with the network that was imported",
};

/**
 * What is trained, on what.
 *
 * @param isFold whether it is one of several: classes that it lacks may be in others
 */
export function planText(
  {
    config,
    backendReason,
    size: { width, height },
    parameters,
    stepsPerEpoch,
    memoryNeedBytes,
    epochsDone,
    history,
    learningRate,
  }: Event<"plan">,
  { isFold = false } = {},
): string {
  const { backend: name, kernelSet, counts, dataset, epochs, batch, seed, recipe, network, leaveOut } = config;
  const { labels } = dataset;
  const classes = labels.map((label, index) => `${label} ${oneHot(index, labels.length)}`).join(", ");
  return [
    `${sum(counts.train)} training, ${sum(counts.val)} validation and ${sum(counts.test)} test pictures: ${printable(classes)}`,
    `Recipe ${recipe.name}${NETWORKS[network] ?? ""}${recipe.freeze > 0 ? `, ${recipe.freeze} blocks frozen` : ""}: ${parameters.toLocaleString("en")} parameters at ${width} x ${height}; ${stepsPerEpoch} ${stepsPerEpoch === 1 ? "step" : "steps"} of ${batch} pictures per epoch; seed ${seed}`,
    `${backendLine({ name, kernelSet, reason: backendReason })} Needs up to ${gigabytes(memoryNeedBytes)}`,
    ...(isFold ? [] : missingPicturesLines(labels, counts, leaveOut !== undefined)),
    ...(epochsDone > 0 ? [`Resumes after epoch ${epochsDone} of ${epochs}`] : []),
    ...stretchedSchedule({ config, history, learningRate }),
    "",
  ].join("\n");
}

/** A line if a cosine schedule is stretched: its rate rises only where a run is resumed for more epochs. */
function stretchedSchedule({
  config: { epochs, recipe },
  history,
  learningRate: next,
}: Pick<Event<"plan">, "config" | "history" | "learningRate">): readonly string[] {
  const { schedule, warmupEpochs } = recipe.learningRate;
  const last = history.at(-1);
  if (schedule !== "cosine" || last === undefined || next === null || last.epoch <= warmupEpochs) return [];
  if (next <= last.learningRate) return [];
  const [before, after] = [last.learningRate, next].map((rate) => Number(rate.toPrecision(2)));
  return [
    `The cosine schedule now ends after epoch ${epochs}: the learning rate rises from ${before} to ${after}, unlike in a new run of as many epochs`,
  ];
}

function oneHot(index: number, length: number): string {
  // Long vectors say less than a number.
  if (length > 8) return `= ${index}`;
  return `[${Array.from({ length }, (_, place) => (place === index ? 1 : 0)).join(",")}]`;
}

/** Silhouettes side by side, as many as fit. */
function silhouettes(examples: Event<"examples">["examples"], draw: Draw): string {
  const { columns: width, rows } = EXAMPLE;
  const shown = examples.slice(0, Math.floor((process.stderr.columns - 1) / (width + 2)));
  if (shown.length === 0) return "";
  const columns = shown.map(({ label, pixels, ...size }) => [
    ...draw(pixels, size),
    padded(shortened(printable(label), width), width),
  ]);
  const lines = Array.from({ length: rows + 1 }, (_, row) => columns.map((each) => `  ${each[row] ?? ""}`).join(""));
  return ["", "What the network sees in black and white, with light pixels as blocks:", ...lines, "", ""].join("\n");
}

/** `text` and spaces, `columns` wide on a terminal. */
function padded(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - stringWidth(text)));
}

function estimateLine({ stepSeconds, epochSeconds, totalSeconds, sizeForTenMinutes }: Event<"estimate">): string {
  const advice = sizeForTenMinutes === undefined ? "" : `; --size ${sizeForTenMinutes} would take about ten minutes`;
  return `About ${duration(totalSeconds)}: ${stepSeconds.toFixed(1)} s per step, ${duration(epochSeconds)} per epoch${advice}\n`;
}

function epochLine({ epoch, loss, accuracy, valLoss, valAccuracy, seconds }: Event<"epoch">, epochs: number): string {
  const validation =
    valLoss === null || valAccuracy === null
      ? ""
      : `; validation loss ${valLoss.toFixed(3)}, accuracy ${percent(valAccuracy)}`;
  return `Epoch ${epoch} of ${epochs}: loss ${loss.toFixed(3)}, accuracy ${percent(accuracy)}${validation}; ${duration(seconds)}\n`;
}

/** What helps if the network knows its training pictures much better than others. */
function overfittingLine({ counts, recipe }: Event<"plan">["config"], last: Event<"epoch">): string {
  const { accuracy, valAccuracy } = last;
  if (valAccuracy === null || !isOverfitted(last, sum(counts.val))) return "";
  const augmentation = recipe.augmentation === null ? ", or --recipe compact, which augments them" : "";
  return (
    `The network knows its training pictures (${percent(accuracy)}) better than the validation pictures (${percent(valAccuracy)}): ` +
    `more pictures of each class help${augmentation}\n`
  );
}

function dryRunLine({ run }: Done<"train">): string {
  return `${printable(`Would train this, and write to ${run}. Nothing was written.`)}\n`;
}

function resultLines(
  { run, bestEpoch, seconds, peakMemoryBytes, sheet, page, next }: Extract<Done<"train">, { readonly sheet: string }>,
  epoch: "last" | "best" | undefined,
): string {
  const model =
    epoch === "best" ? `model of epoch ${bestEpoch}, the best one` : `model (and model-best, of epoch ${bestEpoch})`;
  const files = `${model}, history, metrics, predictions.csv`;
  return [
    `${printable(run)}: ${files}; ${duration(seconds)}, peak memory ${gigabytes(peakMemoryBytes)}\n`,
    `Correct and incorrect predictions: ${printable(sheet)}\n`,
    ...(page === null ? [] : [`Report: ${printable(page)}\n`]),
    `Try it: ${printable(next)}\n`,
  ].join("");
}
