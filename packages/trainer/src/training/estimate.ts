// Estimates how long a training will take, from one timed step.

import type { Classifier } from "../network/classifier.ts";
import { withBatch } from "../network/batch.ts";
import { computeOrExplain } from "../backend/out-of-memory.ts";
import { networkCost, SHORTEST_SIDE, type NetworkShape } from "../network/reference-network.ts";
import type { LoadedPictures } from "../dataset/loaded-pictures.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import type { StepReport } from "./fit.ts";

/** Pictures of the timed step: enough for a stable time, few enough for a short wait. */
const TIMED_PICTURES = 8;

/** Pictures of the warm-up step, in which engines compile. */
const WARM_UP_PICTURES = 2;

/** Share of a forward pass in the time of a step: the backward pass computes two products of the same size. */
const FORWARD_SHARE = 1 / 3;

/** A training time that needs no suggestion of smaller pictures. */
const COMFORTABLE_SECONDS = 600;

/** Estimated duration of a training on this machine, from one timed step. */
export interface Estimate {
  /** Seconds per step with a full batch. */
  readonly stepSeconds: number;
  /** Seconds per epoch, including population statistics and validation. */
  readonly epochSeconds: number;
  /** Seconds for all remaining epochs and the test. */
  readonly totalSeconds: number;
  /** Side in pixels of square pictures that would take ten minutes, if `totalSeconds` is more and there is such a side. */
  readonly sizeForTenMinutes: number | undefined;
}

/** The time left of a training: the estimate, corrected by the measured duration of steps. */
export class TimeLeft {
  readonly #expected: Estimate;
  readonly #epochs: number;
  #firstStep: Pick<StepReport, "epoch" | "step"> | undefined;
  #taken = { seconds: 0, steps: 0 };

  /** @param epochs number of epochs of the whole training, including those before the estimate */
  constructor(expected: Estimate, epochs: number) {
    this.#expected = expected;
    this.#epochs = epochs;
  }

  /** Seconds left after a step. */
  after({ epoch, step, steps, seconds }: StepReport): number {
    this.#firstStep ??= { epoch, step };
    this.#taken = { seconds: this.#taken.seconds + seconds, steps: this.#taken.steps + 1 };
    const before = (this.#firstStep.epoch - 1) * steps + this.#firstStep.step - 1;
    const share = ((epoch - 1) * steps + step - before) / (this.#epochs * steps - before);
    const slowness = this.#taken.seconds / (this.#taken.steps * this.#expected.stepSeconds);
    return this.#expected.totalSeconds * slowness * (1 - share);
  }
}

/** The remaining work of a training. */
export interface Workload {
  readonly training: PictureSet;
  readonly batch: number;
  /** Remaining epochs. */
  readonly epochs: number;
  /** Pictures for the population statistics and the calibration of an epoch. */
  readonly statisticsPictures: number;
  /** Pictures for the validation of an epoch. */
  readonly validationPictures: number;
  readonly testPictures: number;
  /** Views of each validation and test picture. */
  readonly views: number;
  /** Whether this is the reference network, whose cost at other sizes is known. */
  readonly isReference: boolean;
}

/** Times a step without changing the network. @throws the signal's reason */
export async function estimate(classifier: Classifier, workload: Workload, signal?: AbortSignal): Promise<Estimate> {
  const { training, batch, epochs, statisticsPictures, validationPictures, testPictures, views, isReference } =
    workload;
  const secondsOf = async (pictures: number): Promise<number> => {
    const length = Math.min(pictures, training.size);
    const some = await training.load(Array.from({ length }, (_, index) => index));
    return stepSecondsPerPicture(classifier, some, signal);
  };
  await secondsOf(WARM_UP_PICTURES);
  const perPicture = await secondsOf(Math.min(batch, TIMED_PICTURES));
  const forwardOnly = FORWARD_SHARE * (statisticsPictures + views * validationPictures);
  const epochSeconds = perPicture * (training.size + forwardOnly);
  const { labels } = training;
  const { width, height } = training.input;
  const totalSeconds = epochs * epochSeconds + perPicture * FORWARD_SHARE * views * testPictures;
  return {
    stepSeconds: perPicture * batch,
    epochSeconds,
    totalSeconds,
    sizeForTenMinutes: isReference
      ? sizeForTenMinutes({ width, height, classes: labels.length }, totalSeconds)
      : undefined,
  };
}

function stepSecondsPerPicture(
  classifier: Classifier,
  pictures: LoadedPictures,
  signal: AbortSignal | undefined,
): number {
  return withBatch(pictures, (batch) => {
    const begin = performance.now();
    const { gradients } = computeOrExplain(() =>
      classifier.gradients(batch, { kind: "statistics", report: () => undefined }, signal),
    );
    for (const gradient of Object.values(gradients)) gradient.dispose();
    return (performance.now() - begin) / 1000 / pictures.size;
  });
}

/**
 * The largest side of square pictures at which a training that takes `seconds` would take ten minutes: the time is
 * proportional to the multiply-adds. Undefined if it takes no longer, or if no size is small enough.
 */
export function sizeForTenMinutes(shape: NetworkShape, seconds: number): number | undefined {
  if (seconds <= COMFORTABLE_SECONDS) return undefined;
  const max = networkCost(shape).multiplyAddsPerPicture * (COMFORTABLE_SECONDS / seconds);
  let side = Math.min(shape.width, shape.height);
  while (side >= SHORTEST_SIDE && networkCost({ ...shape, width: side, height: side }).multiplyAddsPerPicture > max)
    side--;
  return side >= SHORTEST_SIDE ? side : undefined;
}
