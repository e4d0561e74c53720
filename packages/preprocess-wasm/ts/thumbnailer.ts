// Makes thumbnails: pixels ─▶ the resize, in colors ─▶ a small JPEG file, in one instance of the kernels.

import { checkChoice, checkInteger, readOptions } from "./check.ts";
import { INSTRUCTION_SETS, type InstructionSet, type ThumbnailKernels } from "./kernels.ts";
import { readPicture, sourceOf, type Picture, type Size } from "./picture.ts";
import { ResizeRunner } from "./resize-runner.ts";
import { THUMBNAIL_KERNELS } from "./thumbnail-kernels.ts";

/** Options for a {@link Thumbnailer}. */
export interface ThumbnailerOptions {
  /** Longer side of the thumbnails in pixels, 1 to 4,096; smaller pictures keep their size. Default 160. */
  readonly side?: number;
  /** Quality of the JPEG files, 1 to 100. Default 80: a photograph of 160 x 120 pixels takes 4 to 5 KB. */
  readonly quality?: number;
  /** Which of the initialized kernels to use. Default: `simd128`, else `scalar`. Both give the same bytes. */
  readonly instructionSet?: InstructionSet;
}

/**
 * Makes small JPEG files of pictures: pixels by the filter `hamming`, in YCbCr with 4:2:0 subsampling, also if the picture is gray. They
 * are the files that libjpeg-turbo writes for sharp's `jpeg({ quality, optimiseCoding: false })`, byte for byte.
 *
 * @example
 * import { init, Thumbnailer } from "@silhouette/preprocess-wasm/thumbnail";
 *
 * await init();
 * const thumbnailer = new Thumbnailer({ side: 100 });
 * const rgba = new Uint8Array(640 * 480 * 4).fill(200); // from a canvas, a camera, a decoder
 * const file = thumbnailer.thumbnail({ data: rgba, width: 640, height: 480, channels: 4 }); // 100 x 75 pixels
 * console.log(URL.createObjectURL(new Blob([file], { type: "image/jpeg" })));
 */
export class Thumbnailer {
  readonly #runner: ResizeRunner<ThumbnailKernels>;
  readonly #side: number;
  readonly #quality: number;

  /**
   * A thumbnailer with the kernels that `init` or `initSync` initialized, and memory of its own.
   *
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `NOT_INITIALIZED`, `OUT_OF_MEMORY`
   */
  constructor(options: ThumbnailerOptions = {}) {
    const { side = 160, quality = 80, instructionSet } = readOptions(options, "side", "quality", "instructionSet");
    checkInteger("side", side, 1, 4096);
    checkInteger("quality", quality, 1, 100);
    checkChoice("instructionSet", instructionSet, [...INSTRUCTION_SETS, undefined]);
    this.#runner = new ResizeRunner(THUMBNAIL_KERNELS.ready(instructionSet).module, "hamming");
    this.#side = side;
    this.#quality = quality;
  }

  /**
   * The thumbnail of a picture, with its aspect ratio.
   *
   * @param picture read, not kept
   * @returns a JPEG file, of your own
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  thumbnail(picture: Picture): Uint8Array<ArrayBuffer> {
    const source = sourceOf("picture", readPicture("picture", picture));
    const { width, height } = this.#sizeOf(source);
    const planes = source.channels === 1 ? 1 : 3;
    return this.#runner.resized(
      source,
      { width, height, planes },
      (kernels) => kernels.jpeg_file_bytes(width, height) >>> 0,
      ({ kernels, memory, levels, output }) => {
        const length = kernels.jpeg_file(levels, width, height, planes, this.#quality, output);
        return memory.slice(output, output + length);
      },
    );
  }

  /** The size of a picture's thumbnail. */
  #sizeOf({ width, height }: Size): Size {
    const shrink = Math.max(1, width / this.#side, height / this.#side);
    const side = (length: number): number => Math.max(1, Math.round(length / shrink));
    return { width: side(width), height: side(height) };
  }
}
