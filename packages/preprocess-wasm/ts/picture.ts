// A caller's picture, read once and checked: where its rows are, and what kernels need to know of them.

import { MOST_BYTES } from "./arena.ts";
import {
  bytesOf,
  checkChoice,
  checkInteger,
  checkLengthBetween,
  LONGEST_SIDE,
  MOST_ELEMENTS,
  readProperties,
} from "./check.ts";

/** A part of a picture, in pixels, all within it. */
export interface Region {
  /** First column, from 0. */
  readonly x: number;
  /** First row, from 0. */
  readonly y: number;
  /** Columns, at least 1. */
  readonly width: number;
  /** Rows, at least 1. */
  readonly height: number;
}

/** A picture in the caller's memory. */
export interface Picture {
  /** `[height, width, channels]`, row by row, without padding unless {@link Picture.stride} says otherwise. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Pixels per row, 1 to 16,777,215. */
  readonly width: number;
  /** Rows, 1 to 16,777,215. */
  readonly height: number;
  /** Bytes per pixel: 1 gray, 3 RGB, 4 RGBA. Alpha is ignored: flatten transparent pictures onto a background first. */
  readonly channels: 1 | 3 | 4;
  /** Bytes from one row to the next, at least `width * channels`, the default. The last row may lack its padding. */
  readonly stride?: number;
  /** The part to read, as if it were the whole picture. Default: all of it. */
  readonly region?: Region;
}

/** Pixels per row, and rows. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The rows of a picture's region. */
export interface PictureSource extends Size {
  readonly data: Uint8Array;
  readonly channels: number;
  /** Index of the first pixel's first byte. */
  readonly first: number;
  readonly stride: number;
}

/**
 * The properties of `picture`, each read once. Nothing is checked yet: reading may run code of the caller.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT` if they cannot be read
 */
export function readPicture(name: string, picture: Picture): Picture {
  const read = readProperties(name, picture, "data", "width", "height", "channels", "stride", "region");
  if (read.region === undefined) return read;
  return { ...read, region: readProperties(`${name}.region`, read.region, "x", "y", "width", "height") };
}

/**
 * {@link readPicture} for each of many.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT` if one cannot be read
 */
export function readPictures(pictures: readonly Picture[]): Picture[] {
  const { length } = readProperties("pictures", pictures, "length");
  checkInteger("pictures.length", length, 0, MOST_ELEMENTS);
  const read: Picture[] = [];
  for (let index = 0; index < length; index++) {
    const { [index]: picture } = readProperties("pictures", pictures, index);
    read.push(readPicture(`pictures[${index}]`, picture as Picture));
  }
  return read;
}

/**
 * Locates the rows of a picture that {@link readPicture} has read.
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
