// A training session: network, optimizer, generator and pictures. It runs from a position to the end, and hands each epoch and
// each checkpoint to a sink; it knows no files.

import type { LayersModel } from "@tensorflow/tfjs-layers";

import type { Backend } from "../backend/operations.ts";
import { computeOrExplain } from "../backend/out-of-memory.ts";
import type { PictureSize } from "../dataset/format.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import type { Split } from "../dataset/split.ts";
import { partCount } from "../network/batch.ts";
import { Classifier } from "../network/classifier.ts";
import {
  checkMemory,
  checkWeightsMemory,
  countedStep,
  measuredStep,
  stepBytes,
  withAverages,
  type StepMemory,
} from "../network/memory-plan.ts";
import { freezeBlocks } from "../network/frozen-blocks.ts";
import { startFrom, type TrainedNetwork } from "../network/initial-weights.ts";
import { customNetwork, type NetworkBuilder } from "../network/custom-network.ts";
import { builtInNetwork } from "../network/built-in-network.ts";
import { networkCost } from "../network/reference-network.ts";
import { rehearse } from "../network/rehearsal.ts";
import { checkRestorable } from "../network/saved-network.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import { Generator } from "../values/generator.ts";
import { BestWeights } from "./best-weights.ts";
import { fromIntact } from "./checkpoint.ts";
import { estimate, TimeLeft, type Estimate } from "./estimate.ts";
import type { Calibration } from "./calibration.ts";
import { evaluatePictures } from "./evaluate-pictures.ts";
import type { ExamplePrediction, LabeledPrediction } from "./example-predictions.ts";
import { examplesOf, type Example } from "./examples.ts";
import { fit, type StepReport } from "./fit.ts";
import { checkLearnable } from "./learnable.ts";
import { Learner } from "./learner.ts";
import { metricsOf, type Metrics } from "./metrics.ts";
import { historyChecksum, type RunConfig } from "./run-config.ts";
import { rateOf } from "./learning-rate.ts";
import { drawOrder } from "./sampling.ts";
import { START, bestEpoch, type Checkpoint, type EpochRecord, type Position } from "./state.ts";
import { RANGE_STEPS, testRates, type RatePoint, type RateRange } from "./rate-range.ts";
import { isOver } from "./stopping.ts";
import { calibrationFor, validate } from "./validate.ts";

/** Number of training pictures for population statistics and known features, or all if there are fewer. */
const SAMPLE_PICTURES = 500;

/** The pictures of a training. */
export type Pictures = Readonly<Record<Split, PictureSet>>;

/** Events reported during a training. */
export type SessionEvent =
  | {
      /** Once, before the first step. */
      readonly type: "plan";
      /** Configuration of the training. */
      readonly config: RunConfig;
      /** Why this backend was chosen, as a sentence. */
      readonly backendReason: string;
      /** Size at which the network sees pictures. */
      readonly size: PictureSize;
      /** Number of parameters of the network. */
      readonly parameters: number;
      /** Steps per epoch; the last one may have fewer pictures. */
      readonly stepsPerEpoch: number;
      /** Maximum memory of a step in bytes. */
      readonly memoryNeedBytes: number;
      /** Number of epochs completed already. */
      readonly epochsDone: number;
      /** Their records. */
      readonly history: readonly EpochRecord[];
      /** The best of them, see {@link bestEpoch}; null if there are none. */
      readonly bestEpoch: number | null;
      /** Learning rate of the next step; null if there is none. */
      readonly learningRate: number | null;
    }
  | {
      /** Once, after the plan. */
      readonly type: "examples";
      /** The first training picture of each class that has one: what the network will see. */
      readonly examples: readonly Example[];
    }
  | ({
      /** Once, before the first step, if any epochs are left. */
      readonly type: "estimate";
    } & Estimate)
  | ({
      /** After every step. */
      readonly type: "step";
      /** Estimated seconds left of the whole training. */
      readonly secondsLeft: number;
    } & StepReport)
  | ({
      /** After every epoch, when it is validated and saved. */
      readonly type: "epoch";
      /** Whether it is the best so far: see {@link bestEpoch}. */
      readonly isBest: boolean;
      /** Whether it is the last one: the test follows. */
      readonly isLast: boolean;
    } & EpochRecord);

/** Events reported during a range test: the plan, and its steps. */
export type RateEvent =
  | SessionEvent
  | ({
      /** After every step. */
      readonly type: "rate";
      /** Maximum number of steps. */
      readonly steps: number;
    } & RatePoint);

