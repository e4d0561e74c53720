// The dataset file: what its rows and its description hold, and how both are checked.
//
// An Arrow IPC file, uncompressed, so that Python reads it with `pyarrow.ipc.open_file`. Arrow has no checksums: a
// flipped byte would be read without a word, so that every row and the description carry a CRC-32 of our own.

import { Dictionary, Field, FixedSizeBinary, Int32, Schema, Uint32, Uint8, Utf8, type TypeMap } from "apache-arrow";

import { crc32, crc32Hex, littleEndian } from "../values/checksum.ts";
import { Damage } from "../values/errors.ts";
import { count, list, oneOf, real, record, text, tuple, type Shape } from "../values/json-shape.ts";
import { PIXEL_FORMAT, preprocessingShape, type Preprocessing } from "./preprocessing.ts";
import { SPLITS, type Split, type SplitFractions } from "./split.ts";

/** Grows when a file of the new kind cannot be read as one of the old. */
export const FORMAT_VERSION = 1;

/** Rows a record batch; the last may have fewer. */
export const BATCH_ROWS = 512;

/** Columns of the file, in their order. */
export interface DatasetColumns extends TypeMap {
  /** Relative to the folder of photographs, with `/`. */
  readonly path: Utf8;
  readonly label: Dictionary<Utf8, Int32>;
  readonly split: Dictionary<Utf8, Int32>;
  /** Size of the photograph, upright, in pixels. */
  readonly sourceWidth: Uint32;
  readonly sourceHeight: Uint32;
  /** Otsu's threshold: gray levels above it are 1. */
  readonly threshold: Uint8;
  /** {@link rowChecksum}. */
  readonly crc32: Uint32;
  /** `[height, width]` pixels, 8 a byte, bit 7 first, without padding between rows. */
  readonly pixels: FixedSizeBinary;
}

/** The size that all pictures of a dataset, and of a network, have. */
export interface PictureSize {
  /** Pixels a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** What a dataset is, kept as JSON in the schema's metadata under the key `silhouette`. */
export interface DatasetDescription {
  /** 1: grows when a file of the new kind cannot be read as one of the old. */
  readonly formatVersion: number;
  /** Pixels a row of every picture. */
  readonly width: number;
  /** Rows of every picture. */
  readonly height: number;
  /** One bit a pixel: 1 is lighter than the threshold. */
  readonly pixelFormat: typeof PIXEL_FORMAT;
  /** A class's place is its index in one-hot labels. */
  readonly labels: readonly string[];
  /** Number of pictures. */
  readonly rows: number;
  /** How the pixels were made; a model trained on them repeats it. */
  readonly preprocessing: Preprocessing;
  /** Where the splits come from. */
  readonly split:
    | {
        /** From folders for `train` and `test`, and maybe `val`. */
        readonly from: "folders";
      }
    | {
        /** Drawn class by class, in the order of a hash of seed and path, with copies of a picture in one split. */
        readonly from: "stratified";
        /** Seed of the hash: a whole number of 0 to 2^53 - 1. */
        readonly seed: number;
        /** Shares that were asked for. */
        readonly fractions: SplitFractions;
        /** The splits that were drawn, which have the shares among themselves; another has a folder of its own. */
        readonly drawn: readonly Split[];
      }
    | {
        /** From a hash of seed and path alone, as earlier versions drew it. */
        readonly from: "hash";
        /** Seed of the hash: a whole number of 0 to 2^53 - 1. */
        readonly seed: number;
        /** Shares that the splits have on average. */
        readonly fractions: SplitFractions;
      };
}

const splitShape: Shape<DatasetDescription["split"]> = (value, where) => {
  const { from } = record({ from: oneOf("folders", "stratified", "hash") })(value, where);
  if (from === "folders") return { from };
  const fractions = tuple<SplitFractions>(real, real, real);
  if (from === "stratified") {
    return { from, ...record({ seed: count, fractions, drawn: list(oneOf(...SPLITS)) })(value, where) };
  }
  return { from, ...record({ seed: count, fractions })(value, where) };
};

/** What a description's JSON has to look like. */
export const descriptionShape: Shape<DatasetDescription> = (value, where) => {
  const description = record<DatasetDescription>({
    formatVersion: count,
    width: count,
    height: count,
    pixelFormat: oneOf(PIXEL_FORMAT),
    labels: list(text),
    rows: count,
    preprocessing: preprocessingShape,
    split: splitShape,
  })(value, where);
  const { width, height, labels } = description;
  if (width === 0 || height === 0) throw new Damage(`its pictures have ${width} x ${height} pixels`);
  if (new Set(labels).size < labels.length) throw new Damage(`two of its labels are the same: ${labels.join(", ")}`);
  return description;
};

/** Key of the description in the schema's metadata. */
export const DESCRIPTION_KEY = "silhouette";

/** Key of the CRC-32 of the description's text, as 8 hexadecimal digits. */
export const DESCRIPTION_CRC32_KEY = "silhouette.crc32";

/** One picture and where it comes from. */
export interface DatasetRow {
  /** Of the photograph, relative to the folder of photographs, with `/`. */
  readonly path: string;
  /** Its class: one of the description's labels. */
  readonly label: string;
  /** What it is for. */
  readonly split: Split;
  /** Pixels a row of the photograph, upright. */
  readonly sourceWidth: number;
  /** Rows of the photograph, upright. */
  readonly sourceHeight: number;
  /** Otsu's threshold, 0 to 255: gray levels above it are 1. */
  readonly threshold: number;
  /** `[height, width]` bits, 8 a byte, bit 7 first, without padding between rows: {@link packedBytes} bytes. */
  readonly pixels: Uint8Array;
}

/**
 * Bytes of a picture's packed pixels: ceil(width * height / 8).
 *
 * @param size of the picture
 */
export function packedBytes({ width, height }: PictureSize): number {
  return Math.ceil((width * height) / 8);
}

/** Columns of a dataset of pictures of `size`. */
export function datasetSchema(size: PictureSize): Schema<DatasetColumns> {
  // Ids are given so that they do not depend on what else the process wrote.
  return new Schema<DatasetColumns>([
    new Field("path", new Utf8(), false),
    new Field("label", new Dictionary(new Utf8(), new Int32(), 0), false),
    new Field("split", new Dictionary(new Utf8(), new Int32(), 1), false),
    new Field("sourceWidth", new Uint32(), false),
    new Field("sourceHeight", new Uint32(), false),
    new Field("threshold", new Uint8(), false),
    new Field("crc32", new Uint32(), false),
    new Field("pixels", new FixedSizeBinary(packedBytes(size)), false),
  ]);
}

/**
 * CRC-32 (zlib's) of a row: of its number in the file, its source size and its threshold as little-endian 32-bit words,
 * of path, label and split in UTF-8 with a 0 byte after each, and of its pixels.
 */
export function rowChecksum(number: number, row: DatasetRow): number {
  const words = littleEndian([number, row.sourceWidth, row.sourceHeight, row.threshold]);
  return crc32([words, `${row.path}\0${row.label}\0${row.split}\0`, row.pixels]);
}

/** CRC-32 (zlib's) of the description's text, as 8 hexadecimal digits. */
export function descriptionChecksum(json: string): string {
  return crc32Hex([json]);
}

/** Whether `source` is a dataset file by its name; everything else is a folder. */
export function isDatasetFile(source: string): boolean {
  return source.endsWith(".arrow");
}

/** The shares of a dataset's splits, for comparison and for messages. */
export function sharesOf({ split }: DatasetDescription): string {
  return split.from === "folders" ? "by folders" : split.fractions.join();
}
