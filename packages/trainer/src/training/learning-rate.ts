// The learning rate of each step, as set in a run's configuration.

import { oneOf, real, record, type Shape } from "../values/json-shape.ts";

/** Learning rate and its schedule. */
export interface LearningRate {
  /** `constant`: the same rate for every step. */
  readonly schedule: "constant";
  /** Learning rate of Adam, above 0. */
  readonly rate: number;
}

/** Shape of its JSON. */
export const learningRateShape: Shape<LearningRate> = record<LearningRate>({ schedule: oneOf("constant"), rate: real });

/**
 * The learning rate of a step.
 *
 * @param _step the step: its epoch and its number within the epoch, both counted from 1, and the steps per epoch
 */
export function rateOf(
  { rate }: LearningRate,
  _step: { readonly epoch: number; readonly step: number; readonly steps: number },
): number {
  return rate;
}