/** Options for {@link TrainingSession.testRates}. */
export interface RateRangeRun {
  /** Stops the test, and throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Receives events. */
  readonly onEvent?: ((event: RateEvent) => void) | undefined;
}

/** An evaluated epoch. */
export interface EpochResult {
  /** Records of all epochs so far. */
  readonly history: readonly EpochRecord[];
  /** Whether it is the best so far: see {@link bestEpoch}. */
  readonly isBest: boolean;
  /** Whether its network is the run's model so far, which will be tested and is worth saving: the last one, or the best one. */
  readonly isModel: boolean;
  /** The current network, with averaged weights if the recipe averages them; training continues with it afterwards. */
  readonly network: LayersModel;
  /**
   * How its probabilities are calibrated; null if the recipe has no calibration, there are too few validation pictures, or the epoch is
   * neither the best one so far nor the last: calibrating takes a considerable part of a short epoch.
   */
  readonly calibration: Calibration | null;
}

/** Receives the results of a training. */
export interface TrainingSink {
  /** Receives events. */
  readonly onEvent?: ((event: SessionEvent) => void) | undefined;
  /** Called after an epoch is evaluated, before its checkpoint. */
  readonly onEpoch?: (epoch: EpochResult) => Promise<void>;
  /** Called after each epoch, and when the training is stopped. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
  /** Called in the test, with the predictions for each batch of the test split, in the order of its pictures. */
  readonly onPredictions?: ((predictions: readonly LabeledPrediction[]) => void | Promise<void>) | undefined;
}

/** Options for {@link TrainingSession.run}. */
export interface RunOptions extends TrainingSink {
  /** Records of the epochs before the restored checkpoint. Default: none. */
  readonly history?: readonly EpochRecord[];
  /** Stops the training with a checkpoint and throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Result of a training. */
export interface TrainingResult {
  /** Records of all epochs, including those before an interruption. */
  readonly history: readonly EpochRecord[];
  /** The epoch with the lowest validation loss: see {@link bestEpoch}. */
  readonly bestEpoch: number;
  /** Metrics of the model on the test split. */
  readonly metrics: Metrics;
  /**
   * Some of its predictions, class by class: up to six correct ones, the least confident first, and up to six incorrect ones, the most
   * confident first. Of more than 40 classes, those with the most incorrect predictions.
   */
  readonly examples: readonly ExamplePrediction[];
  /** Size of their silhouettes. */
  readonly size: PictureSize;
}

/** A training session. Dispose of it after use. */
export class TrainingSession {
  /** Configuration of the training. */
  readonly config: RunConfig;
  readonly #learner: Learner;
  /** Undefined if the model is the last epoch's. */
  readonly #best: BestWeights | undefined;
  readonly #generator: Generator;
  readonly #pictures: Pictures;
  readonly #sample: Int32Array;
  readonly #memory: StepMemory;
  readonly #minBatch: number;
  readonly #backend: Backend;
  /** Whether the network has the weights that the training starts or continues from. */
  #hasStart: boolean;
  #position: Position = START;

