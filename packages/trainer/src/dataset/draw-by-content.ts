// Draws the split of a picture from its pixels alone, so that a dataset can be divided among files and machines that know nothing of one
// another's pictures. Equal pictures are in the same split; near copies need not be.

import { sha256 } from "../values/checksum.ts";
import { drawnFractions, type SplitDraw } from "./draw-splits.ts";
import type { Split } from "./split.ts";

/**
 * Returns a function that draws the split of a picture: the first 8 bytes of SHA-256 of `<seed>/` and its pixels, big-endian, divided by
 * 2^64, are a number from 0 to 1, which the fractions of the drawn splits divide into `train`, `val` and `test`, in this order.
 *
 * @param drawn the splits that are drawn, which share their fractions
 * @returns takes the pixels as they are stored
 */
export function drawByContent(drawn: readonly Split[], { split, seed }: SplitDraw): (pixels: Uint8Array) => Split {
  const [train, val] = drawnFractions(drawn, split);
  return (pixels) => {
    const draw = Number(sha256([`${seed}/`, pixels]).getBigUint64(0)) / 2 ** 64;
    if (draw < train) return "train";
    return draw < train + val ? "val" : "test";
  };
}
