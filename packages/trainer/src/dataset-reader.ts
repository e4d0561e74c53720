// Opens a dataset file and reads it a record batch at a time, each row checked before it is handed out.

import { open, type FileHandle } from "node:fs/promises";

import "./bounded-flatbuffers.ts";

import { RecordBatchReader, type AsyncRecordBatchFileReader, type RecordBatch } from "apache-arrow";

import {
  BATCH_ROWS,
  datasetSchema,
  DESCRIPTION_CRC32_KEY,
  DESCRIPTION_KEY,
  descriptionChecksum,
  FORMAT_VERSION,
  packedBytes,
  rowChecksum,
  type DatasetColumns,
  type DatasetDescription,
  type DatasetRow,
} from "./dataset-format.ts";
import { systemErrorCode, TrainerError } from "./errors.ts";
import type { Split } from "./split.ts";

/** An Arrow IPC file begins and ends with these bytes. */
const MAGIC = "ARROW1";

/** Of an Arrow IPC file without rows: magic and padding, end of stream, footer length, magic. */
const FEWEST_BYTES = 8 + 8 + 4 + 6;

/**
 * An open dataset file. Close it after use.
 *
 * @example
 * import { Dataset } from "@silhouette/trainer";
 *
 * const dataset = await Dataset.open("photos.arrow");
 * console.log(dataset.rows, dataset.description.labels);
 * for await (const { path, label, split, threshold } of dataset) console.log(path, label, split, threshold);
 * await dataset.close();
 */
