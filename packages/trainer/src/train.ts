// From photographs or a dataset to a run folder: prepare ─▶ fit ─▶ evaluate, with a checkpoint to go on from.

import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

import type { LayersModel } from "@tensorflow/tfjs-layers";

import { BACKEND_CHOICES, computeOrExplain, startBackend, type Backend, type BackendChoice } from "./backend.ts";
import { partCount } from "./batch.ts";
import { readCheckpoint, writeCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { Classifier } from "./classifier.ts";
import type { PictureSize } from "./dataset-format.ts";
import { Dataset } from "./dataset-reader.ts";
import { TRAIN_DEFAULTS } from "./defaults.ts";
import type { Discovery } from "./discover.ts";
import { TrainerError, type TrainerErrorCode } from "./errors.ts";
import { estimate, type Estimate } from "./estimate.ts";
import { evaluatePictures, type Answer } from "./evaluate-pictures.ts";
import { rehearse } from "./rehearsal.ts";
import { checkRestorable } from "./saved-network.ts";
import { BEGINNING, fit, type Position, type StepReport } from "./fit.ts";
import { Generator } from "./generator.ts";
import { LearnedPictures } from "./learned-pictures.ts";
import { checkLearnable } from "./learnable.ts";
import {
  checkMemory,
  checkWeightsMemory,
  countedStep,
  measuredStep,
  stepBytes,
  type StepMemory,
} from "./memory-plan.ts";
import { metricsOf, type Metrics } from "./metrics.ts";
import { saveModel } from "./model-file.ts";
import { networkCost, referenceNetwork, SHORTEST_SIDE } from "./network.ts";
import { ownNetwork, type NetworkBuilder } from "./own-network.ts";
import { ownManifest } from "./own-manifest.ts";
import { pictureHash, PictureSet } from "./picture-set.ts";
import { writePredictions } from "./predictions-file.ts";
import { prepare, type PrepareEvent, type PrepareOptions } from "./prepare.ts";
import { claimNewRun, claimRun, isUnbegun, keepPrepared } from "./run-claim.ts";
import {
  bestEpoch,
  historyChecksum,
  readConfig,
  readHistory,
  RUN_FORMAT_VERSION,
  runPaths,
  writeConfig,
  writeHistory,
  writeMetrics,
  type EpochRecord,
  type RunConfig,
} from "./run-folder.ts";
import { FEWEST_TO_TEST, type Split, type SplitFractions } from "./split.ts";
import { withTemporaryDataset } from "./temporary-dataset.ts";

/** Training pictures that population statistics are taken over, or all if there are fewer. */
const SAMPLE_PICTURES = 500;

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
  /** Stops the work with a checkpoint; {@link train} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what happens. */
  readonly onEvent?: (event: TrainEvent) => void;
}

/** What {@link train} tells while it works. */
export type TrainEvent =
  | PrepareEvent
  | {
      /** Once, before the first step. */
      readonly kind: "plan";
      /** What is trained, on what, and how. */
      readonly config: RunConfig;
      /** Why this backend, as a sentence. */
      readonly backendReason: string;
      /** Of the network. */
      readonly parameters: number;
      /** An epoch's last step may have fewer pictures. */
      readonly stepsAnEpoch: number;
      /** Bytes that a step needs at most. */
      readonly memoryNeed: number;
      /** Epochs that are done already. */
      readonly epochsDone: number;
      /** The first training picture of each class that has one: what the network will see. */
      readonly examples: readonly Example[];
    }
  | ({
      /** Once, after the plan, if there is an epoch left. */
      readonly kind: "estimate";
    } & Estimate)
  | ({
      /** After every step. */
      readonly kind: "step";
    } & StepReport)
  | ({
      /** After every epoch, when it is validated and the model is written. */
      readonly kind: "epoch";
    } & EpochRecord)
  | {
      /** After every epoch, and when the training is stopped. */
      readonly kind: "checkpoint";
      /** Of the checkpoint, in the run folder. */
      readonly path: string;
      /** Epochs that are done. */
      readonly epoch: number;
      /** Steps of the next epoch that are done. */
      readonly batchesDone: number;
    };

