// A decoded photograph as a row of a dataset: what `PREPROCESSING` says, done by the preprocessor.

import { PreprocessError, type Picture, type Preprocessor } from "@silhouette/preprocess-wasm";

import type { DatasetRow, PictureSize } from "./format.ts";
import type { Skip } from "./skip.ts";

/** What a row holds of a picture, and the gray levels that it is made of. */
type Binarized = Pick<DatasetRow, "sourceWidth" | "sourceHeight" | "threshold" | "pixels"> & {
  /** `[height, width]` gray levels, 0 to 255. */
  readonly levels: Uint8Array;
};

/** What a row holds of a picture, or why it cannot be had: the preprocessor's limits are beyond most pictures. */
export function binarized(preprocessor: Preprocessor, picture: Picture): Binarized | Pick<Skip, "code" | "message"> {
  const pixels = new Uint8Array(preprocessor.packedBytes);
  const levels = new Uint8Array(preprocessor.width * preprocessor.height);
  const counts = new Uint32Array(256);
  try {
    // What `binarize` does in one go; but the levels are wanted, too.
    preprocessor.resize(picture, levels);
    preprocessor.histogram(levels, counts);
    const threshold = preprocessor.otsuThreshold(counts);
    preprocessor.thresholdMask(levels, threshold, pixels);
    return { sourceWidth: picture.width, sourceHeight: picture.height, threshold, pixels, levels };
  } catch (error) {
    if (!(error instanceof PreprocessError)) throw error;
    return { code: "PICTURE_TOO_LARGE", message: `cannot be held (${picture.width} x ${picture.height} pixels)` };
  }
}

/** Whether all pixels are 0, or all 1. */
export function isBlank(pixels: Uint8Array, { width, height }: PictureSize): boolean {
  const whole = Math.floor((width * height) / 8);
  const [first] = pixels;
  if (first !== 0 && first !== 0xff) return false;
  const last = first & (0xff00 >> ((width * height) % 8));
  return pixels.every((byte, index) => (index < whole ? byte === first : byte === last));
}
