// Peers at one task, the fastest first: what charts and the page of results show of every suite. In: rows. Out: rankings.

import type { Timing } from "./rounds.ts";

/** A peer at a task. Times are milliseconds per picture, sample or call. */
export interface RankedRow extends Pick<
  Timing,
  "medianMilliseconds" | "bestMilliseconds" | "lowestRoundMilliseconds" | "highestRoundMilliseconds"
> {
  /** What it is, for people: with its threads, or its version. */
  readonly name: string;
  /** The name that `--peers` knows it by. */
  readonly peer: string;
  /** Whether it is ours. */
  readonly isOurs: boolean;
  /** Largest resident set, in bytes; undefined if it was not measured. */
  readonly peakBytes?: number | undefined;
}

/** Peers at one task. */
export interface Ranking {
  /** The task. */
  readonly title: string;
  /** Options that limit the suite to the task, such as `--batch 8`; empty if none does. */
  readonly options: string;
  /** By their medians, the fastest first. */
  readonly rows: readonly RankedRow[];
  /** The median that the others are compared with: that of the first peer to take turns, ours. */
  readonly oursMilliseconds: number;
}

/** Ranks `rows`, of which the first is the one that the others are compared with. */
export function rankingOf(title: string, options: string, rows: readonly RankedRow[]): Ranking {
  return {
    title,
    options,
    rows: rows.toSorted((one, other) => one.medianMilliseconds - other.medianMilliseconds),
    oursMilliseconds: rows[0]?.medianMilliseconds ?? Number.NaN,
  };
}

/** Ranks timings by what they are of: those of one title are compared, and the first of them is ours. */
export function rankingsByTitle<One extends Timing>(
  timings: readonly One[],
  titleOf: (timing: One) => string,
): readonly Ranking[] {
  return [...new Set(timings.map(titleOf))].map((title) =>
    rankingOf(
      title,
      "",
      timings.filter((timing) => titleOf(timing) === title).map((timing) => rowOf(timing)),
    ),
  );
}

/** A row of a timing; `name` if it is not the peer's. */
export function rowOf(timing: Timing & Pick<RankedRow, "peakBytes">, name: string = timing.name): RankedRow {
  const { bestMilliseconds, medianMilliseconds, lowestRoundMilliseconds, highestRoundMilliseconds, peakBytes } = timing;
  return {
    name,
    peer: timing.name,
    isOurs: isOurs(timing.name),
    medianMilliseconds,
    bestMilliseconds,
    lowestRoundMilliseconds,
    highestRoundMilliseconds,
    peakBytes,
  };
}

/** `silhouette`, `tf.layers on silhouette's WASM`, `ours simd128`. */
function isOurs(name: string): boolean {
  return /^ours\b|\bsilhouette\b/.test(name);
}
