// The dataset file: the fields of its rows and of its description, and how both are checked.
//
// An uncompressed Arrow IPC file, so that Python reads it with `pyarrow.ipc.open_file`. Arrow has no checksums and would
// silently read a flipped byte, so every row and the description carry a CRC-32.

import {
  Binary,
  Dictionary,
  Field,
  FixedSizeBinary,
  Int32,
  Schema,
  Uint32,
  Uint8,
  Utf8,
  type TypeMap,
} from "./arrow.ts";

import { crc32, crc32Hex, crc32Joined, littleEndian } from "../values/checksum.ts";
import { Damage } from "../values/errors.ts";
import { count, list, oneOf, real, record, text, tuple, variants, type Shape } from "../values/json-shape.ts";
import {
  PIXEL_FORMATS,
  preprocessingOf,
  preprocessingShape,
  type PixelFormat,
  type Preprocessing,
} from "./preprocessing.ts";
import { PLANES } from "./colors.ts";
import { SPLITS, type Split, type SplitFractions } from "./split.ts";

/** Format version: incremented on incompatible changes. */
export const FORMAT_VERSION = 3;

/** Rows per record batch; the last may have fewer. */
export const BATCH_ROWS = 512;

/** Columns of the file, in order. */
export interface DatasetColumns extends TypeMap {
  /** Path relative to the folder of photographs, with `/`. */
  readonly path: Utf8;
  readonly label: Dictionary<Utf8, Int32>;
  readonly split: Dictionary<Utf8, Int32>;
  /** Size of the upright photograph in pixels. */
  readonly sourceWidth: Uint32;
  readonly sourceHeight: Uint32;
  /** Otsu's threshold of the picture: gray levels above it are white. */
  readonly threshold: Uint8;
  /** {@link rowChecksum}. */
  readonly crc32: Uint32;
  /** `[height, width]` pixels: see {@link DatasetRow.pixels}. */
  readonly pixels: FixedSizeBinary;
  /** See {@link DatasetRow.thumbnail}. */
  readonly thumbnail: Binary;
}