/** A picture as the network sees it. */
export interface Example {
  /** Its class. */
  readonly label: string;
  /** 1 bit a pixel, bit 7 first, rows one after another: `packedBytes` bytes. */
  readonly pixels: Uint8Array;
}

/** What {@link train} did. */
export interface TrainSummary {
  /** What was trained, on what, and how. */
  readonly config: RunConfig;
  /** Of all epochs, those before a stop included. */
  readonly history: readonly EpochRecord[];
  /** The epoch whose model is kept beside the last: see {@link train}. */
  readonly bestEpoch: number;
  /** Of the test split. */
  readonly metrics: Metrics;
  /** To each picture of the test split. */
  readonly answers: readonly Answer[];
}

/**
 * Trains a network, the {@link referenceNetwork} unless another is given, on the pictures of `source`, and judges it on
 * their test split. The run folder then holds configuration, history, the model of the last epoch (`model`) and of the one
 * with the lowest validation loss (`model-best`), metrics with the confusion matrix, the answers (`predictions.csv`), and the
 * last checkpoint. Same pictures, options and kernel set: same weights, byte for byte; stopped and resumed, too.
 *
 * The loss is categorical cross-entropy, the optimizer Adam (Kingma and Ba 2015). After each epoch BatchNorm's statistics are
 * computed over up to 500 training pictures (Wu and Johnson 2021), the validation split is judged, and model and checkpoint
 * are written. A class without test pictures is learned all the same.
 *
 * @param options at least where the pictures come from, and where the run goes
 * @throws {TrainerError} what {@link prepare} and {@link Dataset.open} throw; `INVALID_ARGUMENT`, `RUN_EXISTS`, `RUN_IN_USE`,
 * `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`, `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`,
 * `DATASET_MISMATCH`, `ONE_CLASS_IN_TRAINING`, `CLASS_UNTESTED`, `CANNOT_LEARN`, `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`,
 * `LOSS_NOT_FINITE`, `OUTPUT_UNWRITABLE`
 * @example
 * import { train } from "@silhouette/trainer";
 *
 * const { metrics } = await train({ source: "photos", run: "runs/photos", labels: ["car", "bus", "motorcycle"] });
 * console.log(metrics.right, metrics.wrong, metrics.confusion);
 */
export async function train(options: TrainOptions): Promise<TrainSummary> {
  checkOptions(options);
  return options.resume === true ? resume(options) : begin(options);
}

async function begin(options: TrainOptions): Promise<TrainSummary> {
  const { source, run } = options;
  const backend = await startBackend(options.backend ?? TRAIN_DEFAULTS.backend);
  const { epochs, batch, seed } = { ...TRAIN_DEFAULTS, ...options };
  const claim = await claimNewRun(run);
  let hasBegun = false;
  try {
    const dataset = await openSource(options);
    const pictures = await loadPictures(dataset, options);
    const config: RunConfig = {
      formatVersion: RUN_FORMAT_VERSION,
      version: ownManifest().version,
      created: new Date().toISOString(),
      source: resolve(source),
      dataset: dataset.description,
      fingerprint: pictures.train.fingerprint,
      fingerprints: { val: pictures.val.fingerprint, test: pictures.test.fingerprint },
      counts: { train: pictures.train.counts, val: pictures.val.counts, test: pictures.test.counts },
      epochs,
      batch,
      seed,
      network: options.network === undefined ? "reference" : "own",
      backend: backend.name,
      kernelSet: backend.kernelSet,
    };
    checkCounts(config);
    const training = await Training.of(config, pictures, backend, options.network);
    try {
      await LearnedPictures.of(pictures).write(runPaths(run).learned);
      await writeConfig(run, config);
    } catch (error) {
      training.dispose();
      throw error;
    }
    hasBegun = true;
    if (!isDatasetFile(source)) await keepPrepared(run);
    return await training.run(options, BEGINNING, []);
  } catch (error) {
    if (hasBegun) throw resumable(error, run);
    await claim.abandon();
    throw error;
  } finally {
    await claim.release();
  }
}

