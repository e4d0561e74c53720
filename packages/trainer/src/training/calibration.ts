// Calibrated probabilities: how often answers of a given probability were right on the validation pictures.

import type { LabeledPrediction } from "./evaluate-pictures.ts";
import { positive, record, such, nonNegative, type Shape } from "../values/json-shape.ts";

/** How a model's probabilities are corrected, and when it has no answer. */
export interface Calibration {
  /**
   * Temperature, 0.25 to 4, by which logarithms of probabilities are divided (Guo et al. 2017): above 1, the network was too sure of
   * itself; below 1, not sure enough.
   */
  readonly temperature: number;
  /** Calibrated probability below which the most probable class is no answer: 0 to 1. */
  readonly noneBelow: number;
}

/** Shape of its JSON. */
export const calibrationShape: Shape<Calibration> = record<Calibration>({
  temperature: positive,
  noneBelow: such(nonNegative, (value) => value <= 1, "a number from 0 to 1"),
});

/** An answer for a picture whose class is known. */
export interface Answer {
  /** Probability of each class. */
  readonly probabilities: readonly number[];
  /** Index of the actual class. */
  readonly actual: number;
}

/** Fewest answers from which a calibration is learned: fewer say more about themselves than about the network. */
const FEWEST = 20;

/** Range of the inverse of the temperature. */
const RANGE = [0.25, 4] as const;

/** Steps of the search for the temperature; each leaves two thirds of the range. */
const SEARCH_STEPS = 40;

/** Share of right answers that may fall below the threshold for an answer. */
const REFUSED = 0.02;

/** Smallest probability in a logarithm. */
const SMALLEST = 1e-12;

/**
 * The calibration by which the mean cross-entropy of `answers` is lowest, with a threshold that refuses 2 % of the right ones. Both
 * are rounded to three decimals. Undefined for fewer than 20 answers.
 */
export function calibrationOf(answers: readonly Answer[]): Calibration | undefined {
  if (answers.length < FEWEST) return undefined;
  const entropyAt = (inverse: number): number =>
    answers.reduce(
      (sum, { probabilities, actual }) =>
        sum - Math.log(Math.max(calibrated(probabilities, 1 / inverse)[actual] ?? 0, SMALLEST)),
      0,
    );
  let [low, high]: [number, number] = [...RANGE];
  // The entropy is convex in the inverse of the temperature.
  for (let step = 0; step < SEARCH_STEPS; step++) {
    const third = (high - low) / 3;
    if (entropyAt(low + third) < entropyAt(high - third)) high -= third;
    else low += third;
  }
  const temperature = rounded(2 / (low + high));
  const right = answers
    .filter(({ probabilities, actual }) => probabilities.indexOf(Math.max(...probabilities)) === actual)
    .map(({ probabilities }) => Math.max(...calibrated(probabilities, temperature)))
    .toSorted((one, other) => one - other);
  return { temperature, noneBelow: rounded(right[Math.floor(REFUSED * right.length)] ?? 0, Math.floor) };
}

/** The probabilities of all classes at `temperature`: p^(1/T), normalized. */
export function calibrated(probabilities: readonly number[], temperature: number): readonly number[] {
  if (temperature === 1) return probabilities;
  const most = Math.max(...probabilities);
  const powers = probabilities.map((probability) => (probability / most) ** (1 / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Predictions with calibrated probabilities. */
export function calibratedPredictions(
  predictions: readonly LabeledPrediction[],
  calibration: Calibration | null,
): readonly LabeledPrediction[] {
  if (calibration === null) return predictions;
  return predictions.map((prediction) => {
    const probabilities = calibrated(prediction.probabilities, calibration.temperature);
    return { ...prediction, probabilities, probability: Math.max(...probabilities) };
  });
}

/** Engines may differ in the last digit of a power: three decimals are the same everywhere. */
function rounded(value: number, round: (value: number) => number = Math.round): number {
  return round(1000 * value) / 1000;
}
