// Which split a photograph belongs to: a seeded hash of its path, so that adding or removing others never moves it.

import { createHash } from "node:crypto";

import { TrainerError } from "./errors.ts";

/** The three splits, in the order in which fractions are given. */
export const SPLITS = ["train", "val", "test"] as const;

/** What a photograph is for: training, validation after each epoch, or the test at the end. */
export type Split = (typeof SPLITS)[number];

/** Shares of the three splits: each 0 to 1, training above 0, together 1. */
export type SplitFractions = readonly [train: number, val: number, test: number];

/** @throws {TrainerError} `INVALID_ARGUMENT` */
export function checkSplitFractions(fractions: readonly number[]): asserts fractions is SplitFractions {
  const sum = fractions.reduce((total, fraction) => total + fraction, 0);
  const isEach = fractions.every((fraction) => fraction >= 0 && fraction <= 1);
  if (fractions.length !== 3 || !isEach || !(Math.abs(sum - 1) < 1e-9) || fractions[0] === 0) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected three fractions from 0 to 1 for split, the first above 0, with the sum 1, but received ${fractions.join(",")}`,
      "Give the shares of train, val and test, for example 0.8,0.1,0.1.",
    );
  }
}

/**
 * The split of the photograph at `path`: with u = the first 8 bytes of sha256("<seed>/<path>"), big-endian, / 2^64, it
 * is train for u < fractions[0], val for u < fractions[0] + fractions[1], else test.
 *
 * @param path relative to the folder, with `/`
 */
export function splitOf(path: string, seed: number, [train, val]: SplitFractions): Split {
  const hash = createHash("sha256").update(`${seed}/${path}`).digest();
  const u = Number(hash.readBigUInt64BE()) / 2 ** 64;
  if (u < train) return "train";
  return u < train + val ? "val" : "test";
}
