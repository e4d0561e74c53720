// Whether one classifier is better than another on the same pictures, or chance explains the difference.

import type { RecordedPrediction } from "./predictions-table.ts";

/** Result of a comparison. */
export interface RunComparison {
  /** Number of pictures that both runs were tested on. */
  readonly pictures: number;
  /** Number that both classified correctly. */
  readonly both: number;
  /** Number that only the first classified correctly. */
  readonly onlyFirst: number;
  /** Number that only the second classified correctly. */
  readonly onlySecond: number;
  /** Number that neither classified correctly. */
  readonly neither: number;
  /** Probability of a difference as large as this if both were equally good: McNemar's exact test. */
  readonly pValue: number;
}

/** What a comparison needs of a prediction. */
export type Answered = Pick<RecordedPrediction, "path" | "label" | "predicted">;

/**
 * Compares two classifiers on the pictures that both have answered: those with the same path and actual class.
 *
 * @returns undefined if there are none
 */
export function comparisonOf(first: readonly Answered[], second: readonly Answered[]): RunComparison | undefined {
  const bySecond = new Map(second.map((each) => [each.path, each]));
  const counts = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  for (const { path, label, predicted } of first) {
    const other = bySecond.get(path);
    if (other?.label !== label) continue;
    const [isFirst, isSecond] = [predicted === label, other.predicted === label];
    counts[isFirst ? (isSecond ? "both" : "onlyFirst") : isSecond ? "onlySecond" : "neither"]++;
  }
  const pictures = counts.both + counts.onlyFirst + counts.onlySecond + counts.neither;
  return pictures === 0 ? undefined : { pictures, ...counts, pValue: mcNemar(counts.onlyFirst, counts.onlySecond) };
}

/**
 * The exact p-value of McNemar's test (Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
 * percentages", 1947): the probability that of pictures which just one of two equally good classifiers gets right, the shares are at
 * least as unequal as these. Twice the tail of a binomial distribution with probability 1/2, at most 1.
 *
 * @param onlyFirst number of pictures that only the first classifier got right
 * @param onlySecond number of pictures that only the second one got right
 */
export function mcNemar(onlyFirst: number, onlySecond: number): number {
  const [fewer, total] = [Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond];
  // Terms C(total, k) / 2^total by their logarithms: neither fits a number for thousands of pictures.
  let logTerm = -total * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let k = 1; k <= fewer; k++) {
    logTerm += Math.log((total - k + 1) / k);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
