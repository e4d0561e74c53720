// Calibrated probabilities: how often answers of a given probability were right on the validation pictures. And how unlike the training
// pictures the validation pictures are: what is more unlike is probably of no class.

import { unlikeness, unlikenessShape, type Unlikeness } from "./unlikeness.ts";
import { positive, record, type Shape } from "../values/json-shape.ts";

/** How a model's probabilities are corrected, and when it has no answer. */
export interface Calibration {
  /**
   * Temperature, 0.25 to 4, by which logarithms of probabilities are divided (Guo et al. 2017): above 1, the network was too sure of
   * itself; below 1, not sure enough.
   */
  readonly temperature: number;
  /** How unlike the training pictures a picture is. */
  readonly unlikeness: Unlikeness;
  /** Unlikeness beyond which a picture is probably of none of the classes: above 0. */
  readonly noneBeyond: number;
}

/** Shape of its JSON. */
export const calibrationShape: Shape<Calibration> = record<Calibration>({
  temperature: positive,
  unlikeness: unlikenessShape,
  noneBeyond: positive,
});

/** An answer for a picture whose class is known. */
export interface Answer {
  /** Probability of each class. */
  readonly probabilities: readonly number[];
  /** Features of the picture: see {@link featuresAt}. */
  readonly features: readonly number[];
  /** Index of the actual class. */
  readonly actual: number;
}

/** Range of the inverse of the temperature. */
const RANGE = [0.25, 4] as const;

/** Steps of the search for the temperature; each leaves two thirds of the range. */
const SEARCH_STEPS = 40;

/** Share of the right answers whose pictures may be beyond the limit. */
const REFUSED = 0.05;

/** Smallest probability in a logarithm. */
const SMALLEST = 1e-12;

/**
 * The calibration by which the mean cross-entropy of `answers` is lowest, with a limit that the pictures of 5 % of the right answers
 * exceed. Temperature and limit are rounded to three decimals.
 *
 * @param answers at least one
 */
export function calibrationOf(answers: readonly Answer[], learned: Unlikeness): Calibration {
  return { temperature: temperatureOf(answers), unlikeness: learned, noneBeyond: limitOf(answers, learned) };
}

function temperatureOf(answers: readonly Answer[]): number {
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
  return rounded(2 / (low + high));
}

/** The unlikeness that 5 % of the right answers exceed, or of all answers if none is right. */
function limitOf(answers: readonly Answer[], learned: Unlikeness): number {
  const right = answers.filter(
    ({ probabilities, actual }) => probabilities.indexOf(Math.max(...probabilities)) === actual,
  );
  const all = (right.length > 0 ? right : answers)
    .map(({ features }) => unlikeness(learned, features))
    .toSorted((one, other) => other - one);
  return Math.max(rounded(all[Math.floor(REFUSED * all.length)] ?? 0, Math.ceil), 0.001);
}

/** How unlike the training pictures a picture is, relative to the limit, 0 or more: above 1, it is probably of none of the classes. */
export function noveltyOf({ unlikeness: learned, noneBeyond }: Calibration, features: readonly number[]): number {
  return Math.max(unlikeness(learned, features) / noneBeyond, 0);
}

/** The probabilities of all classes at `temperature`: p^(1/T), normalized. */
export function calibrated(probabilities: readonly number[], temperature: number): readonly number[] {
  if (temperature === 1) return probabilities;
  const most = Math.max(...probabilities);
  const powers = probabilities.map((probability) => (probability / most) ** (1 / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Engines may differ in the last digit of a power: three decimals are the same everywhere. */
function rounded(value: number, round: (value: number) => number = Math.round): number {
  return round(1000 * value) / 1000;
}
