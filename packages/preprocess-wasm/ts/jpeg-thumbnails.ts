// Makes thumbnails: pixels ─▶ luma by the resize, mean colors at half its size ─▶ a JPEG file.

import { Arena } from "./arena.ts";
import { checkChoice, checkInteger, readOptions } from "./check.ts";
import { FILTERS } from "./filters.ts";
import { JPEG_KERNELS } from "./jpeg-kernels.ts";
import { INSTRUCTION_SETS, type InstructionSet, type JpegKernels } from "./kernels.ts";
import { readPicture, sourceOf, type Picture, type PictureSource, type Size } from "./picture.ts";
import { ResizeRunner } from "./resize-runner.ts";

/** Options for {@link JpegThumbnails}. */
export interface JpegThumbnailsOptions {
  /** Longer side of a thumbnail in pixels, 1 to 1,024; smaller pictures keep their size. Default 160. */
  readonly side?: number;
  /** Quality of the file, 1 to 100. Default 80. */
  readonly quality?: number;
  /** Which of the initialized kernels to use. Default: `simd128`, else `scalar`. Both give the same bytes. */
  readonly instructionSet?: InstructionSet;
}

/** No colors. */
const NONE = new Uint8Array(0);

/**
 * Makes small JPEG files of pictures, the same on every machine. Files of gray pictures have no color, whatever their channels.
 *
 * @example
 * import { init, JpegThumbnails } from "@silhouette/preprocess-wasm/jpeg";
 *
 * await init();
 * const picture = { data: new Uint8Array(640 * 480 * 3).fill(200), width: 640, height: 480, channels: 3 } as const;
 * const file = new JpegThumbnails({ side: 100 }).encode(picture);
 * console.log(file.length, "bytes, 100 x 75 pixels");
 */
export class JpegThumbnails {
  readonly #runner: ResizeRunner<JpegKernels>;
  readonly #side: number;
  readonly #quality: number;

  /**
   * Uses the kernels that `init` or `initSync` initialized.
   *
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `NOT_INITIALIZED`, `OUT_OF_MEMORY`
   */
  constructor(options: JpegThumbnailsOptions = {}) {
    const { side = 160, quality = 80, instructionSet } = readOptions(options, "side", "quality", "instructionSet");
    checkInteger("side", side, 1, 1024);
    checkInteger("quality", quality, 1, 100);
    checkChoice("instructionSet", instructionSet, [...INSTRUCTION_SETS, undefined]);
    this.#runner = new ResizeRunner(JPEG_KERNELS.ready(instructionSet).module, FILTERS.indexOf("bicubic"));
    this.#side = side;
    this.#quality = quality;
  }

  /**
   * A thumbnail of a picture, with its aspect ratio.
   *
   * @param picture gray, RGB or RGBA pixels; read, not kept. Alpha is ignored
   * @returns the bytes of a JPEG file
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  encode(picture: Picture): Uint8Array<ArrayBuffer> {
    const source = sourceOf("picture", readPicture("picture", picture));
    const { width, height } = this.#sizeOf(source);
    const colors = this.#meanColors(source, { width: Math.ceil(width / 2), height: Math.ceil(height / 2) });
    const levels = this.#runner.resized(source, { width, height }, 0, ({ memory, levels: from, pixels }) =>
      memory.slice(from, from + pixels),
    );
    return this.#runner.compute((kernels) => {
      const arena = new Arena(kernels);
      const from = arena.reserve(levels.length + colors.length);
      const to = arena.reserve(kernels.jpeg_file_bytes(width, height) >>> 0);
      const memory = arena.commit();
      memory.set(levels, from);
      memory.set(colors, from + levels.length);
      const colored = colors.length > 0 ? 1 : 0;
      const length = kernels.jpeg_file(from, width, height, colored, this.#quality, to) >>> 0;
      return memory.slice(to, to + length);
    });
  }

  #sizeOf({ width, height }: Size): Size {
    const scale = Math.min(1, this.#side / Math.max(width, height));
    return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  }

  /** `[target.height, target.width, 3]` mean colors of boxes of pixels; none if all are gray, however many channels the picture has. */
  #meanColors(source: PictureSource, target: Size): Uint8Array {
    const { data, first, width, height, channels, stride } = source;
    if (channels === 1) return NONE;
    const colors = new Uint8Array(3 * target.width * target.height);
    this.#runner.compute((kernels) => {
      const arena = new Arena(kernels);
      const mostRows = Math.ceil(height / target.height) + 1;
      const rows = arena.reserve(mostRows * stride);
      const row = arena.reserve(3 * target.width);
      const memory = arena.commit();
      for (let y = 0; y < target.height; y++) {
        const top = Math.floor((y * height) / target.height);
        const count = Math.max(Math.floor(((y + 1) * height) / target.height), top + 1) - top;
        const start = first + top * stride;
        memory.set(data.subarray(start, start + (count - 1) * stride + width * channels), rows);
        kernels.average_colors(rows, width, channels, stride, count, target.width, row);
        colors.set(memory.subarray(row, row + 3 * target.width), 3 * y * target.width);
      }
    });
    return colors.some((value, at) => value !== colors[at - (at % 3)]) ? colors : NONE;
  }
}
