// Thumbnails of photographs for people: decoded pixels ─▶ a small JPEG. No network sees them.

import { JpegThumbnails, PreprocessError, type Picture } from "@silhouette/preprocess-wasm/jpeg";

import { TrainerError } from "../../values/errors.ts";

/** Longer side in pixels; smaller photographs keep their size. */
const SIDE = 160;

/** Quality of the JPEG, 1 to 100: a photograph takes 4 to 6 KB. */
const QUALITY = 80;

let thumbnails: JpegThumbnails | undefined;

/**
 * A thumbnail of a decoded picture, with its aspect ratio. Its kernels have been initialized: see ./jpeg-kernels.ts.
 *
 * @returns a JPEG of at most 160 x 160 pixels
 * @throws {TrainerError} `MACHINE_EXHAUSTED` if there is not enough memory
 */
export function thumbnailOf(picture: Picture): Uint8Array<ArrayBuffer> {
  try {
    thumbnails ??= new JpegThumbnails({ side: SIDE, quality: QUALITY });
    return thumbnails.encode(picture);
  } catch (cause) {
    if (!(cause instanceof PreprocessError)) throw cause;
    throw new TrainerError(
      "MACHINE_EXHAUSTED",
      `Expected to make a thumbnail of a picture of ${picture.width} x ${picture.height} pixels, but that failed (${cause.message})`,
      "Free memory, or prepare without thumbnails (--no-thumbnails).",
      { cause },
    );
  }
}