export class Dataset {
  /** Of the file, as it was named. */
  readonly path: string;
  /** What its pictures are, and how they were made. */
  readonly description: DatasetDescription;
  readonly #file: FileHandle;
  readonly #reader: AsyncRecordBatchFileReader<DatasetColumns>;
  /** Arrow's reader gives wrong batches when it is asked for two at once: each waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(
    path: string,
    description: DatasetDescription,
    file: FileHandle,
    reader: AsyncRecordBatchFileReader<DatasetColumns>,
  ) {
    this.path = path;
    this.description = description;
    this.#file = file;
    this.#reader = reader;
  }

  /**
   * Opens `path` and checks its frame, version, description and number of rows; rows are checked when they are read.
   *
   * @throws {TrainerError} `DATASET_NOT_FOUND`, `NOT_A_DATASET`, `DATASET_VERSION`, `DATASET_DAMAGED`
   */
  static async open(path: string): Promise<Dataset> {
    let file: FileHandle;
    try {
      file = await open(path);
    } catch (cause) {
      throw new TrainerError(
        "DATASET_NOT_FOUND",
        `Expected a dataset file at ${path}, but it cannot be opened (${systemErrorCode(cause) ?? String(cause)})`,
        "Make one with: silhouette prepare FOLDER --out FILE.arrow",
        { cause },
      );
    }
    try {
      await checkFrame(path, file);
      const { reader, batches } = await openReader(path, file);
      const description = checkedDescription(path, reader.schema.metadata);
      checkFooter(path, String(reader.schema), batches, description);
      return new Dataset(path, description, file, reader);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Number of pictures. */
  get rows(): number {
    return this.description.rows;
  }

  /** Number of record batches: all have {@link BATCH_ROWS} rows but the last. */
  get batches(): number {
    return Math.ceil(this.rows / BATCH_ROWS);
  }

  /**
   * The rows of record batch `index`, from `index * BATCH_ROWS` on. Their pixels are views of one block.
   *
   * @param index 0 to `batches - 1`
   * @throws {TrainerError} `INVALID_ARGUMENT` for another index or after {@link Dataset.close}; `DATASET_DAMAGED` if
   * anything of the batch is not as it was written
   */
  async readBatch(index: number): Promise<readonly DatasetRow[]> {
    if (this.#isClosed || !Number.isInteger(index) || index < 0 || index >= this.batches) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected a record batch from 0 to ${this.batches - 1} of an open dataset, but received ${index}${this.#isClosed ? " after it was closed" : ""}`,
        "Read before you close the dataset, and only batches that it has.",
      );
    }
    const read = this.#last.then(() => this.#read(index));
    this.#last = read.catch(() => undefined);
    return read;
  }

  /**
   * All rows in order, a batch in memory at a time.
   *
   * @throws {TrainerError} what {@link Dataset.readBatch} throws
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<DatasetRow, void, undefined> {
    for (let index = 0; index < this.batches; index++) yield* await this.readBatch(index);
  }

  /** Closes the file, after what is being read. Rows that were handed out stay as they are. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
    await this.#file.close();
  }

  async #read(index: number): Promise<readonly DatasetRow[]> {
    const first = index * BATCH_ROWS;
    const length = Math.min(BATCH_ROWS, this.rows - first);
    const bytes = packedBytes(this.description);
    let rows: DatasetRow[];
    let checksums: ArrayLike<number>;
    try {
      const batch = await this.#reader.readRecordBatch(index);
      const columns = columnsOf(batch);
      const pixels: Uint8Array = columns.pixels.data[0]?.values ?? new Uint8Array();
      checksums = columns.crc32.toArray();
      if (batch?.numRows !== length || pixels.length < length * bytes || checksums.length !== length) {
        throw new Error(`it has ${String(batch?.numRows)} rows instead of ${length}`);
      }
      rows = Array.from({ length }, (_, row) => ({
        path: columns.path.get(row) ?? "",
        label: columns.label.get(row) ?? "",
        split: columns.split.get(row) as Split,
        sourceWidth: columns.sourceWidth.get(row) ?? 0,
        sourceHeight: columns.sourceHeight.get(row) ?? 0,
        threshold: columns.threshold.get(row) ?? 0,
        pixels: pixels.subarray(row * bytes, (row + 1) * bytes),
      }));
    } catch (cause) {
      throw damaged(this.path, `record batch ${index} cannot be read (${String(cause)})`, cause);
    }
    for (const [row, content] of rows.entries()) {
      if (rowChecksum(first + row, content) !== checksums[row]) {
        throw damaged(this.path, `the checksum of row ${first + row} (${content.path}) differs`);
      }
    }
    return rows;
  }
}

function columnsOf(batch: RecordBatch<DatasetColumns> | null | undefined) {
  const column = <Name extends keyof DatasetColumns & string>(name: Name) => {
    const vector = batch?.getChild(name);
    if (!vector) throw new Error(`it has no column ${name}`);
    return vector;
  };
  return {
    path: column("path"),
    label: column("label"),
    split: column("split"),
    sourceWidth: column("sourceWidth"),
    sourceHeight: column("sourceHeight"),
    threshold: column("threshold"),
    crc32: column("crc32"),
    pixels: column("pixels"),
  };
}

/** Magic at both ends, and room for the footer between. */
async function checkFrame(path: string, file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const start = Buffer.alloc(MAGIC.length);
  await file.read(start, 0, start.length, 0).catch(() => undefined);
  if (start.toString("latin1") !== MAGIC) {
    throw new TrainerError(
      "NOT_A_DATASET",
      `Expected a dataset (an Arrow IPC file) at ${path}, but it ${size === 0 ? "is empty" : "begins with other bytes"}`,
      "Make one with: silhouette prepare FOLDER --out FILE.arrow",
    );
  }
  const end = Buffer.alloc(4 + MAGIC.length);
  if (size >= FEWEST_BYTES) await file.read(end, 0, end.length, size - end.length);
  const footerBytes = end.readInt32LE(0);
  if (end.toString("latin1", 4) !== MAGIC || footerBytes <= 0 || footerBytes > size - FEWEST_BYTES) {
    throw damaged(path, "its end is missing");
  }
}

/** Arrow's reader, its footer and dictionaries read, and the number of record batches that the footer tells of. */
async function openReader(
  path: string,
  file: FileHandle,
): Promise<{ reader: AsyncRecordBatchFileReader<DatasetColumns>; batches: number }> {
  try {
    const unopened = await RecordBatchReader.from<DatasetColumns>(file);
    const reader = (await unopened.open()) as AsyncRecordBatchFileReader<DatasetColumns>;
    return { reader, batches: reader.numRecordBatches };
  } catch (cause) {
    throw damaged(path, `its footer cannot be read (${String(cause)})`, cause);
  }
}

function checkedDescription(path: string, metadata: ReadonlyMap<string, string>): DatasetDescription {
  const text = metadata.get(DESCRIPTION_KEY);
  if (text === undefined) {
    throw new TrainerError(
      "NOT_A_DATASET",
      `Expected a dataset at ${path}, but this Arrow file does not describe one (no "${DESCRIPTION_KEY}" in its metadata)`,
      "Make one with: silhouette prepare FOLDER --out FILE.arrow",
    );
  }
  if (descriptionChecksum(text) !== metadata.get(DESCRIPTION_CRC32_KEY)) {
    throw damaged(path, "the checksum of its description differs");
  }
  // The checksum says that this is what a DatasetWriter wrote.
  const description = JSON.parse(text) as DatasetDescription;
  if (description.formatVersion !== FORMAT_VERSION) {
    throw new TrainerError(
      "DATASET_VERSION",
      `Expected a dataset of format version ${FORMAT_VERSION} at ${path}, but it has version ${description.formatVersion}`,
      "Prepare it again from the photographs, or use the version of silhouette that wrote it.",
    );
  }
  return description;
}

function checkFooter(path: string, columns: string, batches: number, description: DatasetDescription): void {
  if (columns !== String(datasetSchema(description))) throw damaged(path, "its columns differ from its description");
  const expected = Math.ceil(description.rows / BATCH_ROWS);
  if (batches !== expected) throw damaged(path, `it has ${batches} record batches instead of ${expected}`);
}

function damaged(path: string, what: string, cause?: unknown): TrainerError {
  return new TrainerError(
    "DATASET_DAMAGED",
    `Expected an intact dataset at ${path}, but ${what}`,
    "Prepare it again from the photographs, or copy it again from where it is intact.",
    { cause },
  );
}
