// Ordinary JPEG files, decoded in WebAssembly to the pixels that sharp gives: in a fraction of its time for a small photograph, because
// sharp starts threads for each. Declines all others, which sharp decodes.

import { constants, closeSync, fstatSync, openSync, readSync } from "node:fs";

import { JpegDecoder, PreprocessError, type JpegDecodeOptions, type Picture } from "@silhouette/preprocess-wasm/jpeg";

/** Larger pictures are for sharp: what it needs per pixel is less. */
const MOST_PIXELS = 4_000_000;

/** Larger files are not of so few pixels. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The first two bytes of a JPEG file. */
const MARK = 0xffd8;

/** Decodes ordinary JPEG files. Its kernels have been initialized: see ./jpeg-kernels.ts. */
export class OrdinaryJpegs {
  readonly #decoder = new JpegDecoder({ mostPixels: MOST_PIXELS });
  #buffer = Buffer.allocUnsafeSlow(256 * 1024);

  /** The picture of a file's content, valid until the next call; undefined if it is for sharp. */
  decode(content: Uint8Array, options?: JpegDecodeOptions): Picture | undefined {
    try {
      return this.#decoder.view(content, options);
    } catch (error) {
      // Out of memory: sharp may need less, and reports it.
      if (error instanceof PreprocessError) return undefined;
      throw error;
    }
  }

  /** The picture of a file, which is read synchronously, valid until the next call; undefined if it is for sharp, or cannot be read. */
  read(file: string, options?: JpegDecodeOptions): Picture | undefined {
    let content: Uint8Array | undefined;
    try {
      content = this.#contentOf(file);
    } catch {
      return undefined;
    }
    return content === undefined ? undefined : this.decode(content, options);
  }

  #contentOf(file: string): Uint8Array | undefined {
    // Without O_NONBLOCK, opening a pipe would block.
    const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile() || stats.size > MOST_BYTES) return undefined;
      if (stats.size > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(2 * stats.size);
      let length = 0;
      while (length < stats.size) {
        const bytes = readSync(descriptor, this.#buffer, length, stats.size - length, length);
        if (bytes === 0) return undefined;
        length += bytes;
      }
      return length > 1 && this.#buffer.readUInt16BE(0) === MARK ? this.#buffer.subarray(0, length) : undefined;
    } finally {
      closeSync(descriptor);
    }
  }
}
