// What of a test is shown first: the most confident mistakes, and the classes that are confused most. Ties keep the order of the data.

import type { ReportPicture } from "../report-data.ts";

/** Two classes that were confused, in either direction. */
export interface ConfusedPair {
  /** Indices of the classes: more pictures of `first` were classified as `second` than the reverse. */
  readonly first: number;
  readonly second: number;
  readonly firstAsSecond: number;
  readonly secondAsFirst: number;
}

/** Number of pictures of a cell of the confusion matrix. */
export function countOf(confusion: readonly (readonly number[])[], actual: number, predicted: number): number {
  return confusion[actual]?.[predicted] ?? 0;
}

/** Pairs of classes that were confused at least once, the most confused first. */
export function confusedPairs(confusion: readonly (readonly number[])[]): readonly ConfusedPair[] {
  return confusion
    .flatMap((_, low) =>
      confusion.slice(low + 1).map((__, offset) => {
        const high = low + 1 + offset;
        const [up, down] = [countOf(confusion, low, high), countOf(confusion, high, low)];
        return up >= down
          ? { first: low, second: high, firstAsSecond: up, secondAsFirst: down }
          : { first: high, second: low, firstAsSecond: down, secondAsFirst: up };
      }),
    )
    .filter(({ firstAsSecond }) => firstAsSecond > 0)
    .toSorted((a, b) => b.firstAsSecond + b.secondAsFirst - (a.firstAsSecond + a.secondAsFirst));
}

/**
 * The classes of the most confused pairs, up to `count` of them, in the order of the labels. Without that many, the first classes fill up.
 */
export function mostConfusedClasses(confusion: readonly (readonly number[])[], count: number): readonly number[] {
  const classes = confusedPairs(confusion).flatMap(({ first, second }) => [first, second]);
  return [...new Set([...classes, ...confusion.keys()])].slice(0, count).toSorted((a, b) => a - b);
}

/** Incorrectly classified pictures, the most confident answers first. */
export function mistakesOf(pictures: readonly ReportPicture[]): readonly ReportPicture[] {
  return pictures.filter(({ actual, predicted }) => actual !== predicted).toSorted(byConfidence);
}

/** Pictures of the class `actual` that were classified as `predicted`, the most confident answers first. */
export function picturesOf(
  pictures: readonly ReportPicture[],
  actual: number,
  predicted: number,
): readonly ReportPicture[] {
  return pictures
    .filter((picture) => picture.actual === actual && picture.predicted === predicted)
    .toSorted(byConfidence);
}

/** Probability of a class of a picture. */
export function probabilityOf({ probabilities }: ReportPicture, label: number): number {
  return probabilities[label] ?? 0;
}

function byConfidence(a: ReportPicture, b: ReportPicture): number {
  return probabilityOf(b, b.predicted) - probabilityOf(a, a.predicted);
}
