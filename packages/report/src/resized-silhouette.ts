// A silhouette at another size, in gray levels: what terminals and the sheet of predictions show.

import { init, Preprocessor } from "@silhouette/preprocess-wasm";

/** A size in pixels. */
export interface Size {
  /** Pixels a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** A function from the packed pixels of a picture of any size to `[height, width]` gray levels of the `target` size. */
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
