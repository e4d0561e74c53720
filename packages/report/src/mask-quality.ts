// Whether a mask shows its object: what an incorrect answer is due to.
//
//   share of the rarer tone         ┐
//   separability of the gray levels ├─▶ mask, and why, or network
//   share of small fragments        ┘

import type { MaskStatistics } from "@silhouette/trainer/browser";
import { BLANK_SHARE } from "@silhouette/trainer/facts";

import type { Blame } from "./report-data.ts";

// Limits beyond which a mask probably does not show its object, chosen by looking at 1,180 photographs of vehicles (Otsu, 96 x 96
// pixels). 4 % of them are below the first, 13 % above the second, none are nearly blank; masks of about half of these show no vehicle
// to people. The median separability is 0.75; the median share of fragments, 0.035.
//
// An inspection finds a silhouette fragmented by its number of regions: if it is nothing but noise. Here fewer fragments are enough,
// since the picture was misread.
const SEPARABILITY = 0.62;
const FRAGMENTS = 0.06;

/** A mask, and how well its threshold separates the picture's gray levels. */
export interface Mask {
  readonly mask: MaskStatistics;
  /** Otsu's separability, 0 to 1; null if unknown. */
  readonly separability: number | null;
}

/** What an incorrect answer for the picture of `mask` is due to; of several reasons, the one that says most. */
export function blameFor({ mask: { figureShare, fragmentShare }, separability }: Mask): Blame {
  if (figureShare < BLANK_SHARE) return { what: "mask", because: "blank" };
  if (separability !== null && separability < SEPARABILITY) return { what: "mask", because: "levels" };
  return fragmentShare > FRAGMENTS ? { what: "mask", because: "fragments" } : { what: "network" };
}
