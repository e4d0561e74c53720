// Resizes silhouettes to gray levels, for terminals and the sheet of predictions.

import { init, Preprocessor } from "@silhouette/preprocess-wasm";

/** A size in pixels. */
export interface Size {
  /** Pixels per row. */
  readonly width: number;
  /** Number of rows. */
  readonly height: number;
}

/** Returns a function from the packed pixels of a picture of any size to `[height, width]` gray levels of the `target` size. */
export async function silhouetteResizer(target: Size): Promise<(pixels: Uint8Array, source: Size) => Uint8Array> {
  await init();
  const preprocessor = new Preprocessor({ width: target.width, height: target.height });
  return (pixels, { width, height }) => {
    const mask = new Uint8Array(width * height);
    preprocessor.unpackBits(pixels, mask);
    const levels = new Uint8Array(target.width * target.height);
    preprocessor.resize({ data: mask.map((pixel) => pixel * 255), width, height, channels: 1 }, levels);
    return levels;
  };
}
