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
import { customNetwork, type NetworkBuilder } from "../network/custom-network.ts";
import { builtInNetwork } from "../network/built-in-network.ts";
import { networkCost } from "../network/reference-network.ts";
import { rehearse } from "../network/rehearsal.ts";
import { checkRestorable } from "../network/saved-network.ts";
import { Damage } from "../values/errors.ts";
import { Generator } from "../values/generator.ts";
import { fromIntact } from "./checkpoint.ts";
import { estimate, TimeLeft, type Estimate } from "./estimate.ts";
import { calibratedPredictions, calibrationOf, type Calibration } from "./calibration.ts";
import { evaluatePictures, type LabeledPrediction, type PictureResults } from "./evaluate-pictures.ts";
import { examplesOf, type Example } from "./examples.ts";
import { fit, type StepReport } from "./fit.ts";
import { checkLearnable } from "./learnable.ts";
import { Learner } from "./learner.ts";
import { metricsOf, type Metrics } from "./metrics.ts";
import { historyChecksum, type RunConfig } from "./run-config.ts";
import { START, bestEpoch, type Checkpoint, type EpochRecord, type Position } from "./state.ts";
import { isOver } from "./stopping.ts";

/** Number of training pictures for population statistics, or all if there are fewer. */
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
    } & EpochRecord);

/** An evaluated epoch. */
export interface EpochResult {
  /** Records of all epochs so far. */
  readonly history: readonly EpochRecord[];
  /** Whether it is the best so far: see {@link bestEpoch}. */
  readonly isBest: boolean;
  /** The current network, with averaged weights if the recipe averages them; training continues with it afterwards. */
  readonly network: LayersModel;
  /** How its probabilities are calibrated; null if the recipe has no calibration, or there are too few validation pictures. */
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
  /** Metrics on the test split. */
  readonly metrics: Metrics;
  /** Predictions for each picture of the test split. */
  readonly predictions: readonly LabeledPrediction[];
  /** Size of their silhouettes. */
  readonly size: PictureSize;
}

/** A training session. Dispose of it after use. */
export class TrainingSession {
  /** Configuration of the training. */
  readonly config: RunConfig;
  readonly #learner: Learner;
  readonly #generator: Generator;
  readonly #pictures: Pictures;
  readonly #sample: Int32Array;
  readonly #memory: StepMemory;
  readonly #minBatch: number;
  readonly #backend: Backend;
  #position: Position = START;

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
    this.#generator = generator;
    this.#sample = sample;
    this.#memory = memory;
    this.#minBatch = computeOrExplain(() => classifier.minBatch());
    checkLearnable(pictures.train, config.batch, this.#minBatch);
    this.#learner = new Learner(classifier, backend, config.recipe);
  }

