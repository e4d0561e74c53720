// Writes a dataset file as a stream: at most one record batch is in memory, and the file gets its name once it is complete.

import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isUint8Array } from "node:util/types";

import {
  Binary,
  FixedSizeBinary,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Struct,
  Uint32,
  Uint8,
  Utf8,
  vectorFromArray,
  type Data,
  type Schema,
  type Vector,
} from "apache-arrow";
import { custom } from "valibot";

import { checkArgument, filePath, optionsOf, text, wholeNumber } from "../../values/arguments.ts";
import {
  BATCH_ROWS,
  datasetSchema,
  DESCRIPTION_CRC32_KEY,
  DESCRIPTION_KEY,
  descriptionChecksum,
  pictureBytes,
  rowChecksum,
  THUMBNAIL_BYTES,
  type DatasetColumns,
  type DatasetDescription,
  type DatasetRow,
} from "../../dataset/format.ts";
import { TrainerError } from "../../values/errors.ts";
import { removeDead } from "./file-lock.ts";
import { SPLITS } from "../../dataset/split.ts";
import { OutputLock } from "./output-lock.ts";
import { unwritable, WholeFile } from "./whole-file.ts";

/** File name extension of datasets. */
const DATASET_ENDING = ".arrow";

/** The name of a dataset file in errors. */
const WHAT = "the dataset";

const MOST_UINT32 = 2 ** 32 - 1;

