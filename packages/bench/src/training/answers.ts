// Verifies the answer of a peer of the training suites against ours. In: two answers. Out: their deviation, or an error.

import { answersDiffer } from "../measure/errors.ts";
import type { TrainingSuite } from "./turn.ts";

/**
 * The largest deviation from our answer: of a loss, relative to the loss before the first step; of a probability; of a
 * checksum. Later losses may deviate more, since Adam's first steps divide gradients near 0 by their own size.
 */
const TOLERANCES: Readonly<Record<TrainingSuite, { readonly first: number; readonly later: number }>> = {
  train: { first: 1e-3, later: 2e-2 },
  predict: { first: 1e-4, later: 1e-4 },
  load: { first: 0, later: 0 },
};

/**
 * The largest deviation of `values` from `ours`.
 *
 * @throws {BenchError} `ANSWERS_DIFFER` if it is more than rounding explains
 */
export function checkedDeviation(
  suite: TrainingSuite,
  name: string,
  values: readonly number[],
  ours: readonly number[],
): number {
  const { first, later } = TOLERANCES[suite];
  const scale = suite === "train" ? Math.abs(ours[0] ?? Number.NaN) : 1;
  const deviations = ours.map((value, index) => Math.abs((values[index] ?? Number.NaN) - value) / scale);
  const isWithin = deviations.every((deviation, index) => deviation <= (index === 0 ? first : later));
  if (isWithin && values.length === ours.length) return Math.max(...deviations);
  const shown = (list: readonly number[]): string => list.slice(0, 6).join(", ");
  throw answersDiffer(
    `Expected ${name} to give our answer, ${shown(ours)}, but received ${shown(values)}. Nothing was timed.`,
  );
}