async function resume(options: TrainOptions): Promise<TrainSummary> {
  const { run } = options;
  // A folder without a run is not locked: nothing is written there.
  await readConfig(run);
  const lock = await claimRun(run);
  try {
    return await resumeClaimed(options);
  } catch (error) {
    throw resumable(error, run);
  } finally {
    await lock.release();
  }
}

async function resumeClaimed(options: TrainOptions): Promise<TrainSummary> {
  const { run } = options;
  const recorded = await readConfig(run);
  checkUnchanged(options, recorded);
  const backend = await resumedBackend(options, recorded);
  const config: RunConfig = {
    ...recorded,
    epochs: options.epochs ?? recorded.epochs,
    backend: backend.name,
    kernelSet: backend.kernelSet,
  };
  const checkpoint = await lastCheckpoint(run);
  const history = checkpoint === undefined ? [] : await historyBefore(run, checkpoint);
  const pictures = await reloadPictures(options, config);
  if (checkpoint !== undefined) checkPosition(run, checkpoint, pictures.train.size);
  const training = await Training.of(config, pictures, backend, options.network);
  try {
    if (checkpoint !== undefined) {
      training.classifier.restore(checkpoint);
      training.generator.restore(checkpoint.generator);
    }
    if (!isDeepStrictEqual(config, recorded)) await writeConfig(run, config);
  } catch (error) {
    training.dispose();
    throw error;
  }
  return training.run(options, checkpoint ?? BEGINNING, history);
}

/** The run's last checkpoint; undefined if it has not come to its first. */
async function lastCheckpoint(run: string): Promise<Checkpoint | undefined> {
  try {
    return await readCheckpoint(runPaths(run).checkpoint);
  } catch (error) {
    const isNone = error instanceof TrainerError && error.code === "CHECKPOINT_NOT_FOUND" && (await isUnbegun(run));
    if (isNone) return undefined;
    throw error;
  }
}

/** Refuses a checkpoint that has another number of pictures to go through. @throws {TrainerError} `CHECKPOINT_DAMAGED` */
function checkPosition(run: string, { order }: Checkpoint, pictures: number): void {
  if (order.length === 0 || order.length === pictures) return;
  throw new TrainerError(
    "CHECKPOINT_DAMAGED",
    `Expected a checkpoint of ${pictures} training pictures at ${runPaths(run).checkpoint}, but it has an order of ${order.length}`,
    "Copy it again from where it is intact, or train anew into another folder.",
  );
}

/** The epochs that the checkpoint comes after: there may be one more in the file. @throws {TrainerError} `RUN_DAMAGED` */
async function historyBefore(run: string, checkpoint: Checkpoint): Promise<readonly EpochRecord[]> {
  const history = (await readHistory(run)).slice(0, checkpoint.epoch);
  const isWhole = checkpoint.history === undefined || checkpoint.history === historyChecksum(history);
  if (history.length === checkpoint.epoch && isWhole) return history;
  throw new TrainerError(
    "RUN_DAMAGED",
    `Expected the ${checkpoint.epoch} epochs of the checkpoint in ${runPaths(run).history}, but it holds others`,
    "Copy the run again from where it is intact, or train anew into another folder.",
  );
}

/** A full disk, or another trouble with files, leaves a run that has begun as it was at its last checkpoint. */
function resumable(error: unknown, run: string): unknown {
  if (!(error instanceof TrainerError) || error.code !== "OUTPUT_UNWRITABLE") return error;
  const hint = `The run in ${run} is kept. When there is room, go on with it with --resume.`;
  return new TrainerError(error.code, error.message, hint, { cause: error });
}

