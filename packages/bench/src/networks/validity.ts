// When the figures of a run are invalid. In: groups. Out: the reason, if there is one.

import { threadsText } from "../measure/report-words.ts";
import { disturbedText } from "../measure/spread.ts";
import type { NetworkGroup } from "./result.ts";

/** Names each peer whose rounds are far apart: something else computed in some of them. */
export function reasonForInvalid(groups: readonly NetworkGroup[]): string | null {
  return disturbedText(
    groups.map(({ network, use, threads, peers }) => ({
      where: `${network}, ${use}, ${threadsText(threads)}`,
      timings: peers,
    })),
  );
}
