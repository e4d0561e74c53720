// The learning rate of each step, as set in a run's configuration.

import { nonNegative, positive, positiveCount, such, variants, type Shape } from "../values/json-shape.ts";
import { cosine } from "../values/trigonometry.ts";
import { comparedLoss, type EpochRecord } from "./state.ts";

/** Learning rate and its schedule. */
export type LearningRate = {
  /** Learning rate after the warm-up, above 0. */
  readonly rate: number;
  /**
   * Epochs, or fractions of one, in which the rate rises step by step from `rate` / steps to `rate` (Goyal et al. 2017): 0 or
   * more, rounded to whole steps.
   */
  readonly warmupEpochs: number;
} & (
  | {
      /** The same rate for every step. */
      readonly schedule: "constant";
    }
  | {
      /**
       * From `rate` along half a cosine towards 0, which the step after the last one would have (Loshchilov and Hutter 2017).
       * The course depends on the configured number of epochs.
       */
      readonly schedule: "cosine";
    }
  | {
      /**
       * Multiplied by `factor` whenever `patience` epochs in a row have not improved the validation loss, or the training loss
       * without validation pictures, as Keras' ReduceLROnPlateau does.
       */
      readonly schedule: "plateau";
      /** Above 0, below 1. */
      readonly factor: number;
      /** Number of epochs: 1 or more. */
      readonly patience: number;
    }
);

const warmedUp = { rate: positive, warmupEpochs: nonNegative };

/** Shape of its JSON. */
export const learningRateShape: Shape<LearningRate> = variants<"schedule", LearningRate>("schedule", {
  constant: warmedUp,
  cosine: warmedUp,
  plateau: {
    ...warmedUp,
    factor: such(positive, (value) => value < 1, "a number above 0 and below 1"),
    patience: positiveCount,
  },
});

/** Minimum decrease of the loss that counts as an improvement: Keras' default. */
const MIN_IMPROVEMENT = 1e-4;

/** Position of a step in its training. */
export interface StepPosition {
  /** Counted from 1. */
  readonly epoch: number;
  /** Counted from 1 in each epoch. */
  readonly step: number;
  /** Steps per epoch. */
  readonly steps: number;
  /** Configured number of epochs. */
  readonly epochs: number;
}

/**
 * The learning rate of a step.
 *
 * @param history records of the epochs before the step's
 */
export function rateOf(
  learningRate: LearningRate,
  { epoch, step, steps, epochs }: StepPosition,
  history: readonly EpochRecord[],
): number {
  const { schedule, rate, warmupEpochs } = learningRate;
  const warmupSteps = Math.round(warmupEpochs * steps);
  const stepsBefore = (epoch - 1) * steps + step - 1;
  if (stepsBefore < warmupSteps) return (rate * (stepsBefore + 1)) / warmupSteps;
  if (schedule === "constant") return rate;
  if (schedule === "plateau") return rate * powerOf(learningRate.factor, plateausOf(learningRate.patience, history));
  const progress = (stepsBefore - warmupSteps) / (epochs * steps - warmupSteps);
  return (rate * (1 + cosine(Math.PI * progress))) / 2;
}

/** `base` to the power `exponent`, a whole number: engines may differ in the last digit of `**`. */
function powerOf(base: number, exponent: number): number {
  let power = 1;
  for (let factor = 0; factor < exponent; factor++) power *= base;
  return power;
}

/** How often `patience` epochs in a row have not improved the loss. */
function plateausOf(patience: number, history: readonly EpochRecord[]): number {
  let best: number | undefined;
  let [waited, plateaus] = [0, 0];
  for (const loss of history.map(comparedLoss)) {
    if (best === undefined || loss + MIN_IMPROVEMENT < best) {
      best = loss;
      waited = 0;
    } else if (++waited === patience) {
      plateaus++;
      waited = 0;
    }
  }
  return plateaus;
}