/** The backend that was asked for, or else the run's; where it is another than the run's, the reason tells what follows. */
async function resumedBackend({ backend: choice, run }: TrainOptions, recorded: RunConfig): Promise<Backend> {
  const backend = await startBackend(choice ?? "auto", recorded);
  if (backend.name === recorded.backend && backend.kernelSet === recorded.kernelSet) return backend;
  const began = `${recorded.backend} (${recorded.kernelSet})`;
  return {
    ...backend,
    reason: `${backend.reason} The run in ${run} began on ${began}, whose weights would differ in their last digits.`,
  };
}

type Pictures = Readonly<Record<Split, PictureSet>>;

/** A training with everything that it works with. */
class Training {
  readonly config: RunConfig;
  readonly classifier: Classifier;
  readonly generator: Generator;
  readonly #pictures: Pictures;
  readonly #sample: Int32Array;
  readonly #memory: StepMemory;
  readonly #leastBatch: number;
  readonly #backend: Backend;

  private constructor(
    config: RunConfig,
    pictures: Pictures,
    backend: Backend,
    classifier: Classifier,
    generator: Generator,
    sample: Int32Array,
    memory: StepMemory,
  ) {
    this.config = config;
    this.#pictures = pictures;
    this.#backend = backend;
    this.classifier = classifier;
    this.generator = generator;
    this.#sample = sample;
    this.#memory = memory;
    this.#leastBatch = computeOrExplain(() => classifier.leastBatch());
  }

