// The peer sharp (libvips): it resizes, and JavaScript does what sharp cannot: OpenCV's gray, Otsu. In: a picture. Out:
// a mask and the threshold, nearly those of the other peers; libvips weighs and rounds otherwise.

import type { Picture } from "@silhouette/preprocess-wasm";
import sharp from "sharp";

import { grayLevels, otsuMask } from "./plain-javascript.ts";

/**
 * What becomes of colors: `resized` first and gray in JavaScript afterwards, which is fastest; or `greyscale` by sharp
 * before the resize, which goes through linear light and gives slightly other levels.
 */
export type SharpRoute = "resized" | "greyscale";

/** One output size for pictures of any size. Sets sharp's process-wide options: one thread, no cache. */
export class SharpPeer {
  readonly #route: SharpRoute;
  readonly #width: number;
  readonly #height: number;
  readonly #levels: Uint8Array;
  readonly #counts = new Uint32Array(256);

  constructor(route: SharpRoute, width: number, height: number) {
    sharp.concurrency(1);
    sharp.cache(false);
    this.#route = route;
    this.#width = width;
    this.#height = height;
    this.#levels = new Uint8Array(width * height);
  }

  /** Gray, resize, Otsu, 0 or 1 a pixel into `mask` (width * height bytes). Resolves to the threshold. */
  async binarize(picture: Picture, mask: Uint8Array): Promise<number> {
    return otsuMask(await this.#resize(picture), this.#counts, mask);
  }

  async #resize({ data, width, height, channels }: Picture): Promise<Uint8Array> {
    const pixels = this.#width * this.#height;
    let pipeline = sharp(data, { raw: { width, height, channels } });
    if (channels === 4) pipeline = pipeline.removeAlpha();
    if (this.#route === "greyscale") {
      pipeline = pipeline.greyscale();
    } else if (channels === 1) {
      // Without it sharp repeats the one channel three times.
      pipeline = pipeline.toColourspace("b-w");
    }
    const output = await pipeline
      .resize(this.#width, this.#height, { kernel: "linear", fit: "fill" })
      .raw()
      .toBuffer({ resolveWithObject: true });
    // Engines compile loops for one type of array: a plain view of the Buffer.
    const resized = new Uint8Array(output.data.buffer, output.data.byteOffset, output.data.length);
    if (output.info.channels === 1) return resized;
    grayLevels(resized, 0, output.info.channels, this.#levels, pixels);
    return this.#levels;
  }
}
