// Converts a decoded photograph into a row of a dataset: the steps of its `Preprocessing`, done by the preprocessor.

import { PreprocessError, type Picture, type Preprocessor } from "@silhouette/preprocess-wasm";

import { channelOf, planeOf, PLANES } from "./colors.ts";
import type { DatasetRow, PictureSize } from "./format.ts";
import type { PixelFormat } from "./preprocessing.ts";
import type { Skip } from "./skip.ts";

/** The part of a row that is computed from a picture, and the picture in gray and in black and white. */
export type Binarized = Pick<DatasetRow, "sourceWidth" | "sourceHeight" | "threshold" | "pixels"> & {
  /** `[height, width]` gray levels, 0 to 255. */
  readonly levels: Uint8Array;
  /** 1 bit per pixel: 1 is lighter than the threshold. */
  readonly bits: Uint8Array;
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
  const bits = new Uint8Array(preprocessor.packedBytes);
  const levels = new Uint8Array(preprocessor.width * preprocessor.height);
  try {
    const threshold = preprocessor.binarize(picture, bits, { levels });
    const pixels = { binary1: () => bits, gray8: () => levels, rgb8: () => colors(preprocessor, picture) }[format]();
    return { sourceWidth: picture.width, sourceHeight: picture.height, threshold, pixels, levels, bits };
  } catch (error) {
    if (!(error instanceof PreprocessError)) throw error;
    return {
      code: "PICTURE_TOO_LARGE",
      message: `does not fit into memory (${picture.width} x ${picture.height} pixels)`,
    };
  }
}

/** `[3, height, width]` levels of red, green and blue, each resized as gray is. */
function colors(preprocessor: Preprocessor, picture: Picture): Uint8Array {
  const planes = new Uint8Array(PLANES * preprocessor.width * preprocessor.height);
  for (let index = 0; index < PLANES; index++) {
    preprocessor.resize(channelOf(picture, index), planeOf(planes, index));
  }
  return planes;
}

/** Share of the light pixels of a black-and-white picture, 0 to 1; bits after the last pixel are 0. */
export function lightShareOf(bits: Uint8Array, { width, height }: PictureSize): number {
  let light = 0;
  for (const byte of bits) light += ONES[byte] ?? 0;
  return light / (width * height);
}

/** Number of bits that are 1 in each byte value. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

/** Whether all pixels of a black-and-white picture are 0, or all are 1. */
export function isBlank(bits: Uint8Array, { width, height }: PictureSize): boolean {
  const whole = Math.floor((width * height) / 8);
  const [first] = bits;
  if (first !== 0 && first !== 0xff) return false;
  const last = first & (0xff00 >> ((width * height) % 8));
  return bits.every((byte, index) => (index < whole ? byte === first : byte === last));
}
