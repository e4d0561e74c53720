// How good a classifier is, from what it said of pictures whose class is known. Arithmetic alone.

import { TrainerError } from "../values/errors.ts";

/** How often each class was taken for which. */
export interface Confusion {
  /** The classes. */
  readonly labels: readonly string[];
  /** Pictures of the class `labels[true]` that were taken for `labels[predicted]`: `counts[true][predicted]`. */
  readonly counts: readonly (readonly number[])[];
}

/** How well one class is told from the others. */
export interface ClassMetrics {
  /** The class. */
  readonly label: string;
  /** Share of the pictures taken for this class that are of it, 0 to 1; null if none was taken for it. */
  readonly precision: number | null;
  /** Share of the pictures of this class that were taken for it, 0 to 1; null if there is none. */
  readonly recall: number | null;
}

/** What is known of a classifier after the test. */
export interface Metrics {
  /** Number of pictures judged. */
  readonly pictures: number;
  /** Number of correct answers. */
  readonly correct: number;
  /** Number of incorrect answers. */
  readonly incorrect: number;
  /** Share of correct answers, 0 to 1; null if no picture was judged. */
  readonly accuracy: number | null;
  /** {@link wilsonInterval} of the accuracy. */
  readonly interval95: readonly [low: number, high: number];
  /** Mean cross-entropy of a picture, in nats. */
  readonly loss: number;
  /** Class names, in the order of the rows and columns of `confusion`. */
  readonly labels: readonly string[];
  /** `confusion[true][predicted]`: pictures of the class `labels[true]` that were taken for `labels[predicted]`. */
  readonly confusion: readonly (readonly number[])[];
  /** In the order of `labels`. */
  readonly perClass: readonly ClassMetrics[];
}

/**
 * Counts answers.
 *
 * @param pairs for each picture the index of its class in `labels`, and of the class that it was taken for
 * @throws {TrainerError} `INVALID_ARGUMENT` for an index that `labels` does not have
 */
export function confusionOf(
  labels: readonly string[],
  pairs: Iterable<readonly [truth: number, predicted: number]>,
): Confusion {
  const counts = labels.map(() => labels.map(() => 0));
  for (const [truth, predicted] of pairs) {
    const row = counts[truth];
    const before = row?.[predicted];
    if (row === undefined || before === undefined) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected indices of ${labels.length} classes, but received ${truth} taken for ${predicted}`,
        `Give whole numbers from 0 to ${labels.length - 1}.`,
      );
    }
    row[predicted] = before + 1;
  }
  return { labels, counts };
}

/** Number of correct answers. */
export function correct({ counts }: Confusion): number {
  return sum(counts.map((row, truth) => row[truth] ?? 0));
}

/** Number of incorrect answers. */
export function incorrect(confusion: Confusion): number {
  return sum(confusion.counts.map(sum)) - correct(confusion);
}

/** Share of correct answers; null if there are none at all. */
export function accuracy(confusion: Confusion): number | null {
  return share(correct(confusion), correct(confusion) + incorrect(confusion));
}

/** Precision and recall of each class, in the order of the labels. */
export function classMetrics({ labels, counts }: Confusion): readonly ClassMetrics[] {
  return labels.map((label, index) => {
    const row = counts[index] ?? [];
    const hits = row[index] ?? 0;
    const taken = sum(counts.map((each) => each[index] ?? 0));
    return { label, precision: share(hits, taken), recall: share(hits, sum(row)) };
  });
}

/** Everything that a test tells. */
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

/** The standard normal distribution's 97.5 % quantile. */
const Z = 1.959963984540054;

/**
 * Where the true accuracy lies, with 95 % confidence, if `hits` of `total` answers were correct: Wilson's score interval
 * (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927). With p = hits / total,
 * n = total and z = 1.96, the standard normal distribution's 97.5 % quantile:
 *
 *     (p + z²/2n ± z √(p (1 - p) / n + z²/4n²)) / (1 + z²/n)
 *
 * @param hits correct answers: 0 to `total`
 * @param total answers; 0 says nothing: the interval is 0 to 1
 * @returns both ends, 0 to 1
 * @throws {TrainerError} `INVALID_ARGUMENT` unless both are whole and 0 <= hits <= total
 * @example
 * import { wilsonInterval } from "@silhouette/trainer";
 *
 * wilsonInterval(17, 18); // [0.742, 0.990]: 94.4 % correct, of so few answers
 */
export function wilsonInterval(hits: number, total: number): readonly [low: number, high: number] {
  if (!Number.isInteger(hits) || !Number.isInteger(total) || hits < 0 || hits > total) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected whole numbers with 0 <= hits <= total, but received ${hits} of ${total}`,
      "Count answers.",
    );
  }
  if (total === 0) return [0, 1];
  const p = hits / total;
  const n = total;
  const zz = Z * Z;
  const middle = p + zz / (2 * n);
  const reach = Z * Math.sqrt((p * (1 - p)) / n + zz / (4 * n * n));
  const scale = 1 + zz / n;
  // At the ends the formula gives 0 and 1 but for rounding.
  return [hits === 0 ? 0 : (middle - reach) / scale, hits === total ? 1 : (middle + reach) / scale];
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
