// Metrics of a classifier, from its predictions for labeled pictures. Pure arithmetic.

import { TrainerError } from "../values/errors.ts";

/** Confusion matrix: how often each class was classified as each other one. */
export interface Confusion {
  /** The classes. */
  readonly labels: readonly string[];
  /** `counts[actual][predicted]`: number of pictures of the class `labels[actual]` classified as `labels[predicted]`. */
  readonly counts: readonly (readonly number[])[];
}

/** Metrics of one class. */
export interface ClassMetrics {
  /** The class. */
  readonly label: string;
  /** Share of this class among the pictures classified as it, 0 to 1; null if there are none. */
  readonly precision: number | null;
  /** Share of the pictures of this class that were classified as it, 0 to 1; null if there are none. */
  readonly recall: number | null;
}

/** Metrics of a classifier on labeled pictures. */
export interface Metrics {
  /** Number of evaluated pictures. */
  readonly pictures: number;
  /** Number of correct predictions. */
  readonly correct: number;
  /** Number of incorrect predictions. */
  readonly incorrect: number;
  /** Share of correct predictions, 0 to 1; null if no picture was evaluated. */
  readonly accuracy: number | null;
  /** {@link wilsonInterval} of the accuracy. */
  readonly interval95: readonly [low: number, high: number];
  /** Mean cross-entropy per picture, in nats. */
  readonly loss: number;
  /** Class names, in the order of the rows and columns of `confusion`. */
  readonly labels: readonly string[];
  /** `confusion[actual][predicted]`: number of pictures of the class `labels[actual]` classified as `labels[predicted]`. */
  readonly confusion: readonly (readonly number[])[];
  /** Metrics per class, in the order of `labels`. */
  readonly perClass: readonly ClassMetrics[];
}

/**
 * Counts predictions.
 *
 * @param pairs for each picture, the indices of its actual and its predicted class in `labels`
 * @throws {TrainerError} `INVALID_ARGUMENT` for an index that is not in `labels`
 */
export function confusionOf(
  labels: readonly string[],
  pairs: Iterable<readonly [actual: number, predicted: number]>,
): Confusion {
  const confusion = new ConfusionCounts(labels);
  for (const [actual, predicted] of pairs) confusion.add(actual, predicted);
  return confusion;
}

/** A confusion matrix to which predictions are added. */
export class ConfusionCounts implements Confusion {
  readonly labels: readonly string[];
  readonly counts: readonly number[][];

  constructor(labels: readonly string[]) {
    this.labels = labels;
    this.counts = labels.map(() => labels.map(() => 0));
  }

  /** Counts a prediction. @throws {TrainerError} `INVALID_ARGUMENT` for an index that is not in the labels */
  add(actual: number, predicted: number): void {
    const row = this.counts[actual];
    const before = row?.[predicted];
    if (row === undefined || before === undefined) {
      const classes = this.labels.length;
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected indices of ${classes} classes, but received ${actual} classified as ${predicted}`,
        `Pass whole numbers from 0 to ${classes - 1}.`,
      );
    }
    row[predicted] = before + 1;
  }
}

/** Number of correct predictions. */
export function correct({ counts }: Confusion): number {
  return sum(counts.map((row, actual) => row[actual] ?? 0));
}

/** Number of incorrect predictions. */
export function incorrect(confusion: Confusion): number {
  return sum(confusion.counts.map(sum)) - correct(confusion);
}

/** Share of correct predictions; null if there are no predictions. */
export function accuracy(confusion: Confusion): number | null {
  return share(correct(confusion), correct(confusion) + incorrect(confusion));
}

/** Precision and recall of each class, in the order of the labels. */
export function classMetrics({ labels, counts }: Confusion): readonly ClassMetrics[] {
  return labels.map((label, index) => {
    const row = counts[index] ?? [];
    const hits = row[index] ?? 0;
    const predicted = sum(counts.map((each) => each[index] ?? 0));
    return { label, precision: share(hits, predicted), recall: share(hits, sum(row)) };
  });
}

/** All metrics of an evaluation. */
export function metricsOf(confusion: Confusion, loss: number): Metrics {
  const [hits, misses] = [correct(confusion), incorrect(confusion)];
  return {
    pictures: hits + misses,
    correct: hits,
    incorrect: misses,
    accuracy: accuracy(confusion),
    interval95: wilsonInterval(hits, hits + misses),
    loss,
    labels: confusion.labels,
    confusion: confusion.counts,
    perClass: classMetrics(confusion),
  };
}

/** 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * The 95 % confidence interval of the accuracy if `hits` of `total` predictions were correct: Wilson's score interval (E. B.
 * Wilson, "Probable inference, the law of succession, and statistical inference", 1927). With p = hits / total, n = total and
 * z = 1.96, the 97.5 % quantile of the standard normal distribution:
 *
 *     (p + z²/2n ± z √(p (1 - p) / n + z²/4n²)) / (1 + z²/n)
 *
 * @param hits number of correct predictions: 0 to `total`
 * @param total number of predictions; for 0, the interval is 0 to 1
 * @returns both ends, 0 to 1
 * @throws {TrainerError} `INVALID_ARGUMENT` unless both are whole and 0 <= hits <= total
 * @example
 * import { wilsonInterval } from "@silhouette/trainer";
 *
 * wilsonInterval(17, 18); // [0.742, 0.990]: 94.4 % correct, but of few predictions
 */
export function wilsonInterval(hits: number, total: number): readonly [low: number, high: number] {
  if (!Number.isInteger(hits) || !Number.isInteger(total) || hits < 0 || hits > total) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected whole numbers with 0 <= hits <= total, but received ${hits} of ${total}`,
      "Pass numbers of predictions.",
    );
  }
  if (total === 0) return [0, 1];
  const p = hits / total;
  const n = total;
  const zz = Z * Z;
  const middle = p + zz / (2 * n);
  const reach = Z * Math.sqrt((p * (1 - p)) / n + zz / (4 * n * n));
  const scale = 1 + zz / n;
  // At the ends the formula gives 0 and 1, except for rounding.
  return [hits === 0 ? 0 : (middle - reach) / scale, hits === total ? 1 : (middle + reach) / scale];
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
