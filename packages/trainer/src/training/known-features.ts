// How far a picture is from the training pictures, as its network sees them: "Mahalanobis++" (M. Mueller and M. Hein, "Mahalanobis++:
// Improving OOD Detection via Feature Normalization", ICML 2025), which is the distance of K. Lee et al., "A Simple Unified Framework
// for Detecting Out-of-Distribution Samples and Adversarial Attacks", NeurIPS 2018, between features of length 1.
//
//   features f ─▶ folded to 64 numbers ─▶ z, of length 1 ─▶ the least |W (z - mean of a class)|
//
// W whitens: Wᵀ W is the inverse of the covariance of z about the means of their classes. All of it is sums in a fixed order, products,
// quotients and square roots of doubles, which are the same in every engine.

import { list, real, record, such, type Shape } from "../values/json-shape.ts";

/** Where the features of the training pictures are. */
export interface KnownFeatures {
  /** `[classes][size]`: the mean of each class that the sample has. */
  readonly means: readonly (readonly number[])[];
  /** `[size][row + 1]`: the rows of W, a lower triangular matrix. */
  readonly whitening: readonly (readonly number[])[];
}

/** Shape of its JSON. */
export const knownFeaturesShape: Shape<KnownFeatures> = such(
  record<KnownFeatures>({ means: list(list(real)), whitening: list(list(real)) }),
  ({ means, whitening }) =>
    means.length > 0 &&
    means.every(({ length }) => length === whitening.length) &&
    whitening.every((row, index) => row.length === index + 1),
  "means, and a triangular matrix of their size",
);

/**
 * Maximum number of features after folding. A covariance of more needs more training pictures than a sample has: of the 96 features of
 * the compact network, 64 sums tell as much. It also bounds what a model keeps, whatever its network.
 */
const FOLDED = 64;

/** Share of the covariance that is replaced by the mean variance on its diagonal, which makes it invertible. */
const SHRINKAGE = 0.1;

/** Smallest mean variance: that of features that are all the same. */
const SMALLEST_VARIANCE = 1e-9;

/** Significant digits that are kept. */
const DIGITS = 6;

/** Features of any number as at most 64, of length 1: feature i is added to place i mod 64. Zeros stay zeros, as do numbers that overflow. */
export function foldedFeatures(features: ArrayLike<number>): readonly number[] {
  const folded = Array.from({ length: Math.min(FOLDED, features.length) }, () => 0);
  for (let index = 0; index < features.length; index++) {
    const place = index % FOLDED;
    folded[place] = (folded[place] ?? 0) + (features[index] ?? 0);
  }
  const length = Math.sqrt(sumOf(folded, (each) => each * each));
  return length > 0 && length < Infinity ? folded.map((each) => each / length) : folded.map(() => 0);
}

/** A training picture as its network sees it. */
export interface LabeledFeatures {
  /** Its features, folded. */
  readonly features: readonly number[];
  /** Index of its class. */
  readonly actual: number;
}

/** Where `pictures` are, of which there is at least one. */
export function knownFeatures(pictures: readonly LabeledFeatures[]): KnownFeatures {
  const classes = [...new Set(pictures.map(({ actual }) => actual))].toSorted((one, other) => one - other);
  const meanOf = new Map(
    classes.map((label) => [label, rounded(mean(pictures.filter(({ actual }) => actual === label)))]),
  );
  const size = pictures[0]?.features.length ?? 0;
  const covariance = Array.from({ length: size }, (_, row) => Array.from({ length: row + 1 }, () => 0));
  for (const { features, actual } of pictures) {
    const difference = minus(features, meanOf.get(actual) ?? []);
    for (const [row, sums] of covariance.entries()) {
      for (let column = 0; column <= row; column++) {
        sums[column] = (sums[column] ?? 0) + ((difference[row] ?? 0) * (difference[column] ?? 0)) / pictures.length;
      }
    }
  }
  const variance = Math.max(sumOf(covariance, (row) => row.at(-1) ?? 0) / size, SMALLEST_VARIANCE);
  const shrunk = covariance.map((row, index) =>
    row.map((value, column) => (1 - SHRINKAGE) * value + (column === index ? SHRINKAGE * variance : 0)),
  );
  return { means: [...meanOf.values()], whitening: invertedFactor(shrunk).map(rounded) };
}

/** Mahalanobis' distance of folded features to the nearest mean: about the square root of their number if they are known. */
export function distanceTo({ means, whitening }: KnownFeatures, features: readonly number[]): number {
  const squares = means.map((each) => {
    const difference = minus(features, each);
    return sumOf(whitening, (row) => {
      const value = sumOf(row, (factor, column) => factor * (difference[column] ?? 0));
      return value * value;
    });
  });
  return Math.sqrt(Math.min(...squares));
}

/** L⁻¹ for a positive definite matrix A = L Lᵀ (Cholesky). All are given by the rows of their lower triangle. */
function invertedFactor(matrix: readonly (readonly number[])[]): number[][] {
  const factor: number[][] = [];
  const inverse: number[][] = [];
  for (const [row, values] of matrix.entries()) {
    const own: number[] = [];
    for (let column = 0; column < row; column++) {
      const products = sumOf(own, (each, index) => each * (factor[column]?.[index] ?? 0));
      own.push(((values[column] ?? 0) - products) / (factor[column]?.[column] ?? 1));
    }
    const diagonal = Math.sqrt((values[row] ?? 0) - sumOf(own, (each) => each * each));
    factor.push([...own, diagonal]);
    // Forward substitution: the rows of the inverse follow from those above.
    const above = Array.from({ length: row }, (_, column) =>
      sumOf(own, (each, index) => each * (inverse[index]?.[column] ?? 0)),
    );
    inverse.push([...above.map((sum) => -sum / diagonal), 1 / diagonal]);
  }
  return inverse;
}

function mean(pictures: readonly LabeledFeatures[]): number[] {
  const size = pictures[0]?.features.length ?? 0;
  return Array.from(
    { length: size },
    (_, place) => sumOf(pictures, ({ features }) => features[place] ?? 0) / pictures.length,
  );
}

function minus(features: readonly number[], others: readonly number[]): number[] {
  return features.map((value, index) => value - (others[index] ?? 0));
}

function sumOf<Value>(values: readonly Value[], of: (value: Value, index: number) => number): number {
  let sum = 0;
  for (const [index, value] of values.entries()) sum += of(value, index);
  return sum;
}

function rounded(values: readonly number[]): number[] {
  return values.map((value) => Number(value.toPrecision(DIGITS)));
}
