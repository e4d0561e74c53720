// Decodes ordinary JPEG files, and declines all others: src/jpeg says which.

import { Arena } from "./arena.ts";
import { bytesOf, checkChoice, checkInteger, readOptions } from "./check.ts";
import { JPEG_KERNELS } from "./jpeg-kernels.ts";
import { instantiateKernels, INSTRUCTION_SETS, type InstructionSet, type JpegKernels } from "./kernels.ts";
import type { Picture } from "./picture.ts";

/** Options for a {@link JpegDecoder}. */
export interface JpegDecoderOptions {
  /** Pictures with more pixels are declined, 1 to 100,000,000. Default 4,000,000. Memory grows with the largest picture. */
  readonly mostPixels?: number;
  /** Which of the initialized kernels to use. Default: `simd128`, else `scalar`. Both give the same bytes. */
  readonly instructionSet?: InstructionSet;
}

/** Options for {@link JpegDecoder.decode}. */
export interface JpegDecodeOptions {
  /**
   * Whether pictures in color become gray: the levels that `Preprocessor.gray` makes of their RGB pixels, byte for byte, in less time and
   * memory than those take. Default false.
   */
  readonly gray?: boolean;
}

/** 32-bit words of `JpegInfo` in src/abi/jpeg.rs. */
const INFO_WORDS = 5;

/**
 * Decodes ordinary JPEG files to the pixels that libjpeg-turbo gives with its default settings, byte for byte: baseline files of 8 bits, in gray or in YCbCr
 * with 4:4:4, 4:2:2 or 4:2:0 subsampling. It declines all others, so that a complete decoder can read them: progressive files, color
 * profiles, EXIF orientations, CMYK, sides of fewer than 8 pixels, and whatever libjpeg-turbo would warn about.
 *
 * @example
 * import { readFileSync } from "node:fs";
 * import { init, JpegDecoder } from "@silhouette/preprocess-wasm/jpeg";
 *
 * await init();
 * const decoder = new JpegDecoder();
 * const picture = decoder.decode(readFileSync("photo.jpg"));
 * console.log(picture === undefined ? "for another decoder" : `${picture.width} x ${picture.height}`);
 */
export class JpegDecoder {
  readonly #kernels: JpegKernels;
  readonly #mostPixels: number;

  /**
   * A decoder with the kernels that `init` or `initSync` initialized, and memory of its own.
   *
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `NOT_INITIALIZED`, `OUT_OF_MEMORY`
   */
  constructor(options: JpegDecoderOptions = {}) {
    const { mostPixels = 4_000_000, instructionSet } = readOptions(options, "mostPixels", "instructionSet");
    checkInteger("mostPixels", mostPixels, 1, 100_000_000);
    checkChoice("instructionSet", instructionSet, [...INSTRUCTION_SETS, undefined]);
    this.#kernels = instantiateKernels(JPEG_KERNELS.ready(instructionSet).module) as unknown as JpegKernels;
    this.#mostPixels = mostPixels;
  }

  /**
   * Decodes a file.
   *
   * @param file all bytes of the file; read, not kept
   * @param options whether pixels are gray in any case; by default they are as in the file
   * @returns gray or RGB pixels of your own; undefined if the file is declined
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`
   */
  decode(file: Uint8Array, options: JpegDecodeOptions = {}): Picture | undefined {
    const picture = this.view(file, options);
    return picture && { ...picture, data: picture.data.slice() };
  }

  /**
   * {@link JpegDecoder.decode} without a copy of the pixels: they are the decoder's own, and valid until its next call.
   *
   * @param file all bytes of the file; read, not kept
   * @param options as for {@link JpegDecoder.decode}
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`
   */
  view(file: Uint8Array, options: JpegDecodeOptions = {}): Picture | undefined {
    const { gray = false } = readOptions(options, "gray");
    checkChoice("gray", gray, [true, false]);
    const input = bytesOf("file", file);
    // Larger files of so few pixels are not photographs; most other files are recognized by their first bytes.
    if (input[0] !== 0xff || input[1] !== 0xd8 || input.length > 4 * this.#mostPixels + 65_536) return undefined;
    const arena = new Arena(this.#kernels);
    const info = arena.reserve(INFO_WORDS * 4);
    const source = arena.reserve(input.length);
    arena.commit().set(input, source);
    if (this.#kernels.jpeg_info(source, input.length, Number(gray), info) === 0) return undefined;
    const [width = 0, height = 0, channels = 0, workspaceBytes = 0, pixelBytes = 0] = new Uint32Array(
      this.#kernels.memory.buffer,
      info,
      INFO_WORDS,
    );
    if (width * height > this.#mostPixels) return undefined;
    const workspace = arena.reserve(workspaceBytes);
    const pixels = arena.reserve(pixelBytes);
    const memory = arena.commit();
    if (this.#kernels.jpeg_pixels(source, input.length, info, workspace, pixels) === 0) return undefined;
    const data = memory.subarray(pixels, pixels + width * height * channels);
    return { data, width, height, channels: channels === 1 ? 1 : 3 };
  }
}
