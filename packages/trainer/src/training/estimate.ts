// How long a training will take, from one timed step.

import type { Classifier } from "../network/classifier.ts";
import { partsOf, withBatch } from "../network/batch.ts";
import { computeOrExplain } from "../backend/out-of-memory.ts";
import { networkCost, SHORTEST_SIDE, type NetworkShape } from "../network/reference-network.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import type { StepReport } from "./fit.ts";

/** Pictures of the timed step: enough for a steady time, few enough for a short wait. */
const TIMED_PICTURES = 8;

/** Pictures of the step before it, in which engines compile. */
const WARM_UP_PICTURES = 2;

/** A forward pass is a third of a step: the backward pass computes two products of the same size. */
const FORWARD_SHARE = 1 / 3;

/** How long people wait without being asked. */
const COMFORTABLE_SECONDS = 600;

/** What a training is expected to take on this machine, from one timed step. */
export interface Estimate {
  /** Seconds for a step of a whole batch. */
  readonly stepSeconds: number;
  /** Seconds for an epoch, with its statistics and validation. */
  readonly epochSeconds: number;
  /** Seconds for all epochs that are left, and the test. */
  readonly totalSeconds: number;
  /** Side, in pixels, of square pictures that would take ten minutes, where `totalSeconds` is more and a side is known. */
  readonly sizeForTenMinutes: number | undefined;
}

/** The time that is left of a training: the estimate, corrected by how long steps really take. */
export class TimeLeft {
  readonly #expected: Estimate;
  readonly #epochs: number;
  #firstStep: Pick<StepReport, "epoch" | "step"> | undefined;
  #taken = { seconds: 0, steps: 0 };

  /** @param epochs of the whole training, those before the estimate included */
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

/** What the work consists of. */
export interface Workload {
  readonly training: PictureSet;
  readonly batch: number;
  /** Epochs that are left. */
  readonly epochs: number;
  /** Pictures of an epoch's population statistics. */
  readonly statisticsPictures: number;
  /** Pictures of an epoch's validation. */
  readonly validationPictures: number;
  readonly testPictures: number;
  /** Whether the reference network is trained, whose cost at other sizes is known. */
  readonly isReference: boolean;
}

/** Times a step, which changes nothing. @throws the signal's reason */
export function estimate(classifier: Classifier, workload: Workload, signal?: AbortSignal): Estimate {
  const { training, batch, epochs, statisticsPictures, validationPictures, testPictures, isReference } = workload;
  const secondsAPicture = (pictures: number): number => stepSecondsAPicture(classifier, training, pictures, signal);
  secondsAPicture(WARM_UP_PICTURES);
  const aPicture = secondsAPicture(Math.min(batch, TIMED_PICTURES));
  const forwardOnly = FORWARD_SHARE * (statisticsPictures + validationPictures);
  const epochSeconds = aPicture * (training.size + forwardOnly);
  const { width, height, labels } = training;
  const totalSeconds = epochs * epochSeconds + aPicture * FORWARD_SHARE * testPictures;
  return {
    stepSeconds: aPicture * batch,
    epochSeconds,
    totalSeconds,
    sizeForTenMinutes: isReference
      ? sizeForTenMinutes({ width, height, classes: labels.length }, totalSeconds)
      : undefined,
  };
}

function stepSecondsAPicture(
  classifier: Classifier,
  training: PictureSet,
  pictures: number,
  signal: AbortSignal | undefined,
): number {
  const [indices = new Int32Array()] = partsOf(
    Int32Array.from({ length: training.size }, (_, index) => index),
    { batch: pictures },
  );
  return withBatch(training, indices, (batch) => {
    const begin = performance.now();
    const { gradients } = computeOrExplain(() =>
      classifier.gradients(batch, { kind: "statistics", tell: () => undefined }, signal),
    );
    for (const gradient of Object.values(gradients)) gradient.dispose();
    return (performance.now() - begin) / 1000 / indices.length;
  });
}

/**
 * The largest side of square pictures at which a training that takes `seconds` takes ten minutes: time goes with the
 * multiply-adds. Undefined if it takes no longer, or if no size does.
 */
export function sizeForTenMinutes(shape: NetworkShape, seconds: number): number | undefined {
  if (seconds <= COMFORTABLE_SECONDS) return undefined;
  const most = networkCost(shape).multiplyAddsPerPicture * (COMFORTABLE_SECONDS / seconds);
  let side = Math.min(shape.width, shape.height);
  while (side >= SHORTEST_SIDE && networkCost({ ...shape, width: side, height: side }).multiplyAddsPerPicture > most)
    side--;
  return side >= SHORTEST_SIDE ? side : undefined;
}
