// Converts a decoded photograph into a row of a dataset: the steps of its `Preprocessing`, done by the preprocessor.

import { PreprocessError, type Picture, type Preprocessor } from "@silhouette/preprocess-wasm";

import { PLANES } from "./colors.ts";
import type { DatasetRow } from "./format.ts";
import type { PixelFormat } from "./preprocessing.ts";
import type { Skip } from "./skip.ts";

/** The part of a row that is computed from a picture, and the picture in gray and in black and white. */
export type Binarized = Pick<DatasetRow, "sourceWidth" | "sourceHeight" | "threshold" | "pixels"> & {
  /** `[height, width]` gray levels, 0 to 255. */
  readonly levels: Uint8Array;
  /** Share of the pixels that are lighter than the threshold, 0 to 1. */
  readonly lightShare: number;
};

/**
 * Converts a picture, or reports why it cannot be converted: few pictures exceed the preprocessor's limits.
 *
 * @param format that of `pixels`
 * @param levels overwritten with the gray levels, which are the pixels of `gray8`
 */
export function binarized(
  preprocessor: Preprocessor,
  picture: Picture,
  format: PixelFormat,
  levels: Uint8Array = new Uint8Array(preprocessor.width * preprocessor.height),
): Binarized | Pick<Skip, "code" | "message"> {
  return unlessTooLarge(picture, () => {
    const bits = new Uint8Array(preprocessor.packedBytes);
    const threshold = preprocessor.binarize(picture, bits, { levels });
    const pixels = { binary1: () => bits, gray8: () => levels, rgb8: () => colors(preprocessor, picture) }[format]();
    const lightShare = onesIn(bits) / levels.length;
    return { sourceWidth: picture.width, sourceHeight: picture.height, threshold, pixels, levels, lightShare };
  });
}

/** What `make` makes of a picture, or why it cannot be used if the preprocessor has not enough memory. */
export function unlessTooLarge<Made>(picture: Picture, make: () => Made): Made | Pick<Skip, "code" | "message"> {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof PreprocessError)) throw error;
    return {
      code: "PICTURE_TOO_LARGE",
      message: `does not fit into memory (${picture.width} x ${picture.height} pixels)`,
    };
  }
}

/** Number of bits that are 1. */
function onesIn(bits: Uint8Array): number {
  const words = new Int32Array(Math.ceil(bits.length / 4));
  new Uint8Array(words.buffer).set(bits);
  let ones = 0;
  for (let index = 0; index < words.length; index++) {
    // Sums of 2, 4 and 8 bits side by side, then of all four bytes (Warren, Hacker's Delight, 5-1). All fit 32 bits with a sign.
    const word = words[index] ?? 0;
    const pairs = (word - ((word >> 1) & 0x55555555)) | 0;
    const fours = ((pairs & 0x33333333) + ((pairs >> 2) & 0x33333333)) | 0;
    ones += Math.imul((fours + (fours >> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return ones;
}

/** `[3, height, width]` levels of red, green and blue, each resized as gray is. */
function colors(preprocessor: Preprocessor, picture: Picture): Uint8Array {
  const planes = new Uint8Array(PLANES * preprocessor.width * preprocessor.height);
  preprocessor.resizeColors(picture, planes);
  return planes;
}
