// A silhouette at another size, in gray levels: what contact sheets and terminals show.

import { createPreprocessor } from "@silhouette/preprocess-wasm";

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A function from packed pixels of a `source` picture to `[height, width]` gray levels of the `target` size. */
export async function silhouetteResizer(source: Size, target: Size): Promise<(pixels: Uint8Array) => Uint8Array> {
  const { width, height } = source;
  const preprocessor = await createPreprocessor({ width: target.width, height: target.height });
  return (pixels) => {
    const mask = new Uint8Array(width * height);
    preprocessor.unpackBits(pixels, mask);
    const levels = new Uint8Array(target.width * target.height);
    preprocessor.resize({ data: mask.map((pixel) => pixel * 255), width, height, channels: 1 }, levels);
    return levels;
  };
}