  /** Draws, in this order, the weights and the pictures of the population statistics. */
  static async of(
    config: RunConfig,
    pictures: Pictures,
    backend: Backend,
    build: NetworkBuilder | undefined,
  ): Promise<Training> {
    const { width, height, labels } = config.dataset;
    const generator = Generator.ofSeed(config.seed);
    const shape = { width, height, classes: labels.length };
    if (build === undefined) checkWeightsMemory(networkCost(shape).parameters, backend);
    const network: LayersModel =
      build === undefined ? referenceNetwork(shape, generator) : ownNetwork(build, shape, generator);
    const classifier = new Classifier(network, backend);
    try {
      if (build !== undefined) rehearse(classifier);
      const memory = build === undefined ? countedStep(network, backend) : await measuredStep(classifier, backend);
      checkMemory(memory, Math.min(config.batch, pictures.train.size), backend);
      if (build !== undefined) await checkRestorable(network);
      const sample = generator.permutation(pictures.train.size).subarray(0, SAMPLE_PICTURES);
      const training = new Training(config, pictures, backend, classifier, generator, sample, memory);
      checkLearnable(pictures.train, config.batch, training.#leastBatch);
      return training;
    } catch (error) {
      classifier.dispose();
      network.dispose();
      throw error;
    }
  }

  async run(
    { run, signal, onEvent }: TrainOptions,
    from: Position,
    before: readonly EpochRecord[],
  ): Promise<TrainSummary> {
    const { config, classifier, generator } = this;
    const { train: training, val: validation, test } = this.#pictures;
    const { batch, epochs } = config;
    const paths = runPaths(run);
    const history = [...before];
    try {
      this.#announce(onEvent, from);
      await fit({
        classifier,
        training,
        validation,
        sample: this.#sample,
        epochs,
        batch,
        leastBatch: this.#leastBatch,
        generator,
        from,
        signal,
        onStep: (report) => onEvent?.({ kind: "step", ...report }),
        onEpoch: async (record) => {
          history.push(record);
          await writeHistory(run, history);
          const description = this.#modelDescription(record.epoch);
          await saveModel(paths.model, classifier.network, description);
          if (bestEpoch(history) === record.epoch) await saveModel(paths.bestModel, classifier.network, description);
          onEvent?.({ kind: "epoch", ...record });
        },
        save: async (position) => {
          await writeCheckpoint(paths.checkpoint, {
            ...classifier.state(),
            generator: generator.state,
            history: historyChecksum(history),
            ...position,
          });
          onEvent?.({
            kind: "checkpoint",
            path: paths.checkpoint,
            epoch: position.epoch,
            batchesDone: position.batchesDone,
          });
        },
      });
      const { answers, loss, confusion } = await evaluatePictures(classifier, test, {
        batch,
        onBatch: async () => {
          // Lets signals have their turn.
          await setImmediate();
          signal?.throwIfAborted();
        },
      });
      const metrics = metricsOf(confusion, loss);
      await writePredictions(paths.predictions, config.dataset.labels, answers);
      await writeMetrics(run, metrics);
      return { config, history, bestEpoch: bestEpoch(history) ?? epochs, metrics, answers };
    } finally {
      this.dispose();
    }
  }

  /** Frees network and optimizer. */
  dispose(): void {
    this.classifier.dispose();
    this.classifier.network.dispose();
  }

  /** Tells what will be done, and how long it will take. */
  #announce(onEvent: TrainOptions["onEvent"], from: Position): void {
    const { config, classifier } = this;
    const { train: training, val: validation, test } = this.#pictures;
    const { batch, epochs } = config;
    onEvent?.({
      kind: "plan",
      config,
      backendReason: this.#backend.reason,
      parameters: classifier.network.countParams(),
      stepsAnEpoch: partCount(training.size, { batch, least: this.#leastBatch }),
      memoryNeed: stepBytes(this.#memory, Math.min(batch, training.size)),
      epochsDone: from.epoch,
      examples: examplesOf(training),
    });
    if (from.epoch < epochs) {
      const workload = {
        training,
        batch,
        epochs: epochs - from.epoch - from.sums.pictures / training.size,
        statisticsPictures: this.#sample.length,
        validationPictures: validation.size,
        testPictures: test.size,
        isReference: config.network === "reference",
      };
      onEvent?.({ kind: "estimate", ...estimate(classifier, workload) });
    }
  }

  #modelDescription(epoch: number): Parameters<typeof saveModel>[2] {
    const { seed, kernelSet, backend, version, source, dataset, counts } = this.config;
    const { labels, width, height, pixelFormat, preprocessing } = dataset;
    const pictures = counts.train.reduce((sum, count) => sum + count, 0);
    const trainedOn = { source, pictures };
    const provenance = { epoch, seed, kernelSet, backend, version, trainedOn };
    return { labels, width, height, pixelFormat, preprocessing, provenance };
  }
}

function examplesOf(pictures: PictureSet): readonly Example[] {
  const examples = new Map<number, Example>();
  for (let index = 0; index < pictures.size && examples.size < pictures.labels.length; index++) {
    const { label, pixels } = pictures.at(index);
    if (!examples.has(label)) examples.set(label, { label: pictures.labels[label] ?? "", pixels });
  }
  return [...examples].toSorted(([one], [other]) => one - other).map(([, example]) => example);
}

/** The dataset of a new run: the one that is named, or one that is prepared in the run folder. */
async function openSource(options: TrainOptions): Promise<Dataset> {
  const { source, run, size, labels, split, signal, onEvent } = options;
  if (isDatasetFile(source)) return Dataset.open(source);
  const out = runPaths(run).preparedDataset;
  await prepare({
    folder: source,
    out,
    size: size ?? TRAIN_DEFAULTS.size,
    ...(labels && { labels }),
    ...(split && { split }),
    ...(signal && { signal }),
    ...preparationEvents(options),
    onStart: (discovery) => {
      onEvent?.({ kind: "prepareStart", discovery });
      checkTestable(discovery, source);
    },
  });
  return Dataset.open(out);
}

function preparationEvents({
  onEvent,
}: TrainOptions): Pick<PrepareOptions, "onStart" | "onSkip" | "onProgress" | "onCopies" | "onBlank"> {
  return {
    onStart: (discovery) => onEvent?.({ kind: "prepareStart", discovery }),
    onSkip: (skip) => onEvent?.({ kind: "prepareSkip", skip }),
    onProgress: (progress) => onEvent?.({ kind: "prepareProgress", ...progress }),
    onCopies: (copies) => onEvent?.({ kind: "prepareCopies", copies }),
    onBlank: (paths) => onEvent?.({ kind: "prepareBlank", paths }),
  };
}

/**
 * The pictures that a run began with: from the dataset that is named, or from its own, if the folder that is named is the one
 * it was prepared from. A folder at another path is prepared again for that: its pictures decide.
 *
 * @throws {TrainerError} `DATASET_MISMATCH` if they are others
 */
async function reloadPictures(options: TrainOptions, config: RunConfig): Promise<Pictures> {
  const { source, run, signal } = options;
  if (isDatasetFile(source))
    return checkedPictures(await loadPictures(await Dataset.open(source), options), source, options, config);
  const hasOwn = !isDatasetFile(config.source);
  const own = async (): Promise<Pictures> =>
    checkedPictures(await loadPictures(await Dataset.open(runPaths(run).dataset), options), run, options, config);
  if (hasOwn && (await isSamePath(source, config.source))) return own();
  const { width, height, labels, split } = config.dataset;
  const prepared = {
    folder: source,
    size: { width, height },
    labels,
    ...(split.from !== "folders" && { split: split.fractions, seed: split.seed }),
    ...(signal && { signal }),
    ...preparationEvents(options),
  };
  const compared = withTemporaryDataset(prepared, async (dataset) => {
    const found = await PictureSet.loadAll(dataset, { signal });
    if (!hasOwn) return checkedPictures(bySplit(found), source, options, config);
    const pictures = await own();
    const known = (sets: readonly PictureSet[]): readonly string[] =>
      sets.flatMap((set) => Array.from(set.all(), (each) => `${each.label} ${pictureHash(each)}`)).toSorted();
    if (!isDeepStrictEqual(known([found]), known(Object.values(pictures)))) {
      throw otherPictures(run, source);
    }
    return pictures;
  });
  return compared.catch((error: unknown) => {
    const isOther = error instanceof TrainerError && OTHER_CLASSES.has(error.code);
    throw isOther ? otherPictures(run, source, error) : error;
  });
}

/** What is wrong with a folder that has other classes than a run. */
const OTHER_CLASSES: ReadonlySet<TrainerErrorCode> = new Set([
  "NO_CLASSES",
  "ONE_CLASS",
  "EMPTY_CLASS",
  "LABELS_MISMATCH",
]);

/** Whether two paths lead to one place; `other` is absolute. */
export async function isSamePath(one: string, other: string): Promise<boolean> {
  return resolve(one) === other || (await realpath(one).catch(() => one)) === (await realpath(other).catch(() => ""));
}

function checkedPictures(pictures: Pictures, path: string, { run }: TrainOptions, config: RunConfig): Pictures {
  const { train: training, val, test } = pictures;
  const isSame =
    training.fingerprint === config.fingerprint &&
    (config.fingerprints === undefined ||
      (val.fingerprint === config.fingerprints.val && test.fingerprint === config.fingerprints.test));
  if (!isSame) throw otherPictures(run, path);
  return pictures;
}

function otherPictures(run: string, path: string, cause?: unknown): TrainerError {
  return new TrainerError(
    "DATASET_MISMATCH",
    `Expected the pictures that the run in ${run} began with, but ${path} holds others`,
    "Resume with the folder or dataset that the run began with, or train anew into another folder.",
    { cause },
  );
}

function bySplit(all: PictureSet): Pictures {
  const of = (name: Split): PictureSet => all.filter(({ split }) => split === name);
  return { train: of("train"), val: of("val"), test: of("test") };
}

/** Whether `source` is a dataset file by its name; everything else is a folder. */
export function isDatasetFile(source: string): boolean {
  return source.endsWith(".arrow");
}

/** @throws {TrainerError} `CLASS_UNTESTED` if no class has as many pictures as are wanted for a test, before they are prepared */
function checkTestable({ drawn, photographs }: Discovery, folder: string): void {
  const counts = new Map<string, number>();
  for (const { label, split } of photographs) {
    if (split === undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  if (drawn.length === 0 || Math.max(...counts.values()) >= FEWEST_TO_TEST) return;
  throw new TrainerError(
    "CLASS_UNTESTED",
    `Expected ${FEWEST_TO_TEST} or more pictures of a class in ${folder} so that it can be tested, but no class has as many`,
    "Add pictures: a few hundred of each class are a beginning.",
  );
}

/** @throws {TrainerError} `DATASET_MISMATCH` if it is not what was asked for */
function checkDataset(dataset: Dataset, { size, labels, split }: TrainOptions): void {
  const { description, path } = dataset;
  const asked = [
    ...(size && (size.width !== description.width || size.height !== description.height)
      ? [`size ${size.width} x ${size.height}`]
      : []),
    ...(labels && labels.join("\0") !== description.labels.join("\0") ? [`labels ${labels.join(",")}`] : []),
    ...(split && split.join() !== sharesOf(description) ? [`split ${split.join()}`] : []),
  ];
  if (asked.length > 0) {
    throw new TrainerError(
      "DATASET_MISMATCH",
      `Expected ${path} to have ${asked.join(" and ")}, but it has size ${description.width} x ${description.height} and ` +
        `labels ${description.labels.join(",")}, split ${sharesOf(description)}`,
      "Leave the option out, or prepare a dataset anew.",
    );
  }
}

/** The shares of a dataset's splits, for comparison and for messages. */
function sharesOf({ split }: Dataset["description"]): string {
  return split.from === "folders" ? "by folders" : split.fractions.join();
}

/** All pictures of `dataset`, which is closed. */
async function loadPictures(dataset: Dataset, options: TrainOptions): Promise<Pictures> {
  try {
    checkDataset(dataset, options);
    return bySplit(await PictureSet.loadAll(dataset, { signal: options.signal }));
  } finally {
    await dataset.close();
  }
}

function checkOptions({ source, run, backend, epochs, batch, seed, size, split, network }: TrainOptions): void {
  checkWhole("epochs", epochs, 1, 1_000_000);
  checkWhole("batch", batch, 1, 1_000_000);
  checkWhole("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  if (!isDatasetFile(source)) {
    const shortest = network === undefined ? SHORTEST_SIDE : 1;
    checkWhole("width", size?.width, shortest, 4096);
    checkWhole("height", size?.height, shortest, 4096);
  }
  if (split?.[2] === 0) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a share above 0 for the test, the last of split, but received ${split.join(",")}`,
      "Give the test a share, for example 0.8,0.1,0.1.",
    );
  }
  if (backend !== undefined && !BACKEND_CHOICES.includes(backend)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a backend of ${BACKEND_CHOICES.join(", ")}, but received ${backend as string}`,
      "Leave it out to let silhouette choose.",
    );
  }
  if (run === "") {
    throw new TrainerError("INVALID_ARGUMENT", "Expected a run folder, but received an empty name", "Name a folder.");
  }
}

function checkWhole(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected a whole number from ${least} to ${most} for ${name}, but received ${value}`,
    `Give ${name} a value in that range.`,
  );
}

/** @throws {TrainerError} `ONE_CLASS_IN_TRAINING`, `CLASS_UNTESTED` */
function checkCounts({ counts, dataset: { labels } }: RunConfig): void {
  const without = (split: Split): readonly string[] => labels.filter((_, index) => (counts[split][index] ?? 0) === 0);
  const untrained = without("train");
  if (labels.length - untrained.length < 2) {
    throw new TrainerError(
      "ONE_CLASS_IN_TRAINING",
      `Expected training pictures of at least two classes, but there are none of ${untrained.join(", ")}`,
      "Add pictures of these classes to those for training.",
    );
  }
  if (without("test").length === labels.length) {
    throw new TrainerError(
      "CLASS_UNTESTED",
      "Expected test pictures of at least one class, but there are none",
      "Add pictures for the test: what is not tested is not known.",
    );
  }
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for settings that differ from those that the run began with */
function checkUnchanged(options: TrainOptions, recorded: RunConfig): void {
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