  /**
   * Builds the network of a training. Draws, in this order, the weights and the pictures for population statistics.
   *
   * @param build builds a custom network. Default: the reference network
   * @throws {TrainerError} `BATCH_TOO_LARGE`, `CANNOT_LEARN`; `INVALID_ARGUMENT` for a network that cannot be trained or saved
   */
  static async of(
    config: RunConfig,
    pictures: Pictures,
    backend: Backend,
    build?: NetworkBuilder,
  ): Promise<TrainingSession> {
    const { width, height, channels } = pictures.train.input;
    const generator = Generator.ofSeed(config.seed);
    const shape = { width, height, channels, classes: config.dataset.labels.length };
    if (config.network === "reference") checkWeightsMemory(networkCost(shape).parameters, backend);
    const network: LayersModel =
      build === undefined
        ? builtInNetwork(config.network === "compact" ? "compact" : "reference", shape, generator)
        : customNetwork(build, shape, generator);
    try {
      const classifier = new Classifier(network, backend);
      if (build !== undefined) rehearse(classifier);
      const step = build === undefined ? countedStep(network, backend) : await measuredStep(classifier, backend);
      const memory = config.recipe.averagedWeights === null ? step : withAverages(step, network);
      checkMemory(memory, Math.min(config.batch, pictures.train.size), backend);
      if (build !== undefined) await checkRestorable(network);
      const sample = generator.permutation(pictures.train.size).subarray(0, SAMPLE_PICTURES);
      return new TrainingSession(config, pictures, backend, classifier, generator, sample, memory);
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
    const { order, generator } = checkpoint;
    const pictures = this.#pictures.train.size;
    fromIntact(file, () => {
      if (order.length > 0 && order.length !== pictures) {
        throw new Damage(`it has an order of ${order.length} training pictures instead of ${pictures}`);
      }
      this.#learner.restore(checkpoint);
    });
    this.#generator.restore(generator);
    this.#position = checkpoint;
  }

  /**
   * Trains the remaining epochs, and evaluates the test split.
   *
   * @throws {TrainerError} `LOSS_NOT_FINITE`, `BATCH_TOO_LARGE`; what the sink throws; the signal's reason
   */
  async run({ history = [], signal, onEvent, onEpoch, onCheckpoint }: RunOptions = {}): Promise<TrainingResult> {
    const { config } = this;
    const { batch, epochs, recipe } = config;
    const { train: training, val: validation, test } = this.#pictures;
    const { classifier } = this.#learner;
    let calibration: Calibration | null | undefined;
    const left = onEvent && this.announce(onEvent, history, signal);
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
      onEpoch: async (record, soFar, predictions) => {
        const isBest = bestEpoch(soFar) === record.epoch;
        calibration = calibrate(config, predictions);
        await onEpoch?.({ history: soFar, isBest, network: classifier.network, calibration });
        onEvent?.({ type: "epoch", ...record });
      },
      save: async (position, soFar) => {
        await onCheckpoint?.({
          ...this.#learner.state(),
          generator: this.#generator.state,
          history: historyChecksum(soFar),
          ...position,
        });
      },
    });
    const predictionsFor = async (pictures: PictureSet): Promise<PictureResults> =>
      this.#learner.averaged(() => evaluatePictures(classifier, pictures, { batch, views: recipe.views, signal }));
    // A training that had ended before is only tested again.
    if (calibration === undefined && recipe.calibration !== "none" && validation.size > 0)
      calibration = calibrate(config, (await predictionsFor(validation)).predictions);
    const { predictions, loss, confusion } = await predictionsFor(test);
    return {
      history: all,
      bestEpoch: bestEpoch(all) ?? epochs,
      metrics: metricsOf(confusion, loss),
      predictions: calibratedPredictions(predictions, calibration ?? null),
      size: sizeOf(test),
    };
  }

  /** Frees the network and the optimizer. */
  dispose(): void {
    this.#learner.dispose();
    this.#learner.classifier.network.dispose();
  }

  /** Reports the plan, the examples and the estimate. @throws the signal's reason @internal */
  announce(
    onEvent: (event: SessionEvent) => void,
    history: readonly EpochRecord[] = [],
    signal?: AbortSignal,
  ): TimeLeft | undefined {
    const { config } = this;
    const { classifier } = this.#learner;
    const { train: training, val: validation, test } = this.#pictures;
    const { batch, epochs, recipe } = config;
    const { epoch, sums } = this.#position;
    onEvent({
      type: "plan",
      config,
      backendReason: this.#backend.reason,
      size: sizeOf(training),
      parameters: classifier.network.countParams(),
      stepsPerEpoch: partCount(training.size, { batch, min: this.#minBatch }),
      memoryNeedBytes: stepBytes(this.#memory, Math.min(batch, training.size)),
      epochsDone: epoch,
    });
    onEvent({ type: "examples", examples: examplesOf(training) });
    if (isOver(recipe.stopping, epochs, history)) return undefined;
    const workload = {
      training,
      batch,
      views: config.recipe.views,
      epochs: epochs - epoch - sums.pictures / training.size,
      statisticsPictures: this.#sample.length,
      validationPictures: validation.size,
      testPictures: test.size,
      isReference: config.network === "reference",
    };
    const expected = estimate(classifier, workload, signal);
    onEvent({ type: "estimate", ...expected });
    return new TimeLeft(expected, epochs);
  }
}

/** The calibration by a model's predictions for the validation pictures. */
function calibrate(
  { recipe, dataset: { labels } }: RunConfig,
  predictions: readonly LabeledPrediction[],
): Calibration | null {
  if (recipe.calibration === "none") return null;
  const answers = predictions.map(({ label, probabilities }) => ({ actual: labels.indexOf(label), probabilities }));
  return calibrationOf(answers) ?? null;
}

function sizeOf({ input: { width, height } }: PictureSet): PictureSize {
  return { width, height };
}
