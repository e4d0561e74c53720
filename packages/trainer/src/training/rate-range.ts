// The learning rate range test (L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017): the rate grows from
// step to step, and the loss shows at which rates the network learns. Smoothing, end and suggestion are those of fastai 2.8's `lr_find`
// (https://docs.fast.ai/callback.schedule.html).

import { TrainerError } from "../values/errors.ts";
import { partsOf } from "../network/batch.ts";
import type { LoadedPictures } from "../dataset/loaded-pictures.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import type { Generator } from "../values/generator.ts";
import { pause } from "../values/event-loop.ts";
import { drawOrder } from "./sampling.ts";
import { trainStep, type StepSettings } from "./train-step.ts";

/** Number of steps. */
export const RANGE_STEPS = 100;

/** Rate of the first step. */
const LOWEST_RATE = 1e-6;

/** Factor between the rates of consecutive steps: the last rate is 1.02. Only products, so that it is the same in every engine. */
const GROWTH = 1.15;

/** Share of its average that the smoothed loss keeps at each step. */
const SMOOTHING = 0.98;

/** A smoothed loss of so many times the lowest one ends the test. */
const DIVERGED = 4;

/** Steps at the beginning, whose average is of a few losses only, and at the end, where the loss diverges, that suggest nothing. */
const IGNORED = { first: RANGE_STEPS / 10, last: 5 };

/** A step of a range test. */
export interface RatePoint {
  /** Counted from 1. */
  readonly step: number;
  /** Learning rate. */
  readonly rate: number;
  /** Mean loss per picture of the step, as trained. */
  readonly loss: number;
  /** Average of the losses so far, of which later ones count more. */
  readonly smoothedLoss: number;
}

/** Result of a range test. */
export interface RateRange {
  /** The steps: 100, or fewer if the loss diverged. */
  readonly points: readonly RatePoint[];
  /** The step whose rate is suggested; null if the loss never fell. */
  readonly suggestion: RatePoint | null;
}

/** Options for {@link testRates}. */
export interface RateRangeOptions extends StepSettings {
  readonly training: PictureSet;
  /** Pictures per step; an epoch's last step may have fewer. */
  readonly batch: number;
  /** Minimum number of pictures per step. */
  readonly minBatch: number;
  /** Draws the pictures of each epoch and their order, augmentation and dropout masks. */
  readonly generator: Generator;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (point: RatePoint) => void;
}

/**
 * Trains up to 100 steps at rates from 1e-6 to 1. The network is of no use afterwards.
 *
 * @throws {TrainerError} `LOSS_NOT_FINITE` if the first step diverges already, `BATCH_TOO_LARGE`; the signal's reason
 */
export async function testRates(options: RateRangeOptions): Promise<RateRange> {
  const { recipe, training, batch, minBatch: min, generator, signal, onStep } = options;
  const points: RatePoint[] = [];
  const smoothed = new SmoothedLoss();
  let [rate, lowest] = [LOWEST_RATE, Infinity];
  while (points.length < RANGE_STEPS) {
    const parts = partsOf(drawOrder(recipe.sampling, training.classes, generator), { batch, min });
    for await (const pictures of training.read(parts, signal)) {
      await pause();
      signal?.throwIfAborted();
      const loss = lossAt(rate, pictures, options, points.length > 0);
      if (loss === undefined) return { points, suggestion: suggested(points) };
      const point = { step: points.length + 1, rate, loss, smoothedLoss: smoothed.after(loss) };
      points.push(point);
      onStep?.(point);
      lowest = Math.min(lowest, point.smoothedLoss);
      if (point.smoothedLoss > DIVERGED * lowest || points.length === RANGE_STEPS) {
        return { points, suggestion: suggested(points) };
      }
      rate *= GROWTH;
    }
  }
  throw new RangeError("Expected at least one training picture");
}

/** The loss of a step; undefined if it diverges and is not the first one. */
function lossAt(
  learningRate: number,
  pictures: LoadedPictures,
  { training, signal, ...settings }: RateRangeOptions,
  mayDiverge: boolean,
): number | undefined {
  try {
    return trainStep(settings, { pictures, counts: training.counts, learningRate, signal }).loss;
  } catch (error) {
    if (mayDiverge && error instanceof TrainerError && error.code === "LOSS_NOT_FINITE") return undefined;
    throw error;
  }
}

/**
 * An exponential average without the bias of its start: with a\u2080 = 0 and a_n = \u03b2 a_(n-1) + (1 - \u03b2) x_n, it is a_n / (1 - \u03b2\u207f) after n losses.
 */
export class SmoothedLoss {
  #average = 0;
  #kept = 1;

  /** The average after another loss. */
  after(loss: number): number {
    this.#average = SMOOTHING * this.#average + (1 - SMOOTHING) * loss;
    this.#kept *= SMOOTHING;
    return this.#average / (1 - this.#kept);
  }
}

/**
 * The point in the middle of the longest descent (fastai's "valley"): of the longest subsequence of falling losses, which ends at index
 * e and has n points, that at half of the second third of e - n to e. Null if the loss never falls.
 */
export function suggested(points: readonly RatePoint[]): RatePoint | null {
  const counted = points.slice(IGNORED.first, -IGNORED.last);
  const lengths = counted.map(() => 1);
  let [start, end] = [0, 0];
  for (const [index, { smoothedLoss }] of counted.entries()) {
    for (const [before, earlier] of counted.slice(0, index).entries()) {
      const length = (lengths[before] ?? 0) + 1;
      if (smoothedLoss < earlier.smoothedLoss && (lengths[index] ?? 0) < length) lengths[index] = length;
    }
    if ((lengths[index] ?? 0) <= (lengths[end] ?? 0)) continue;
    end = index;
    start = end - (lengths[end] ?? 0);
  }
  if (end === 0) return null;
  const third = (end - start) / 3;
  return counted[Math.max(0, start + Math.floor(third) + Math.floor(third / 2))] ?? null;
}
