// The training loop: epochs of shuffled batches, each epoch followed by population statistics and validation.

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { partCount, partsOf, withBatch } from "../network/batch.ts";
import type { Generator } from "../values/generator.ts";
import type { Calibration } from "./calibration.ts";
import type { ValidationResults } from "./evaluate-pictures.ts";
import { accuracy } from "./metrics.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import { unlessAborted } from "../network/unless-aborted.ts";
import { pause } from "../values/event-loop.ts";
import { rateOf } from "./learning-rate.ts";
import type { Learner } from "./learner.ts";
import type { Recipe } from "./recipe.ts";
import { drawOrder } from "./sampling.ts";
import { bestEpoch, START, type EpochRecord, type Position } from "./state.ts";
import { isOver } from "./stopping.ts";
import { trainStep } from "./train-step.ts";
import { calibrationFor, validate } from "./validate.ts";

/** Report of a completed step. */
export interface StepReport {
  /** Counted from 1. */
  readonly epoch: number;
  /** Counted from 1. */
  readonly step: number;
  /** Steps per epoch. */
  readonly steps: number;
  /** Mean loss per picture in the epoch so far, in nats, as in {@link EpochRecord}. */
  readonly loss: number;
  /** Accuracy in the epoch so far, 0 to 1. */
  readonly accuracy: number;
  /** Number of pictures in the step. */
  readonly pictures: number;
  /** Duration of the step in seconds. */
  readonly seconds: number;
}

/** Options for {@link fit}. */
export interface FitOptions {
  readonly learner: Learner;
  readonly recipe: Recipe;
  readonly training: PictureSet;
  /** May be empty. */
  readonly validation: PictureSet;
  /** Indices of the training pictures for population statistics and calibration. */
  readonly sample: Int32Array;
  readonly epochs: number;
  /** Pictures per step; an epoch's last step may have fewer. */
  readonly batch: number;
  /** Minimum number of pictures per step: a smaller last step is merged into the previous one. */
  readonly minBatch: number;
  /** Draws the pictures of an epoch, augmentation and dropout masks. */
  readonly generator: Generator;
  /** Position to start from. */
  readonly from: Position;
  /** Records of the epochs before. */
  readonly history: readonly EpochRecord[];
  /** Aborts the current step, calls {@link FitOptions.save}, and throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (report: StepReport) => void;
  /**
   * Called after an epoch is evaluated, before {@link FitOptions.save}, with its record, all records so far, including it, and how its
   * network is calibrated: null unless the epoch is the best one so far or the last.
   */
  readonly onEpoch?: (
    record: EpochRecord,
    history: readonly EpochRecord[],
    calibration: Calibration | null,
  ) => Promise<void>;
  /** Called with every position to save: after each epoch, and when the training is stopped. */
  readonly save?: (position: Position, history: readonly EpochRecord[]) => Promise<void>;
}

/**
 * Trains. All random numbers are drawn from `generator`, in this order: an epoch's pictures and their order; then, step by step,
 * the augmentation of its pictures and its dropout masks.
 *
 * @returns the history of all epochs
 * @throws {TrainerError} `LOSS_NOT_FINITE`, `BATCH_TOO_LARGE`, and the signal's reason
 */
export async function fit(options: FitOptions): Promise<readonly EpochRecord[]> {
  let position = options.from;
  const history = [...options.history];
  while (!isOver(options.recipe.stopping, options.epochs, history)) {
    const { record, calibration } = await fitEpoch(options, position, history);
    history.push(record);
    position = { ...START, epoch: record.epoch };
    await options.learner.averaged(async () => options.onEpoch?.(record, history, calibration));
    await options.save?.(position, history);
  }
  return history;
}

/** An epoch's record, and the calibration of its network. */
interface FittedEpoch {
  readonly record: EpochRecord;
  readonly calibration: Calibration | null;
}

async function fitEpoch(options: FitOptions, from: Position, history: readonly EpochRecord[]): Promise<FittedEpoch> {
  const { learner, recipe, training, batch, minBatch: min, generator, signal } = options;
  const epoch = from.epoch + 1;
  const order = from.order.length > 0 ? from.order : drawOrder(recipe.sampling, training.classes, generator);
  const steps = partCount(order.length, { batch, min });
  const rateAt = (step: number): number =>
    rateOf(recipe.learningRate, { epoch, step, steps, epochs: options.epochs }, history);
  let { batchesDone, sums } = from;
  const begin = performance.now() - 1000 * sums.seconds;
  const secondsSoFar = (): number => (performance.now() - begin) / 1000;
  try {
    const parts = [...partsOf(order, { batch, min })].slice(batchesDone);
    for await (const pictures of training.read(parts, signal)) {
      await pause();
      signal?.throwIfAborted();
      const stepBegin = performance.now();
      const learningRate = rateAt(batchesDone + 1);
      const result = trainStep(options, { pictures, counts: training.counts, learningRate, signal });
      const correct = result.predicted.filter((predicted, place) => predicted === pictures.at(place).label);
      batchesDone++;
      sums = {
        loss: sums.loss + result.loss * pictures.size,
        correct: sums.correct + correct.length,
        pictures: sums.pictures + pictures.size,
        seconds: secondsSoFar(),
      };
      options.onStep?.({
        epoch,
        step: batchesDone,
        steps,
        loss: sums.loss / sums.pictures,
        accuracy: sums.correct / sums.pictures,
        pictures: pictures.size,
        seconds: (performance.now() - stepBegin) / 1000,
      });
    }

    return await learner.averaged(async () => {
      const evaluation = await evaluateEpoch(options);
      const record = {
        epoch,
        loss: sums.loss / sums.pictures,
        accuracy: sums.correct / sums.pictures,
        valLoss: evaluation?.loss ?? null,
        valAccuracy: evaluation === undefined ? null : accuracy(evaluation.confusion),
        learningRate: rateAt(steps),
        seconds: secondsSoFar(),
      };
      const soFar = [...history, record];
      const isKept = bestEpoch(soFar) === epoch || isOver(recipe.stopping, options.epochs, soFar);
      if (evaluation === undefined || !isKept) return { record, calibration: null };
      const calibration = await calibrationFor(learner.classifier, options, evaluation);
      return { record: { ...record, seconds: secondsSoFar() }, calibration };
    });
  } catch (error) {
    // Work since the last completed step is repeated after resuming.
    if (signal?.aborted === true && error === signal.reason) {
      await options.save?.({ epoch: from.epoch, order, batchesDone, sums }, history);
    }
    throw error;
  }
}

/** Sets the population statistics, and validates the network if there are validation pictures. */
async function evaluateEpoch(options: FitOptions): Promise<ValidationResults | undefined> {
  const { learner, training, validation, sample, batch, minBatch: min, signal } = options;
  const { classifier } = learner;
  const statistics = classifier.populationStatistics();
  for await (const some of training.read(partsOf(sample, { batch, min }), signal)) {
    await pause();
    signal?.throwIfAborted();
    withBatch(some, ({ pictures }) => computeOrExplain(() => unlessAborted(signal, () => statistics.add(pictures))));
  }
  statistics.apply();
  classifier.checkFinite();
  return validation.size > 0 ? await validate(classifier, options) : undefined;
}
