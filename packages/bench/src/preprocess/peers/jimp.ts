// The peer jimp, which is JavaScript: it resizes colors by its bilinear way, which is not antialiased and its fastest;
// gray and Otsu are ours in JavaScript. In: an RGBA picture. Out: a mask and the threshold, nearly those of the other
// peers.

import type { Picture } from "@silhouette/preprocess-wasm";

import { loadPackage } from "../../measure/installed-package.ts";
import { grayLevels, otsuMask } from "./plain-javascript.ts";

/** RGBA pixels. */
interface Bitmap {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** The part of a jimp image that is used. */
interface JimpImage {
  readonly bitmap: Bitmap;
  resize(options: { w: number; h: number; mode: string }): this;
}

/** The part of the package that is used. */
interface JimpPackage {
  readonly Jimp: { fromBitmap(bitmap: Bitmap): JimpImage };
  readonly ResizeStrategy: { readonly BILINEAR: string };
}

/** One output size for RGBA pictures of any size. */
export class JimpPeer {
  readonly #package = loadPackage("jimp") as JimpPackage;
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

  /** Resize, gray, Otsu, 0 or 1 a pixel into `mask` (width * height bytes). Returns the threshold. */
  binarize({ data, width, height }: Picture, mask: Uint8Array): number {
    const { Jimp, ResizeStrategy } = this.#package;
    const image = Jimp.fromBitmap({ data: Buffer.from(data.buffer, data.byteOffset, data.length), width, height });
    const { bitmap } = image.resize({ w: this.#width, h: this.#height, mode: ResizeStrategy.BILINEAR });
    // Engines compile loops for one type of array: a plain view of the Buffer.
    const pixels = new Uint8Array(bitmap.data.buffer, bitmap.data.byteOffset, bitmap.data.length);
    grayLevels(pixels, 0, 4, this.#levels, this.#levels.length);
    return otsuMask(this.#levels, this.#counts, mask);
  }
}
