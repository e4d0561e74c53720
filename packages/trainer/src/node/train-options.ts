// What can be asked of a training, and what it reports: options with their checks, events, and the summary.

import {
  abortSignal,
  callback,
  checkArgument,
  classNames,
  filePath,
  oneOf,
  optional,
  optionsOf,
  pictureSize,
  seedNumber,
  splitShares,
  flag,
  wholeNumber,
} from "../values/arguments.ts";
import { BACKEND_CHOICES, type BackendChoice } from "../backend/names.ts";
import { isDatasetFile, sharesOf, type PictureSize } from "../dataset/format.ts";
import { TrainerError } from "../values/errors.ts";
import type { SessionEvent, TrainingResult } from "../training/session.ts";
import { SHORTEST_SIDE } from "../network/reference-network.ts";
import type { NetworkBuilder } from "../network/own-network.ts";
import type { PrepareEvent } from "./photographs/prepare-events.ts";
import type { RunConfig } from "../training/run-config.ts";
import { checkSplitFractions, type SplitFractions } from "../dataset/split.ts";
/** What {@link train} can be told. */
export interface TrainOptions {
  /** Folder of photographs, as {@link prepare} takes it, or a dataset file (`.arrow`). */
  readonly source: string;
  /**
   * The run folder: empty, not there yet, or of a run that has not come to its first checkpoint; with `resume` the one to go
   * on with. While a process trains, no other can train in the same folder.
   */
  readonly run: string;
  /** What computes. Default `auto`. A resumed run may go on on another backend than it began with. */
  readonly backend?: BackendChoice;
  /** Times that every picture is learned from: 1 to 1,000,000. Default 5. */
  readonly epochs?: number;
  /** Pictures a step: 1 to 1,000,000, as far as memory goes. Default 50. */
  readonly batch?: number;
  /**
   * Pixels of the pictures, for folders: each side 1 to 4,096, and for the reference network 94 or more. Default 300 x 300.
   */
  readonly size?: PictureSize;
  /** All class names, in the order of their one-hot labels, for folders. Default: alphabetical, by code units. */
  readonly labels?: readonly string[];
  /**
   * Shares of train, val and test, for folders that do not give them all; the test has to have one. Default 0.8, 0.1, 0.1.
   */
  readonly split?: SplitFractions;
  /** Seed of weights, orders and dropout: a whole number of 0 to 2^53 - 1. Default 0. */
  readonly seed?: number;
  /** Makes the network to train. Default: the reference network, `referenceNetwork`. */
  readonly network?: NetworkBuilder;
  /**
   * Go on from the run's last checkpoint, or from the beginning if there is none yet, with the run's settings; only `epochs`
   * may be more. The pictures decide whether `source` is the run's, not its path. A run that began with a network of its own
   * wants the same `network`. Default false.
   */
  readonly resume?: boolean;
  /**
   * Stops the work with a checkpoint; {@link train} then throws the signal's reason. Steps are computed without a pause: only a
   * signal whose `throwIfAborted`, which each operation calls, finds out by itself that it is to stop can interrupt one.
   */
  readonly signal?: AbortSignal;
  /** Told what happens. */
  readonly onEvent?: (event: TrainEvent) => void;
}

/** What {@link train} tells while it works. */
export type TrainEvent =
  | PrepareEvent
  | Exclude<SessionEvent, { readonly type: "plan" }>
  | (Extract<SessionEvent, { readonly type: "plan" }> & {
      /** The run folder. */
      readonly run: string;
    })
  | {
      /** After every epoch, and when the training is stopped. */
      readonly type: "checkpoint";
      /** Of the checkpoint, in the run folder. */
      readonly path: string;
      /** Epochs that are done. */
      readonly epoch: number;
      /** Steps of the next epoch that are done. */
      readonly batchesDone: number;
    };

/** What {@link train} did. */
export interface TrainSummary extends TrainingResult {
  /** What was trained, on what, and how. */
  readonly config: RunConfig;
}

const OPTIONS = optionsOf<TrainOptions>({
  source: filePath,
  run: filePath,
  backend: optional(oneOf(BACKEND_CHOICES)),
  epochs: optional(wholeNumber(1, 1_000_000)),
  batch: optional(wholeNumber(1, 1_000_000)),
  size: optional(pictureSize),
  labels: optional(classNames),
  split: optional(splitShares),
  seed: optional(seedNumber),
  network: optional(callback),
  resume: optional(flag),
  signal: optional(abortSignal),
  onEvent: optional(callback),
});

export function checkOptions(options: TrainOptions): void {
  checkArgument("train()", "options", OPTIONS, options);
  const { source, size, split, network } = options;
  if (split !== undefined) checkSplitFractions(split);
  const isTooSmall = size !== undefined && Math.min(size.width, size.height) < SHORTEST_SIDE;
  if (isTooSmall && network === undefined && !isDatasetFile(source)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a size of at least ${SHORTEST_SIDE} x ${SHORTEST_SIDE} pixels, but received ${size.width} x ${size.height}`,
      "The reference network's five poolings leave nothing of smaller pictures.",
    );
  }
  if (split?.[2] === 0) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a share above 0 for the test, the last of split, but received ${split.join(",")}`,
      "Give the test a share, for example 0.8,0.1,0.1.",
    );
  }
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for settings that differ from those that the run began with */
export function checkUnchanged(options: TrainOptions, recorded: RunConfig): void {
  const { width, height, labels } = recorded.dataset;
  const settings: readonly (readonly [name: string, now: string | number | undefined, then: string | number])[] = [
    ["network", options.network === undefined ? "reference" : "own", recorded.network],
    ["batch", options.batch, recorded.batch],
    ["seed", options.seed, recorded.seed],
    ["size", options.size && `${options.size.width} x ${options.size.height}`, `${width} x ${height}`],
    ["labels", options.labels?.join(","), labels.join(",")],
    ["split", options.split?.join(","), sharesOf(recorded.dataset)],
  ];
  const changed = settings.find(([, now, then]) => now !== undefined && now !== then);
  const [name, now, then] =
    changed ??
    (options.epochs !== undefined && options.epochs < recorded.epochs
      ? ["epochs", options.epochs, `at least ${recorded.epochs}`]
      : []);
  if (name === undefined) return;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected the ${name} that the run in ${options.run} began with, ${then}, but received ${now}`,
    name === "network"
      ? "Resume by train() of @silhouette/trainer with the network that the run began with."
      : "Leave the option out to resume, or train anew into another folder.",
  );
}
