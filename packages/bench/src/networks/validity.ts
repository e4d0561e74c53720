// When the figures of a run are invalid. In: groups. Out: the reason, if there is one.

import { threadsText } from "../measure/report-words.ts";
import type { NetworkGroup } from "./result.ts";

/** The highest of the rounds' medians on a machine that does nothing else, relative to the lowest. */
const MOST_SPREAD = 1.5;

/** Names each peer whose rounds are far apart: something else computed in some of them. */
export function reasonForInvalid(groups: readonly NetworkGroup[]): string | null {
  const all = groups.flatMap(({ network, use, threads, peers }) =>
    peers.flatMap(({ name, lowestRoundMilliseconds: lowest, highestRoundMilliseconds: highest }) => {
      const spread = highest / lowest;
      if (spread <= MOST_SPREAD) return [];
      return `${name} (${network}, ${use}, ${threadsText(threads)}: ${spread.toFixed(1)} times)`;
    }),
  );
  if (all.length === 0) return null;
  return `the rounds' medians are far apart, as if other programs had run, of ${all.join(", ")}`;
}
