// When times are invalid because other programs ran. In: times. Out: the reason, if there is one.

import type { Timing } from "./rounds.ts";

/** The highest of the rounds' medians on a machine that does nothing else, relative to the lowest. */
const MOST_SPREAD = 1.5;

/** Times, and of what. */
interface Measured {
  readonly where: string;
  readonly timings: readonly Pick<Timing, "name" | "lowestRoundMilliseconds" | "highestRoundMilliseconds">[];
}

/** Names each of the timings whose rounds are far apart: something else computed in some of them. Null if there is none. */
export function disturbedText(measured: readonly Measured[]): string | null {
  const all = measured.flatMap(({ where, timings }) =>
    timings.flatMap(({ name, lowestRoundMilliseconds: lowest, highestRoundMilliseconds: highest }) => {
      const spread = highest / lowest;
      return spread <= MOST_SPREAD ? [] : [`${name} (${where}: ${spread.toFixed(1)} times)`];
    }),
  );
  if (all.length === 0) return null;
  return `the rounds' medians are far apart, as if other programs had run, of ${all.join(", ")}`;
}
