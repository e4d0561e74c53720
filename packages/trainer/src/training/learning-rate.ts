// The learning rate of each step, as a run's configuration says it.

import { oneOf, real, record, type Shape } from "../values/json-shape.ts";

/** How the learning rate goes. */
export interface LearningRate {
  /** `constant`: the same for every step. */
  readonly schedule: "constant";
  /** Of Adam, above 0. */
  readonly rate: number;
}

/** What a learning rate's JSON has to look like. */
export const learningRateShape: Shape<LearningRate> = record<LearningRate>({ schedule: oneOf("constant"), rate: real });

/**
 * The learning rate of a step.
 *
 * @param _step which one: its epoch and its place in the epoch, both from 1 on, and the steps of an epoch
 */
export function rateOf(
  { rate }: LearningRate,
  _step: { readonly epoch: number; readonly step: number; readonly steps: number },
): number {
  return rate;
}
