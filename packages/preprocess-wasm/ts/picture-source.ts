// A caller's picture, read once and checked: where its rows are, and what a kernel has to know of them.

import { MOST_BYTES } from "./arena.ts";
import { bytesOf, checkChoice, checkInteger, checkLengthBetween, LONGEST_SIDE, readProperties } from "./check.ts";
import type { Picture } from "./preprocessor.ts";

/** Pixels a row, and rows. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What is read of a picture: its region's rows. */
export interface PictureSource extends Size {
  readonly data: Uint8Array;
  readonly channels: number;
  /** Byte of the first pixel. */
  readonly first: number;
  readonly stride: number;
}

/**
 * What `picture` says of itself, each thing asked once. Nothing is checked yet: what is asked may run code of the
 * caller.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT` if it cannot be asked
 */
export function readPicture(name: string, picture: Picture): Picture {
  const read = readProperties(name, picture, "data", "width", "height", "channels", "stride", "region");
  if (read.region === undefined) return read;
  return { ...read, region: readProperties(`${name}.region`, read.region, "x", "y", "width", "height") };
}

/**
 * Where the rows of a picture are that {@link readPicture} has read.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH` unless it is a picture, with all its bytes
 */
export function sourceOf(name: string, { data, width, height, channels, stride, region }: Picture): PictureSource {
  checkInteger(`${name}.width`, width, 1, LONGEST_SIDE);
  checkInteger(`${name}.height`, height, 1, LONGEST_SIDE);
  checkChoice(`${name}.channels`, channels, [1, 3, 4]);
  const rowBytes = width * channels;
  if (stride !== undefined) checkInteger(`${name}.stride`, stride, rowBytes, MOST_BYTES);
  const step = stride ?? rowBytes;
  const bytes = bytesOf(`${name}.data`, data);
  checkLengthBetween(`${name}.data`, bytes, (height - 1) * step + rowBytes, height * step);
  if (region === undefined) return { data: bytes, width, height, channels, first: 0, stride: step };

  checkInteger(`${name}.region.x`, region.x, 0, width - 1);
  checkInteger(`${name}.region.y`, region.y, 0, height - 1);
  checkInteger(`${name}.region.width`, region.width, 1, width - region.x);
  checkInteger(`${name}.region.height`, region.height, 1, height - region.y);
  const first = region.y * step + region.x * channels;
  return { data: bytes, width: region.width, height: region.height, channels, first, stride: step };
}
