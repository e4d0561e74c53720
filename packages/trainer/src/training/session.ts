// A training with everything that it works with: network, optimizer, generator and pictures. It runs from a position to its
// end, and writes model, history, checkpoint and metrics of its run as it goes.

import type { LayersModel } from "@tensorflow/tfjs-layers";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import type { Backend } from "../backend/operations.ts";
import { partCount } from "../network/batch.ts";
import { writeCheckpoint } from "../node/files/checkpoint-file.ts";
import { Classifier } from "../network/classifier.ts";
import { estimate, TimeLeft } from "./estimate.ts";
import { evaluatePictures } from "./evaluate-pictures.ts";
import { fit, type Position } from "./fit.ts";
import { Generator } from "../values/generator.ts";
import { checkLearnable } from "./learnable.ts";
import {
  checkMemory,
  checkWeightsMemory,
  countedStep,
  measuredStep,
  stepBytes,
  type StepMemory,
} from "../network/memory-plan.ts";
import { metricsOf } from "./metrics.ts";
import { saveModel } from "../model/codec.ts";
import { networkCost, referenceNetwork } from "../network/reference-network.ts";
import { ownNetwork, type NetworkBuilder } from "../network/own-network.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import { writePredictions } from "../node/files/predictions-file.ts";
import { rehearse } from "../network/rehearsal.ts";
import {
  bestEpoch,
  historyChecksum,
  runPaths,
  writeHistory,
  writeMetrics,
  type EpochRecord,
  type RunConfig,
} from "../node/files/run-folder.ts";
import type { Pictures } from "../node/run-pictures.ts";
import { checkRestorable } from "../network/saved-network.ts";
import type { Example, TrainOptions, TrainSummary } from "../node/train-options.ts";
/** Training pictures that population statistics are taken over, or all if there are fewer. */
const SAMPLE_PICTURES = 500;

/** A training with everything that it works with. */
export class Training {
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
      const left = onEvent && this.#announce(run, onEvent, from, signal);
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
        onStep: (report) => onEvent?.({ type: "step", ...report, secondsLeft: left?.after(report) ?? 0 }),
        onEpoch: async (record) => {
          history.push(record);
          await writeHistory(run, history);
          const description = this.#modelDescription(record.epoch);
          await saveModel(paths.model, classifier.network, description);
          if (bestEpoch(history) === record.epoch) await saveModel(paths.bestModel, classifier.network, description);
          onEvent?.({ type: "epoch", ...record });
        },
        save: async (position) => {
          await writeCheckpoint(paths.checkpoint, {
            ...classifier.state(),
            generator: generator.state,
            history: historyChecksum(history),
            ...position,
          });
          onEvent?.({
            type: "checkpoint",
            path: paths.checkpoint,
            epoch: position.epoch,
            batchesDone: position.batchesDone,
          });
        },
      });
      const { predictions, loss, confusion } = await evaluatePictures(classifier, test, { batch, signal });
      const metrics = metricsOf(confusion, loss);
      await writePredictions(paths.predictions, config.dataset.labels, predictions);
      await writeMetrics(run, metrics);
      return { config, history, bestEpoch: bestEpoch(history) ?? epochs, metrics, predictions };
    } finally {
      this.dispose();
    }
  }

  /** Frees network and optimizer. */
  dispose(): void {
    this.classifier.dispose();
    this.classifier.network.dispose();
  }

  /** Reports what will be done, and how long it will take; returns that, if there is an epoch left. */
  #announce(
    run: string,
    onEvent: NonNullable<TrainOptions["onEvent"]>,
    from: Position,
    signal: AbortSignal | undefined,
  ): TimeLeft | undefined {
    const { config, classifier } = this;
    const { train: training, val: validation, test } = this.#pictures;
    const { batch, epochs } = config;
    onEvent({
      type: "plan",
      run,
      config,
      backendReason: this.#backend.reason,
      parameters: classifier.network.countParams(),
      stepsPerEpoch: partCount(training.size, { batch, least: this.#leastBatch }),
      memoryNeedBytes: stepBytes(this.#memory, Math.min(batch, training.size)),
      epochsDone: from.epoch,
    });
    onEvent({ type: "examples", examples: examplesOf(training) });
    if (from.epoch === epochs) return undefined;
    const workload = {
      training,
      batch,
      epochs: epochs - from.epoch - from.sums.pictures / training.size,
      statisticsPictures: this.#sample.length,
      validationPictures: validation.size,
      testPictures: test.size,
      isReference: config.network === "reference",
    };
    const expected = estimate(classifier, workload, signal);
    onEvent({ type: "estimate", ...expected });
    return new TimeLeft(expected, epochs);
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