/** Size of all pictures of a dataset or network. */
export interface PictureSize {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

/** Description of a dataset, stored as JSON in the schema's metadata under the key `silhouette`. */
export interface DatasetDescription {
  /** Format version, 3: incremented on incompatible changes. */
  readonly formatVersion: number;
  /** Width of every picture in pixels. */
  readonly width: number;
  /** Height of every picture in pixels. */
  readonly height: number;
  /** How the pixels are stored: one bit each (`binary1`), one byte each (`gray8`), or three (`rgb8`). */
  readonly pixelFormat: PixelFormat;
  /** Class names, in the order of one-hot labels. */
  readonly labels: readonly string[];
  /** Number of pictures. */
  readonly rows: number;
  /** How the pixels were made. A model trained on them applies the same preprocessing. */
  readonly preprocessing: Preprocessing;
  /** How the splits were assigned. */
  readonly split:
    | {
        /** By folders: `train`, `test` and optionally `val`. */
        readonly from: "folders";
      }
    | {
        /** Drawn per class, in the order of a hash of seed and path, with copies of a picture in the same split. */
        readonly from: "stratified";
        /** Seed of the hash: a whole number from 0 to 2^53 - 1. */
        readonly seed: number;
        /** Requested shares. */
        readonly fractions: SplitFractions;
        /** The splits that were drawn, with the shares applied among them; any other split has its own folder. */
        readonly drawn: readonly Split[];
      }
    | {
        /** Drawn for each picture by itself, from its pixels: see `drawByContent`. Equal pictures are in the same split. */
        readonly from: "content";
        /** Seed of the hash: a whole number from 0 to 2^53 - 1. */
        readonly seed: number;
        /** Mean shares. */
        readonly fractions: SplitFractions;
        /** As for `stratified`. */
        readonly drawn: readonly Split[];
      };
}

const drawn = { seed: count, fractions: tuple<SplitFractions>(real, real, real), drawn: list(oneOf(...SPLITS)) };

const splitShape: Shape<DatasetDescription["split"]> = variants("from", {
  folders: {},
  stratified: drawn,
  content: drawn,
});

/** Shape of a description's JSON. */
export const descriptionShape: Shape<DatasetDescription> = (value, where) => {
  const description = record<DatasetDescription>({
    formatVersion: count,
    width: count,
    height: count,
    pixelFormat: oneOf(...PIXEL_FORMATS),
    labels: list(text),
    rows: count,
    preprocessing: preprocessingShape,
    split: splitShape,
  })(value, where);
  const { width, height, labels } = description;
  const isOdd = width % 2 > 0 || height % 2 > 0;
  if (width === 0 || height === 0 || (description.pixelFormat !== "binary1" && isOdd)) {
    throw new Damage(`its pictures have ${width} x ${height} pixels`);
  }
  const { gray, threshold } = description.preprocessing;
  const expected = preprocessingOf(description.pixelFormat);
  if (gray !== expected.gray || threshold !== expected.threshold) {
    throw new Damage(`its pixels are ${description.pixelFormat}, by the threshold ${threshold} of gray ${gray}`);
  }
  if (new Set(labels).size < labels.length) throw new Damage(`two of its labels are the same: ${labels.join(", ")}`);
  return description;
};

/** A shard: one of the files that make up a dataset. */
export interface Shard {
  /** Its path relative to the folder of the dataset, with `/`. */
  readonly file: string;
  /** Number of its pictures. */
  readonly rows: number;
  /** Its size in bytes. */
  readonly bytes: number;
  /** CRC-32 of its column `crc32` as little-endian 32-bit words, in hexadecimal. */
  readonly crc32: string;
}

/** Key of the description in the schema's metadata. */
export const DESCRIPTION_KEY = "silhouette";

/** Key of the CRC-32 of the description's JSON, as 8 hexadecimal digits. */
export const DESCRIPTION_CRC32_KEY = "silhouette.crc32";

/** A picture and its origin. */
export interface DatasetRow {
  /** Path of the photograph, relative to the folder of photographs, with `/`. */
  readonly path: string;
  /** Its class: one of the description's labels. */
  readonly label: string;
  /** Its split. */
  readonly split: Split;
  /** Width of the upright photograph in pixels. */
  readonly sourceWidth: number;
  /** Height of the upright photograph in pixels. */
  readonly sourceHeight: number;
  /** Otsu's threshold, 0 to 255: gray levels above it are white. */
  readonly threshold: number;
  /**
   * `[height, width]`, {@link pictureBytes} bytes. `binary1`: 1 where it is white, 8 pixels per byte, bit 7 first, without padding
   * between rows. `gray8`: gray levels. `rgb8`: `[3, height, width]`, the levels of red, green and blue.
   */
  readonly pixels: Uint8Array;
  /**
   * The photograph as a small JPEG for people, upright and on white, with its own aspect ratio: at most 65,536 bytes.
   * Empty if none was kept. No network sees it.
   */
  readonly thumbnail: Uint8Array;
}

/** Maximum size of a thumbnail in bytes. Those of photographs have about 5,000. */
export const THUMBNAIL_BYTES = 64 * 1024;

/** What determines the bytes of a picture. */
export type StoredSize = PictureSize & Pick<DatasetDescription, "pixelFormat">;

/** Size of a stored picture in bytes: {@link packedBytes}, a byte per pixel, or three. */
export function pictureBytes({ width, height, pixelFormat }: StoredSize): number {
  if (pixelFormat === "binary1") return packedBytes({ width, height });
  return (pixelFormat === "rgb8" ? PLANES : 1) * width * height;
}

/**
 * Size of a black-and-white picture's packed pixels in bytes: ceil(width * height / 8).
 *
 * @param size size of the picture
 */
export function packedBytes({ width, height }: PictureSize): number {
  return Math.ceil((width * height) / 8);
}

/** Schema of a dataset with pictures of `size`. */
export function datasetSchema(size: StoredSize): Schema<DatasetColumns> {
  // Explicit dictionary ids, so that they do not depend on what else the process has written.
  return new Schema<DatasetColumns>([
    new Field("path", new Utf8(), false),
    new Field("label", new Dictionary(new Utf8(), new Int32(), 0), false),
    new Field("split", new Dictionary(new Utf8(), new Int32(), 1), false),
    new Field("sourceWidth", new Uint32(), false),
    new Field("sourceHeight", new Uint32(), false),
    new Field("threshold", new Uint8(), false),
    new Field("crc32", new Uint32(), false),
    new Field("pixels", new FixedSizeBinary(pictureBytes(size)), false),
    new Field("thumbnail", new Binary(), false),
  ]);
}

/**
 * CRC-32 (zlib) of a row: of its index in the file, its source size and its threshold as little-endian 32-bit words; of path,
 * label and split in UTF-8, each followed by a 0 byte; of its pixels; and of its thumbnail.
 *
 * @param before {@link checksumBeforeSplit}, if it is known
 */
export function rowChecksum(number: number, row: DatasetRow, before = checksumBeforeSplit(number, row)): number {
  return crc32([splitText(row.split), row.pixels, row.thumbnail], before);
}

/** {@link rowChecksum} of what is before the split. */
export function checksumBeforeSplit(number: number, row: DatasetRow): number {
  const words = littleEndian([number, row.sourceWidth, row.sourceHeight, row.threshold]);
  return crc32([words, `${row.path}\0${row.label}\0`]);
}

/**
 * {@link rowChecksum} of a row whose split is replaced.
 *
 * @param checksum that of the row as it was
 * @param before {@link checksumBeforeSplit}
 * @param shift {@link crc32Shift} of the bytes after the split
 */
export function redividedChecksum(
  checksum: number,
  {
    before,
    from,
    to,
    shift,
  }: { readonly before: number; readonly from: Split; readonly to: Split; readonly shift: number },
): number {
  // What follows contributes the same to both checksums, and a CRC-32 is linear.
  const change = crc32([splitText(from)], before) ^ crc32([splitText(to)], before);
  return crc32Joined(change >>> 0, checksum, shift);
}

/** A split as it is in {@link rowChecksum}. */
function splitText(split: Split): string {
  return `${split}\0`;
}

/** CRC-32 (zlib) of the description's JSON, as 8 hexadecimal digits. */
export function descriptionChecksum(json: string): string {
  return crc32Hex([json]);
}

/** What the pixels of each format are, as an adjective. */
export const COLORS: Readonly<Record<PixelFormat, string>> = {
  binary1: "black-and-white",
  gray8: "gray",
  rgb8: "color",
};

/** The size and format of stored pictures, for messages. */
export function pixelsText({ width, height, pixelFormat }: StoredSize): string {
  return `${width} x ${height} ${COLORS[pixelFormat]} pixels`;
}

/** The shares of a dataset's splits as a string, for comparison and for messages. */
export function sharesOf({ split }: DatasetDescription): string {
  return split.from === "folders" ? "by folders" : split.fractions.join();
}
