// Converts a decoded photograph into a row of a dataset: the steps of its `Preprocessing`, done by the preprocessor.

import { PreprocessError, type Picture, type Preprocessor } from "@silhouette/preprocess-wasm";

import { channelOf, planeOf, PLANES } from "./colors.ts";
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
 */
export function binarized(
  preprocessor: Preprocessor,
  picture: Picture,
  format: PixelFormat,
): Binarized | Pick<Skip, "code" | "message"> {
  return unlessTooLarge(picture, () => {
    const levels = new Uint8Array(preprocessor.width * preprocessor.height);
    const counts = new Uint32Array(256);
    // The steps of `binarize`, one by one because the gray levels are needed, too.
    preprocessor.resize(picture, levels);
    preprocessor.histogram(levels, counts);
    const threshold = preprocessor.otsuThreshold(counts);
    const lightShare = counts.subarray(threshold + 1).reduce((sum, count) => sum + count, 0) / levels.length;
    const pixels = {
      binary1: () => bitsOf(preprocessor, levels, threshold),
      gray8: () => levels,
      rgb8: () => colors(preprocessor, picture),
    }[format]();
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

/** 1 bit per pixel: 1 is lighter than the threshold. */
function bitsOf(preprocessor: Preprocessor, levels: Uint8Array, threshold: number): Uint8Array {
  const bits = new Uint8Array(preprocessor.packedBytes);
  preprocessor.thresholdMask(levels, threshold, bits);
  return bits;
}

/** `[3, height, width]` levels of red, green and blue, each resized as gray is. */
function colors(preprocessor: Preprocessor, picture: Picture): Uint8Array {
  const planes = new Uint8Array(PLANES * preprocessor.width * preprocessor.height);
  for (let index = 0; index < PLANES; index++) {
    preprocessor.resize(channelOf(picture, index), planeOf(planes, index));
  }
  return planes;
}
