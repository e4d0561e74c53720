// Whether a mask shows its object: what an incorrect answer is due to.
//
//   separability of the gray levels ┐
//   share of the rarer tone         ├─▶ "mask" or "network"
//   share of small fragments        ┘

import type { Size } from "./resized-silhouette.ts";

// Limits beyond which a mask probably does not show its object, chosen by looking at 1,180 photographs of vehicles (Otsu, 96 x 96
// pixels). 4 % of them are below the first, none below the second, 13 % above the third; masks of about half of these show no vehicle
// to people. The median separability is 0.75; the median share of fragments, 0.035.
const SEPARABILITY = 0.62;
const RARER_TONE = 0.02;
const FRAGMENTS = 0.06;

/** Fragments are areas of one tone that have less than this share of the picture. */
const FRAGMENT = 0.005;

/** What an incorrect answer is due to. */
export type Blame = "mask" | "network";

/** A mask, and how well its threshold separates the picture's gray levels. */
export interface Mask extends Size {
  /** 1 bit per pixel, bit 7 first, without padding between rows. */
  readonly bits: Uint8Array;
  /** Otsu's separability, 0 to 1; null if unknown. */
  readonly separability: number | null;
}

/** What an incorrect answer for the picture of `mask` is due to. */
export function blameFor({ separability, ...mask }: Mask): Blame {
  const isUnclear = separability !== null && separability < SEPARABILITY;
  const { rarerTone, fragments } = shapeOf(mask);
  return isUnclear || rarerTone < RARER_TONE || fragments > FRAGMENTS ? "mask" : "network";
}

/** Shares of a mask's pixels, 0 to 1. */
export interface MaskShape {
  /** Of the tone that fewer pixels have. */
  readonly rarerTone: number;
  /** In fragments. */
  readonly fragments: number;
}

/** The shape of a mask. */
export function shapeOf({ bits, width, height }: Omit<Mask, "separability">): MaskShape {
  const pixels = width * height;
  const isLight = Uint8Array.from({ length: pixels }, (_, at) => ((bits[at >> 3] ?? 0) >> (7 - (at % 8))) & 1);
  const light = isLight.reduce((sum, each) => sum + each, 0);
  const isSeen = new Uint8Array(pixels);
  let inFragments = 0;
  for (let first = 0; first < pixels; first++) {
    if (isSeen[first] === 1) continue;
    // The area of one tone around the first pixel; neighbours share an edge.
    isSeen[first] = 1;
    const area = [first];
    for (let next = 0; next < area.length; next++) {
      const at = area[next] ?? 0;
      const x = at % width;
      for (const [neighbour, isInside] of [
        [at - 1, x > 0],
        [at + 1, x < width - 1],
        [at - width, at >= width],
        [at + width, at + width < pixels],
      ] as const) {
        if (!isInside || isSeen[neighbour] === 1 || isLight[neighbour] !== isLight[first]) continue;
        isSeen[neighbour] = 1;
        area.push(neighbour);
      }
    }
    if (area.length < FRAGMENT * pixels) inFragments += area.length;
  }
  return { rarerTone: Math.min(light, pixels - light) / pixels, fragments: inFragments / pixels };
}
