// The three splits of a dataset, and their shares of its pictures.

import { TrainerError } from "../values/errors.ts";

/** The three splits, in the order of their fractions. */
export const SPLITS = ["train", "val", "test"] as const;

/** Use of a photograph: training, validation after each epoch, or the test at the end. */
export type Split = (typeof SPLITS)[number];

/** Shares of the three splits: each from 0 to 1, training above 0, with the sum 1. */
export type SplitFractions = readonly [train: number, val: number, test: number];

/** @throws {TrainerError} `INVALID_ARGUMENT` */
export function checkSplitFractions(fractions: readonly number[]): asserts fractions is SplitFractions {
  const sum = fractions.reduce((total, fraction) => total + fraction, 0);
  const isEach = fractions.every((fraction) => fraction >= 0 && fraction <= 1);
  if (fractions.length !== 3 || !isEach || !(Math.abs(sum - 1) < 1e-9) || fractions[0] === 0) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected three fractions from 0 to 1 for split, the first above 0, with the sum 1, but received ${fractions.join(",")}`,
      "Pass the shares of train, val and test, for example 0.8,0.1,0.1.",
    );
  }
}
