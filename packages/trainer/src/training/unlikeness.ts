// How unlike the training pictures a picture is, as its network sees it: a linear support vector machine that tells the features of
// training pictures from those of the same pictures, distorted. Features of several blocks see more than the last layer's (K. Lee et al., "A
// Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks", NeurIPS 2018); pictures that are made from
// training pictures stand in for others that nobody has (I. Golan and R. El-Yaniv, "Deep Anomaly Detection Using Geometric
// Transformations", NeurIPS 2018).
//
//   features of each block ─▶ at most 128, of length 1 ─▶ all in one: z ─▶ w z + b
//
// All of it is sums in a fixed order, products, quotients and square roots of doubles, which are the same in every engine.

import { list, real, record, type Shape } from "../values/json-shape.ts";

/** What tells training pictures from distorted ones: how unlike they are is w z + b, which is 0 for the mean training picture. */
export interface Unlikeness {
  /** `[size]`: w, for the features z of a picture. */
  readonly weights: readonly number[];
  /** b. */
  readonly bias: number;
}

/** Shape of its JSON. */
export const unlikenessShape: Shape<Unlikeness> = record<Unlikeness>({ weights: list(real), bias: real });

/** Maximum number of features of a block: it bounds what a model keeps, whatever its network. */
export const FOLDED = 128;

/** Newton's steps after which the search ends in any case; about five are enough. */
const MOST_ROUNDS = 100;

/** The search ends when the gradient is shorter. */
const TOLERANCE = 1e-6;

/** How exactly steps are computed, relative to the gradient. */
const STEP_ACCURACY = 0.01;

/** Share of the descent that a step promises which it has to bring (Armijo), and the shortest part of a step that is tried. */
const ARMIJO = 1e-4;
const SHORTEST = 1e-6;

/** Significant digits that are kept. */
const DIGITS = 6;

/**
 * The features z of a picture: of each block at most 128, of length 1, one block after the other. Feature i of a block is added to place i
 * mod 128. Zeros stay zeros, as do numbers that overflow.
 */
export function joinedFeatures(blocks: readonly ArrayLike<number>[]): readonly number[] {
  return blocks.flatMap((features) => {
    const folded = Array.from({ length: Math.min(FOLDED, features.length) }, () => 0);
    for (let index = 0; index < features.length; index++) {
      const place = index % FOLDED;
      folded[place] = (folded[place] ?? 0) + (features[index] ?? 0);
    }
    const length = Math.sqrt(folded.reduce((sum, each) => sum + each * each, 0));
    return length > 0 && length < Infinity ? folded.map((each) => each / length) : folded.map(() => 0);
  });
}

/**
 * The features z of picture `place` of a batch.
 *
 * @param blocks those of all pictures of the batch: `[pictures, features]` for each block
 */
export function featuresAt(place: number, blocks: readonly Float32Array[], pictures: number): readonly number[] {
  return joinedFeatures(
    blocks.map((all) => {
      const size = all.length / pictures;
      return all.subarray(place * size, (place + 1) * size);
    }),
  );
}

/** What tells `known` pictures from `others`, by their features; there is at least one of each. */
export function unlikenessOf(
  known: readonly (readonly number[])[],
  others: readonly (readonly number[])[],
): Unlikeness {
  const all = [...known, ...others];
  const scales = scalesOf(all);
  // The last feature is constant: its weight is the bias.
  const standardized = all.map((features) =>
    Float64Array.from([...scales.map(({ mean, deviation }, at) => ((features[at] ?? 0) - mean) / deviation), 1]),
  );
  const found = separated(standardized, known.length);
  const weights = scales.map(({ deviation }, at) => rounded((found[at] ?? 0) / deviation));
  const mean = known.reduce((sum, features) => sum + product(weights, features), 0) / known.length;
  return { weights, bias: rounded(-mean) };
}

/**
 * How unlike the training pictures a picture is: any number, 0 for the mean of the training pictures.
 *
 * @param features as many as there are weights
 */
export function unlikeness({ weights, bias }: Unlikeness, features: readonly number[]): number {
  if (features.length !== weights.length) {
    throw new RangeError(`Expected ${weights.length} features, but received ${features.length}`);
  }
  return product(weights, features) + bias;
}

