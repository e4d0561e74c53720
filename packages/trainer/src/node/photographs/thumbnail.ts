// Thumbnails of photographs for people: decoded pixels ─▶ sharp ─▶ a small JPEG. No network sees them.

import type { Picture } from "@silhouette/preprocess-wasm";
import sharp from "sharp";

import { TrainerError } from "../../values/errors.ts";

/** Longer side in pixels; smaller photographs keep their size. */
const SIDE = 160;

/** Quality of the JPEG, 1 to 100: a photograph takes 4 to 5 KB. */
const QUALITY = 80;

/**
 * A thumbnail of a decoded picture, with its aspect ratio.
 *
 * @returns a JPEG of at most 160 x 160 pixels
 * @throws {TrainerError} `MACHINE_EXHAUSTED` if there is not enough memory
 */
export async function thumbnailOf({ data, width, height, channels }: Picture): Promise<Uint8Array> {
  try {
    return await sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
      .resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true, kernel: "cubic" })
      // Tables of its own would take a second pass over each picture to save 7 % of its bytes.
      .jpeg({ quality: QUALITY, optimiseCoding: false })
      .toBuffer();
  } catch (cause) {
    // The pixels are intact: whatever fails here would fail for any picture.
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new TrainerError(
      "MACHINE_EXHAUSTED",
      `Expected to make a thumbnail of a picture of ${width} x ${height} pixels, but that failed (${reason})`,
      "Free memory, or prepare without thumbnails (--no-thumbnails).",
      { cause },
    );
  }
}