  private constructor(
    config: RunConfig,
    pictures: Pictures,
    backend: Backend,
    classifier: Classifier,
    generator: Generator,
    sample: Int32Array,
    memory: StepMemory,
    hasStart: boolean,
  ) {
    this.#hasStart = hasStart;
    this.config = config;
    this.#pictures = pictures;
    this.#backend = backend;
    this.#generator = generator;
    this.#sample = sample;
    this.#memory = memory;
    this.#minBatch = computeOrExplain(() => classifier.minBatch());
    checkLearnable(pictures.train, config.batch, this.#minBatch);
    this.#learner = new Learner(classifier, backend, config.recipe);
    this.#best = config.recipe.model === "best" ? new BestWeights(classifier.weights) : undefined;
  }

  /**
   * Builds the network of a training. Draws, in this order, the weights, also if they are replaced by those of `init`, and the
   * pictures for population statistics.
   *
   * @param build builds a custom network. Default: the recipe's
   * @param init the model whose weights it starts from, if the configuration names one; not needed to restore a checkpoint. Its
   * network remains the caller's, and may be disposed of afterwards
   * @throws {TrainerError} `BATCH_TOO_LARGE`, `CANNOT_LEARN`; `INVALID_ARGUMENT` for a network that cannot be trained or saved, and
   * for a model to start from that does not fit
   */
  static async of(
    config: RunConfig,
    pictures: Pictures,
    backend: Backend,
    build?: NetworkBuilder,
    init?: TrainedNetwork,
  ): Promise<TrainingSession> {
    if (init !== undefined) checkInitial(config, init);
    const { width, height, channels } = pictures.train.input;
    const generator = Generator.ofSeed(config.seed);
    const shape = { width, height, channels, classes: config.dataset.labels.length };
    if (config.network === "reference") checkWeightsMemory(networkCost(shape).parameters, backend);
    const network: LayersModel =
      build === undefined
        ? builtInNetwork(config.network === "compact" ? "compact" : "reference", shape, generator)
        : customNetwork(build, shape, generator);
    try {
      if (init !== undefined) startFrom(network, init, config.dataset.labels);
      freezeBlocks(network, config.recipe.freeze);
      const classifier = new Classifier(network, backend);
      if (build !== undefined) rehearse(classifier);
      const step = build === undefined ? countedStep(network, backend) : await measuredStep(classifier, backend);
      const memory = config.recipe.averagedWeights === null ? step : withAverages(step, network);
      checkMemory(memory, Math.min(config.batch, pictures.train.size), backend);
      if (build !== undefined) await checkRestorable(network);
      // Of the pictures that a step sees: batches of other classes would have other statistics.
      const sample = drawOrder(config.recipe.sampling, pictures.train.classes, generator).subarray(0, SAMPLE_PICTURES);
      const hasStart = init !== undefined || config.init === null;
      return new TrainingSession(config, pictures, backend, classifier, generator, sample, memory, hasStart);
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  /**
   * Restores a checkpoint of the same training.
   *
   * @param file name of the checkpoint, used in error messages
   * @throws {TrainerError} `CHECKPOINT_DAMAGED` if it belongs to another network or another number of pictures
   */
  restore(checkpoint: Checkpoint, file = "the given checkpoint"): void {
    const { order, generator, epoch, best } = checkpoint;
    const pictures = this.#pictures.train.size;
    fromIntact(file, () => {
      if (order.length > 0 && order.length !== pictures) {
        throw new Damage(`it has an order of ${order.length} training pictures instead of ${pictures}`);
      }
      if (this.config.recipe.sampling === "uniform" && new Set(order).size < order.length) {
        throw new Damage("its order of pictures has duplicates");
      }
      this.#learner.restore(checkpoint);
      if (this.#best !== undefined) this.#best.restore(best, epoch);
      else if (best.length > 0) throw new Damage("it has weights of the best epoch, but this training keeps the last");
    });
    this.#generator.restore(generator);
    this.#position = checkpoint;
    this.#hasStart = true;
  }

  /**
   * Trains the remaining epochs, and evaluates the test split.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` without the model that the configuration starts from; `LOSS_NOT_FINITE`,
   * `BATCH_TOO_LARGE`; what the sink throws; the signal's reason
   */
  async run({
    history = [],
    signal,
    onEvent,
    onEpoch,
    onCheckpoint,
    onPredictions,
  }: RunOptions = {}): Promise<TrainingResult> {
    const { config } = this;
    if (!this.#hasStart) throw noInitial(config);
    const { batch, epochs, recipe } = config;
    const { train: training, val: validation, test } = this.#pictures;
    const { classifier } = this.#learner;
    let calibration: Calibration | null | undefined;
    const left = onEvent && (await this.announce(onEvent, history, signal));
    const all = await fit({
      learner: this.#learner,
      recipe,
      training,
      validation,
      sample: this.#sample,
      epochs,
      batch,
      minBatch: this.#minBatch,
      generator: this.#generator,
      from: this.#position,
      history,
      signal,
      onStep: (report) => onEvent?.({ type: "step", ...report, secondsLeft: left?.after(report) ?? 0 }),
      onEpoch: async (record, soFar, ofEpoch) => {
        const isBest = bestEpoch(soFar) === record.epoch;
        const isModel = recipe.model === "last" || isBest;
        if (isModel) calibration = ofEpoch;
        if (isBest) this.#best?.keep();
        await onEpoch?.({ history: soFar, isBest, isModel, network: classifier.network, calibration: ofEpoch });
        onEvent?.({ type: "epoch", ...record, isBest, isLast: isOver(recipe.stopping, epochs, soFar) });
      },
      save: async (position, soFar) => {
        await onCheckpoint?.({
          ...this.#learner.state(),
          best: this.#best?.values() ?? [],
          generator: this.#generator.state,
          history: historyChecksum(soFar),
          ...position,
        });
      },
    });
    // The model may be of an epoch before the training was resumed.
    if (calibration === undefined && recipe.calibration !== "none" && validation.size > 0) {
      const options = { recipe, training, validation, sample: this.#sample, batch, signal };
      calibration = await this.#withModel(async () =>
        calibrationFor(classifier, options, await validate(classifier, options)),
      );
    }
    const { views } = recipe;
    const { examples, loss, confusion } = await this.#withModel(() =>
      evaluatePictures(classifier, test, { batch, views, calibration: calibration ?? null, signal, onPredictions }),
    );
    return {
      history: all,
      bestEpoch: bestEpoch(all) ?? epochs,
      metrics: metricsOf(confusion, loss),
      examples,
      size: sizeOf(test),
    };
  }

  /** Returns the result of `use`, meanwhile with the weights of the model in the network. */
  async #withModel<Result>(use: () => Promise<Result>): Promise<Result> {
    return this.#best === undefined ? this.#learner.averaged(use) : this.#best.use(use);
  }

  /**
   * Trains up to 100 steps at learning rates from 1e-6 to 1, and suggests one of them. Dispose of the session afterwards: its network is
   * of no use.
   *
   * @throws {TrainerError} `LOSS_NOT_FINITE`, `BATCH_TOO_LARGE`; the signal's reason
   */
  async testRates({ signal, onEvent }: RateRangeRun = {}): Promise<RateRange> {
    onEvent?.(this.#plan([]));
    return testRates({
      learner: this.#learner,
      recipe: this.config.recipe,
      training: this.#pictures.train,
      batch: this.config.batch,
      minBatch: this.#minBatch,
      generator: this.#generator,
      signal,
      onStep: (point) => onEvent?.({ type: "rate", ...point, steps: RANGE_STEPS }),
    });
  }

  /** Frees the network and the optimizer. */
  dispose(): void {
    this.#learner.dispose();
    this.#learner.classifier.network.dispose();
  }

  #plan(history: readonly EpochRecord[]): Extract<SessionEvent, { readonly type: "plan" }> {
    const { config } = this;
    const { batch, epochs, recipe } = config;
    const { train: training } = this.#pictures;
    const { epoch, batchesDone } = this.#position;
    const steps = partCount(training.size, { batch, min: this.#minBatch });
    const next = { epoch: epoch + 1, step: batchesDone + 1, steps, epochs };
    return {
      type: "plan",
      config,
      backendReason: this.#backend.reason,
      size: sizeOf(training),
      parameters: this.#learner.classifier.network.countParams(),
      stepsPerEpoch: steps,
      memoryNeedBytes: stepBytes(this.#memory, Math.min(batch, training.size)),
      epochsDone: epoch,
      history,
      bestEpoch: bestEpoch(history) ?? null,
      learningRate: isOver(recipe.stopping, epochs, history) ? null : rateOf(recipe.learningRate, next, history),
    };
  }

  /** Reports the plan, the examples and the estimate. @throws the signal's reason @internal */
  async announce(
    onEvent: (event: SessionEvent) => void,
    history: readonly EpochRecord[] = [],
    signal?: AbortSignal,
  ): Promise<TimeLeft | undefined> {
    const { config } = this;
    const { classifier } = this.#learner;
    const { train: training, val: validation, test } = this.#pictures;
    const { batch, epochs, recipe } = config;
    const { epoch, sums } = this.#position;
    onEvent(this.#plan(history));
    onEvent({ type: "examples", examples: await examplesOf(training) });
    if (isOver(recipe.stopping, epochs, history)) return undefined;
    const workload = {
      training,
      batch,
      views: config.recipe.views,
      epochs: epochs - epoch - sums.pictures / training.size,
      statisticsPictures: (recipe.calibration === "none" ? 1 : 2) * this.#sample.length,
      validationPictures: validation.size,
      testPictures: test.size,
      isReference: config.network === "reference",
    };
    const expected = await estimate(classifier, workload, signal);
    onEvent({ type: "estimate", ...expected });
    return new TimeLeft(expected, epochs);
  }
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for another model than the configuration names */
function checkInitial({ init }: RunConfig, { crc32 }: TrainedNetwork): void {
  if (init?.crc32 === crc32) return;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    init === null
      ? "Expected no model to start from, because the configuration names none, but received one"
      : `Expected the model with the checksum ${init.crc32} to start from, which ${init.run} had, but received one with ${crc32}`,
    "Train in another run to start from this model.",
  );
}

function noInitial({ init }: RunConfig): TrainerError {
  return new TrainerError(
    "INVALID_ARGUMENT",
    `Expected the model of ${init?.run} to start from, or a checkpoint to continue from, but received neither`,
    "Pass the model to TrainingSession.of, or call restore before run.",
  );
}

function sizeOf({ input: { width, height } }: PictureSet): PictureSize {
  return { width, height };
}