/** Mean and standard deviation of each feature; features that are all the same are not scaled. */
function scalesOf(
  all: readonly (readonly number[])[],
): readonly { readonly mean: number; readonly deviation: number }[] {
  return (all[0] ?? []).map((_, at) => {
    const mean = all.reduce((sum, features) => sum + (features[at] ?? 0), 0) / all.length;
    const squares = all.map((features) => ((features[at] ?? 0) - mean) * ((features[at] ?? 0) - mean));
    return { mean, deviation: Math.sqrt(squares.reduce((sum, each) => sum + each, 0) / all.length) || 1 };
  });
}

/**
 * The w for which |w|² / 2 + the mean over all pictures of max(0, 1 - y w x)² is lowest, with y = -1 for the first `known` pictures, else 1:
 * a linear support vector machine with squared hinge loss, by Newton's method, whose steps are found by conjugate gradients (C.-J. Lin,
 * R. C. Weng and S. S. Keerthi, "Trust Region Newton Method for Large-Scale Logistic Regression", JMLR 2008, with a line search).
 */
function separated(pictures: readonly Float64Array[], known: number): Float64Array {
  const share = 2 / pictures.length;
  const size = pictures[0]?.length ?? 0;
  let weights = new Float64Array(size);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { loss, gradient, violating } = objectiveAt(weights, pictures, known);
    const steepness = Math.sqrt(product(gradient, gradient));
    if (steepness < TOLERANCE) break;
    // The Hessian is 1 + the sum over the violating pictures of share x xᵀ.
    const curved = (direction: Float64Array): Float64Array => {
      const result = direction.slice();
      for (const features of violating) addTo(result, share * product(features, direction), features);
      return result;
    };
    const step = solved(curved, gradient, STEP_ACCURACY * steepness);
    const descent = product(gradient, step);
    let length = 1;
    let next = moved(weights, length, step);
    while (objectiveAt(next, pictures, known).loss > loss + ARMIJO * length * descent && length > SHORTEST) {
      length /= 2;
      next = moved(weights, length, step);
    }
    weights = next;
  }
  return weights;
}

/** The objective at `weights`, its gradient, and the pictures within the margin or on the wrong side of it. */
function objectiveAt(
  weights: Float64Array,
  pictures: readonly Float64Array[],
  known: number,
): { readonly loss: number; readonly gradient: Float64Array; readonly violating: readonly Float64Array[] } {
  const gradient = weights.slice();
  const violating: Float64Array[] = [];
  let squares = 0;
  for (const [index, features] of pictures.entries()) {
    const sign = index < known ? -1 : 1;
    const violation = 1 - sign * product(weights, features);
    if (violation <= 0) continue;
    violating.push(features);
    squares += violation * violation;
    addTo(gradient, (-2 / pictures.length) * sign * violation, features);
  }
  return { loss: product(weights, weights) / 2 + squares / pictures.length, gradient, violating };
}

/** The s for which H s = -`gradient` up to `tolerance`, by conjugate gradients; `curved` multiplies with H. */
function solved(
  curved: (direction: Float64Array) => Float64Array,
  gradient: Float64Array,
  tolerance: number,
): Float64Array {
  const solution = new Float64Array(gradient.length);
  let residual = gradient.map((each) => -each);
  let direction = residual;
  let square = product(residual, residual);
  for (let round = 0; round < gradient.length && Math.sqrt(square) > tolerance; round++) {
    const image = curved(direction);
    const length = square / product(direction, image);
    addTo(solution, length, direction);
    residual = moved(residual, -length, image);
    const before = square;
    square = product(residual, residual);
    direction = moved(residual, square / before, direction);
  }
  return solution;
}

function addTo(sums: Float64Array, factor: number, values: Float64Array): void {
  for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + factor * (values[at] ?? 0);
}

/** `from` + `factor` · `along`. */
function moved(from: Float64Array, factor: number, along: Float64Array): Float64Array<ArrayBuffer> {
  const result = new Float64Array(from);
  addTo(result, factor, along);
  return result;
}

function product(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] ?? 0) * (other[at] ?? 0);
  return sum;
}

function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
