// The peer @napi-rs/image, native code that uses Rust's fast_image_resize: it resizes colors, and JavaScript does what it
// cannot do or does more slowly: gray, Otsu. In: an RGBA picture. Out: a mask and the threshold, nearly those of the other
// peers.

import type { Picture } from "@silhouette/preprocess-wasm";

import { loadPackage } from "../../measure/installed-package.ts";
import { grayLevels, otsuMask } from "./plain-javascript.ts";

/** A picture with pending operations. */
interface Transformer {
  fastResize(options: { width: number; height: number; filter: number; fit: number }): this;
  /** In a thread of Node.js' pool, which is faster than here. */
  rawPixels(): Promise<Buffer>;
}

/** The part of the package that is used. */
interface NapiImage {
  readonly Transformer: { fromRgbaPixels(pixels: Picture["data"], width: number, height: number): Transformer };
  readonly FastResizeFilter: { readonly Bilinear: number };
  readonly ResizeFit: { readonly Fill: number };
}

/** One output size for RGBA pictures of any size. */
export class NapiImagePeer {
  readonly #image = loadPackage("@napi-rs/image") as NapiImage;
  readonly #width: number;
  readonly #height: number;
  readonly #levels: Uint8Array;
  readonly #counts = new Uint32Array(256);

  /** @throws {BenchError} `NOT_INSTALLED` */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#levels = new Uint8Array(width * height);
  }

  /** Resize, gray, Otsu, 0 or 1 a pixel into `mask` (width * height bytes). Resolves to the threshold. */
  async binarize({ data, width, height }: Picture, mask: Uint8Array): Promise<number> {
    const { Transformer, FastResizeFilter, ResizeFit } = this.#image;
    const resized = await Transformer.fromRgbaPixels(data, width, height)
      .fastResize({
        width: this.#width,
        height: this.#height,
        filter: FastResizeFilter.Bilinear,
        fit: ResizeFit.Fill,
      })
      .rawPixels();
    // Engines compile loops for one type of array: a plain view of the Buffer.
    const pixels = new Uint8Array(resized.buffer, resized.byteOffset, resized.length);
    grayLevels(pixels, 0, 4, this.#levels, this.#levels.length);
    return otsuMask(this.#levels, this.#counts, mask);
  }
}