/** A row, with numbers in the range of their columns. */
const ROW = optionsOf<DatasetRow>({
  path: text("a path"),
  label: text("a class name"),
  split: text("a split"),
  sourceWidth: wholeNumber(0, MOST_UINT32),
  sourceHeight: wholeNumber(0, MOST_UINT32),
  threshold: wholeNumber(0, 255),
  pixels: custom((value) => isUint8Array(value), "a Uint8Array"),
  thumbnail: custom(
    (value) => isUint8Array(value) && value.length <= THUMBNAIL_BYTES,
    `a Uint8Array of at most ${THUMBNAIL_BYTES} bytes`,
  ),
});

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
  readonly #path: string;
  readonly #file: WholeFile;
  readonly #lock: OutputLock;
  readonly #description: Omit<DatasetDescription, "rows">;
  readonly #schema: Schema<DatasetColumns>;
  readonly #labels: Vector<Utf8>;
  readonly #splits: Vector<Utf8> = vectorFromArray([...SPLITS], new Utf8());
  readonly #arrow = new RecordBatchFileWriter<DatasetColumns>();
  readonly #chunks: AsyncIterator<Uint8Array>;
  #nextChunk: Promise<IteratorResult<Uint8Array>>;
  #pending: DatasetRow[] = [];
  #written = 0;
  /** Arrow's own copy of the schema, taken from the first batch and written to the file's footer. */
  #footerSchema: Schema<DatasetColumns> | undefined;

  private constructor(path: string, file: WholeFile, lock: OutputLock, description: Omit<DatasetDescription, "rows">) {
    this.#path = path;
    this.#file = file;
    this.#lock = lock;
    this.#description = description;
    this.#schema = datasetSchema(description);
    this.#labels = vectorFromArray([...description.labels], new Utf8());
    this.#chunks = this.#arrow[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    this.#nextChunk = this.#chunks.next();
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
      return new DatasetWriter(path, await WholeFile.create(path, WHAT), lock, description);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Number of rows added so far. */
  get rows(): number {
    return this.#written + this.#pending.length;
  }

  /**
   * Adds a row. Its pixels and thumbnail are not copied: do not change them until their record batch is written.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` for a label, split or number of bytes that does not match the description,
   * `OUTPUT_UNWRITABLE`
   */
  async write(row: DatasetRow): Promise<void> {
    checkArgument("DatasetWriter.write()", "row", ROW, row);
    const bytes = pictureBytes(this.#description);
    const isKnown = this.#description.labels.includes(row.label) && SPLITS.includes(row.split);
    if (!isKnown || row.pixels.length !== bytes) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected a row with a label of ${this.#description.labels.join(", ")}, a split of ${SPLITS.join(", ")} and ${bytes} bytes of ` +
          `pixels, but received ${row.label}, ${row.split} and ${row.pixels.length} (${row.path})`,
        "Write only rows that match the dataset's description.",
      );
    }
    this.#pending.push(row);
    if (this.#pending.length === BATCH_ROWS) await this.#flush();
  }

  /**
   * Completes the file and gives it its name.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` if it has no rows, `OUTPUT_UNWRITABLE`
   */
  async finish(): Promise<void> {
    if (this.#pending.length > 0) await this.#flush();
    if (this.#footerSchema === undefined) {
      const message = `Expected at least one row for the dataset ${this.#path}, but it has none`;
      throw new TrainerError("INVALID_ARGUMENT", message, "Write a row before finishing the file.");
    }
    const json = JSON.stringify({ ...this.#description, rows: this.#written });
    this.#footerSchema.metadata.set(DESCRIPTION_KEY, json).set(DESCRIPTION_CRC32_KEY, descriptionChecksum(json));
    this.#arrow.finish();
    await this.#drain();
    await this.#file.finish();
    await this.#lock.release();
  }

  /** Removes what was written. Does nothing after {@link DatasetWriter.finish} has succeeded. */
  async discard(): Promise<void> {
    await this.#file.discard();
    await this.#lock.release();
  }

  async #flush(): Promise<void> {
    const batch = this.#batch(this.#pending);
    this.#arrow.write(batch);
    this.#footerSchema ??= batch.schema;
    this.#written += this.#pending.length;
    this.#pending = [];
    await this.#drain();
  }

  /** Writes all bytes that Arrow has queued to the file: Arrow's own streams accept batches without waiting for the disk. */
  async #drain(): Promise<void> {
    const nothingQueued = Promise.resolve(undefined);
    for (;;) {
      // If Arrow has a chunk, `#nextChunk` has already settled and wins the race.
      const chunk = await Promise.race([this.#nextChunk, nothingQueued]);
      if (chunk === undefined || chunk.done === true) return;
      await this.#file.append(chunk.value);
      this.#nextChunk = this.#chunks.next();
    }
  }

  #batch(rows: readonly DatasetRow[]): RecordBatch<DatasetColumns> {
    const length = rows.length;
    const types = new Map(this.#schema.fields.map(({ name, type }) => [name, type]));
    const bytes = pictureBytes(this.#description);
    const pixels = new Uint8Array(length * bytes);
    for (const [index, row] of rows.entries()) pixels.set(row.pixels, index * bytes);
    const words = (value: (row: DatasetRow, index: number) => number) =>
      makeData({ type: new Uint32(), length, nullCount: 0, data: Uint32Array.from(rows, value) });
    const coded = (name: "label" | "split", dictionary: Vector<Utf8>, values: readonly string[]) =>
      makeData({
        type: types.get(name) as DatasetColumns["label"],
        length,
        nullCount: 0,
        data: Int32Array.from(rows, (row) => values.indexOf(row[name])),
        dictionary,
      });
    const paths = vectorFromArray(
      rows.map(({ path }) => path),
      new Utf8(),
    );
    return new RecordBatch(
      this.#schema,
      makeData({
        type: new Struct<DatasetColumns>(this.#schema.fields),
        length,
        nullCount: 0,
        children: [
          ...paths.data,
          coded("label", this.#labels, this.#description.labels),
          coded("split", this.#splits, SPLITS),
          words(({ sourceWidth }) => sourceWidth),
          words(({ sourceHeight }) => sourceHeight),
          makeData({ type: new Uint8(), length, nullCount: 0, data: Uint8Array.from(rows, (row) => row.threshold) }),
          words((row, index) => rowChecksum(this.#written + index, row)),
          makeData({ type: new FixedSizeBinary(bytes), length, nullCount: 0, data: pixels }),
          thumbnailsOf(rows),
        ],
      }),
    );
  }
}

function thumbnailsOf(rows: readonly DatasetRow[]): Data<Binary> {
  const valueOffsets = new Int32Array(rows.length + 1);
  for (const [index, { thumbnail }] of rows.entries()) {
    valueOffsets[index + 1] = (valueOffsets[index] ?? 0) + thumbnail.length;
  }
  const data = new Uint8Array(valueOffsets[rows.length] ?? 0);
  for (const [index, { thumbnail }] of rows.entries()) data.set(thumbnail, valueOffsets[index]);
  return makeData({ type: new Binary(), length: rows.length, nullCount: 0, valueOffsets, data });
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
