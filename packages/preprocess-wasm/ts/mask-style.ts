// How a mask is written: the caller's options, checked, and the kernels' arguments.

import { checkChoice, readOptions } from "./check.ts";

/** How a mask is written. */
export interface MaskOptions {
  /**
   * `bits`: 1 bit per pixel, bit 7 of a byte is its first pixel; rows follow each other without padding, unused bits of
   * the last byte are 0. `0/1` and `0/255`: one byte per pixel. Default `bits`.
   */
  readonly format?: MaskFormat;
  /** Whether to mark the pixels that are not above the threshold, instead of those that are. Default false. */
  readonly invert?: boolean;
}

/** See {@link MaskOptions.format}. */
export type MaskFormat = "bits" | "0/1" | "0/255";

/** In the order of their numbers in src/abi. */
const FORMATS: readonly MaskFormat[] = ["bits", "0/1", "0/255"];

/** {@link MaskOptions} as the numbers of src/abi. */
export interface MaskStyle {
  readonly format: number;
  readonly inverted: 0 | 1;
  /** Bytes of a mask with `pixels` pixels. */
  readonly bytes: (pixels: number) => number;
}

/**
 * The style that `options` select.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT`
 */
export function styleOf(options: MaskOptions): MaskStyle {
  return styleBy(readOptions(options, "format", "invert"));
}

/**
 * {@link styleOf} of options that have been read already.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT`
 */
export function styleBy({ format = "bits", invert = false }: MaskOptions): MaskStyle {
  checkChoice("format", format, FORMATS);
  checkChoice("invert", invert, [true, false]);
  return {
    format: FORMATS.indexOf(format),
    inverted: invert ? 1 : 0,
    bytes: (pixels) => (format === "bits" ? Math.ceil(pixels / 8) : pixels),
  };
}
