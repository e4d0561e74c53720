// Writes a dataset file as a stream: one record batch is encoded while the last one is written, and the file gets its name once it is
// complete.

import { stat } from "node:fs/promises";
import { dirname } from "node:path";

import { DatasetEncoder } from "../../dataset/encoder.ts";
import { DATASET_ENDING } from "../../dataset/dataset-name.ts";
import type { DatasetDescription, DatasetRow } from "../../dataset/format.ts";
import type { Split } from "../../dataset/split.ts";
import { checkArgument, filePath } from "../../values/arguments.ts";
import { TrainerError } from "../../values/errors.ts";
import { removeDead } from "./file-lock.ts";
import { OutputLock } from "./output-lock.ts";
import { unwritable, WholeFile } from "./whole-file.ts";

/** The name of a dataset file in errors. */
const WHAT = "the dataset";

/**
 * A file of a dataset that is being written, which this process alone writes. Always call {@link DatasetFileWriter.discard} at the end:
 * it does not affect a finished file.
 */
export class DatasetFileWriter {
  readonly #file: WholeFile;
  readonly #encoder: DatasetEncoder;
  /** The record batch that is being written, while the next one is encoded. */
  #writing: Promise<void> = Promise.resolve();
  #bytes = 0;

  private constructor(file: WholeFile, encoder: DatasetEncoder) {
    this.#file = file;
    this.#encoder = encoder;
  }

  /** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
  static async create(path: string, description: Omit<DatasetDescription, "rows">): Promise<DatasetFileWriter> {
    return new DatasetFileWriter(await WholeFile.create(path, WHAT), new DatasetEncoder(description));
  }

  /** Number of rows added so far. */
  get rows(): number {
    return this.#encoder.rows;
  }

  /** Size of a finished file in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** CRC-32 of a finished file's column `crc32`: see {@link DatasetEncoder.crc32}. */
  get crc32(): number {
    return this.#encoder.crc32;
  }

  /** @throws {TrainerError} as {@link DatasetWriter.write} */
  async write(row: DatasetRow): Promise<void> {
    await this.#append(await this.#encoder.add(row));
  }

  /** @throws {TrainerError} as {@link DatasetWriter.finish} */
  async finish(splits?: readonly Split[]): Promise<void> {
    await this.#append(await this.#encoder.finish());
    await this.#writing;
    if (splits !== undefined) {
      for (const { position, bytes } of this.#encoder.divide(splits)) await this.#file.overwrite(position, bytes);
    }
    await this.#file.finish();
  }

  /** Removes what was written. Does nothing after {@link DatasetFileWriter.finish} has succeeded. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.discard();
  }

  async #append(chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    if (chunks.length === 0) return;
    await this.#writing;
    this.#writing = this.#write(chunks);
    // Whoever appends next, or finishes, is told of an error.
    this.#writing.catch(() => undefined);
  }

  async #write(chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    for (const chunk of chunks) {
      await this.#file.append(chunk);
      this.#bytes += chunk.length;
    }
    this.#encoder.reuse(chunks);
  }
}

/**
 * A dataset file that is being written. Rows are numbered in the order of {@link DatasetWriter.write}; equal rows and
 * descriptions give equal bytes. Always call {@link DatasetWriter.discard} at the end: it does not affect a finished file.
 *
 * @example
 * import { DatasetWriter, packedBytes } from "@silhouette/trainer";
 *
 * const size = { width: 128, height: 128 };
 * const writer = await DatasetWriter.create("drawn.arrow", {
 *   formatVersion: 3,
 *   ...size,
 *   pixelFormat: "binary1",
 *   labels: ["car", "bus"],
 *   preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
 *   split: { from: "folders" },
 * });
 * try {
 *   const source = { sourceWidth: 640, sourceHeight: 480, threshold: 127 };
 *   const [pixels, thumbnail] = [new Uint8Array(packedBytes(size)), new Uint8Array()];
 *   await writer.write({ path: "train/car/0.png", label: "car", split: "train", ...source, pixels, thumbnail });
 *   await writer.finish();
 * } finally {
 *   await writer.discard();
 * }
 */
export class DatasetWriter {
  readonly #file: DatasetFileWriter;
  readonly #lock: OutputLock;

  private constructor(file: DatasetFileWriter, lock: OutputLock) {
    this.#file = file;
    this.#lock = lock;
  }

  /**
   * Starts writing the file `path`, which appears (or is replaced) when {@link DatasetWriter.finish} is done. Until then, or
   * until {@link DatasetWriter.discard}, no other process can start writing it.
   *
   * @param path ends in `.arrow`; its folder must exist
   * @param description of the rows, except their number
   * @throws {TrainerError} `INVALID_ARGUMENT` for another extension, `OUTPUT_IN_USE`, `OUTPUT_UNWRITABLE`
   */
  static async create(path: string, description: Omit<DatasetDescription, "rows">): Promise<DatasetWriter> {
    checkArgument("DatasetWriter.create()", "path", filePath, path);
    await checkDatasetPath(path);
    const lock = await OutputLock.ofFile(path, WHAT);
    try {
      await removeDead(dirname(path));
      return new DatasetWriter(await DatasetFileWriter.create(path, description), lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Number of rows added so far. */
  get rows(): number {
    return this.#file.rows;
  }

  /** Size of the file in bytes, once it is finished. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /**
   * Adds a row, whose pixels and thumbnail are copied.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` for a label, split or number of bytes that does not match the description,
   * `OUTPUT_UNWRITABLE`
   */
  async write(row: DatasetRow): Promise<void> {
    await this.#file.write(row);
  }

  /**
   * Completes the file and gives it its name.
   *
   * @param splits those of all rows, in their order, instead of the splits they were written with: some are known only once all
   * pictures are
   * @throws {TrainerError} `INVALID_ARGUMENT` if it has no rows, or not as many as `splits`; `OUTPUT_UNWRITABLE`
   */
  async finish(splits?: readonly Split[]): Promise<void> {
    await this.#file.finish(splits);
    await this.#lock.release();
  }

  /** Removes what was written. Does nothing after {@link DatasetWriter.finish} has succeeded. */
  async discard(): Promise<void> {
    await this.#file.discard();
    await this.#lock.release();
  }
}

/**
 * Checks the path of a dataset before any work is done.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` for another extension, `OUTPUT_UNWRITABLE` for a folder
 */
export async function checkDatasetPath(path: string): Promise<void> {
  if (!path.endsWith(DATASET_ENDING)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a file name that ends in ${DATASET_ENDING} for the dataset, but received ${path}`,
      `For example: ${path}${DATASET_ENDING}`,
    );
  }
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) throw unwritable(path, WHAT, new Error("it is a folder"));
  await stat(dirname(path)).catch((cause: unknown) => {
    throw unwritable(path, WHAT, cause);
  });
}
