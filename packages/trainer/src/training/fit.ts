// The training loop: epochs of shuffled batches, each epoch followed by population statistics and validation.

import { setImmediate } from "node:timers/promises";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { partCount, partsOf, withBatch } from "../network/batch.ts";
import type { Checkpoint } from "../node/files/checkpoint-file.ts";
import type { Classifier } from "../network/classifier.ts";
import { evaluatePictures, type PictureResults } from "./evaluate-pictures.ts";
import type { Generator } from "../values/generator.ts";
import { accuracy } from "./metrics.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import type { EpochRecord } from "../node/files/run-folder.ts";
import { unlessAborted } from "../network/unless-aborted.ts";

/** Where a training stands. */
export type Position = Pick<Checkpoint, "epoch" | "order" | "batchesDone" | "sums">;

/** Before the first epoch. */
export const BEGINNING: Position = {
  epoch: 0,
  order: new Int32Array(),
  batchesDone: 0,
  sums: { loss: 0, correct: 0, pictures: 0, seconds: 0 },
};

/** A step that was done. */
export interface StepReport {
  /** From 1 on. */
  readonly epoch: number;
  /** From 1 on. */
  readonly step: number;
  /** Steps of an epoch. */
  readonly steps: number;
  /** Mean cross-entropy of a picture of the epoch so far, in nats. */
  readonly loss: number;
  /** Share of right answers of the epoch so far, 0 to 1. */
  readonly accuracy: number;
  /** Pictures of the step. */
  readonly pictures: number;
  /** Seconds that the step took. */
  readonly seconds: number;
}

/** What {@link fit} works with. */
export interface FitOptions {
  readonly classifier: Classifier;
  readonly training: PictureSet;
  /** May be empty. */
  readonly validation: PictureSet;
  /** Pictures of the training split that population statistics are taken over. */
  readonly sample: Int32Array;
  readonly epochs: number;
  /** Pictures a step; an epoch's last step may have fewer. */
  readonly batch: number;
  /** Pictures a step at least: a last step of fewer joins the one before it. */
  readonly leastBatch: number;
  /** Draws orders and dropout masks. */
  readonly generator: Generator;
  /** Where to begin. */
  readonly from: Position;
  /** Abandons the step that is being computed: {@link FitOptions.save} is called, and the signal's reason thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (report: StepReport) => void;
  /** Told when an epoch is evaluated, before {@link FitOptions.save}. */
  readonly onEpoch?: (record: EpochRecord) => Promise<void>;
  /** Told of every position worth keeping: after each epoch, and when it is stopped. */
  readonly save?: (position: Position) => Promise<void>;
}

/**
 * Trains. Every draw is taken from `generator`, in this order: an epoch's order, then the dropout masks of its steps.
 *
 * @throws {TrainerError} `LOSS_NOT_FINITE`, `BATCH_TOO_LARGE`, and the signal's reason
 */
export async function fit(options: FitOptions): Promise<void> {
  let position = options.from;
  while (position.epoch < options.epochs) position = await fitEpoch(options, position);
}

async function fitEpoch(options: FitOptions, from: Position): Promise<Position> {
  const { classifier, training, validation, sample, batch, leastBatch: least, generator, signal } = options;
  const epoch = from.epoch + 1;
  const order = from.order.length > 0 ? from.order : generator.permutation(training.size);
  const steps = partCount(order.length, { batch, least });
  let { batchesDone, sums } = from;
  const begin = performance.now() - 1000 * sums.seconds;
  const secondsSoFar = (): number => (performance.now() - begin) / 1000;
  /** Lets timers, signals and the terminal have their turn. */
  const pause = async (): Promise<void> => {
    await setImmediate();
    signal?.throwIfAborted();
  };

  let evaluation: PictureResults | undefined;
  try {
    for (const indices of [...partsOf(order, { batch, least })].slice(batchesDone)) {
      await pause();
      const stepBegin = performance.now();
      const result = withBatch(training, indices, (pictures) =>
        computeOrExplain(() => classifier.train(pictures, generator, signal)),
      );
      const correct = result.predicted.filter(
        (predicted, place) => predicted === training.at(indices[place] ?? 0).label,
      );
      batchesDone++;
      sums = {
        loss: sums.loss + result.loss * indices.length,
        correct: sums.correct + correct.length,
        pictures: sums.pictures + indices.length,
        seconds: secondsSoFar(),
      };
      options.onStep?.({
        epoch,
        step: batchesDone,
        steps,
        loss: sums.loss / sums.pictures,
        accuracy: sums.correct / sums.pictures,
        pictures: indices.length,
        seconds: (performance.now() - stepBegin) / 1000,
      });
    }

    const statistics = classifier.populationStatistics();
    for (const indices of partsOf(sample, { batch, least })) {
      await pause();
      withBatch(training, indices, ({ pictures }) =>
        computeOrExplain(() => unlessAborted(signal, () => statistics.add(pictures))),
      );
    }
    statistics.apply();
    classifier.checkFinite();
    if (validation.size > 0) evaluation = await evaluatePictures(classifier, validation, { batch, signal });
  } catch (error) {
    // What was computed since the last step is computed again.
    if (signal?.aborted === true && error === signal.reason) {
      await options.save?.({ epoch: from.epoch, order, batchesDone, sums });
    }
    throw error;
  }

  const after = { ...BEGINNING, epoch };
  await options.onEpoch?.({
    epoch,
    loss: sums.loss / sums.pictures,
    accuracy: sums.correct / sums.pictures,
    valLoss: evaluation?.loss ?? null,
    valAccuracy: evaluation === undefined ? null : accuracy(evaluation.confusion),
    seconds: secondsSoFar(),
  });
  await options.save?.(after);
  return after;
}
