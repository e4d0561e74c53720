// Reads a dataset one record batch at a time, from a file or from memory. Each row is checked before it is returned.

import type { RecordBatch } from "apache-arrow";

import { checkArgument, fileContent } from "../values/arguments.ts";
import { ArrowFile, isMagic, MAGIC_BYTES } from "./arrow-file.ts";
import { bytesOf, type ByteSource } from "./byte-source.ts";
import {
  BATCH_ROWS,
  datasetSchema,
  DESCRIPTION_CRC32_KEY,
  DESCRIPTION_KEY,
  descriptionChecksum,
  descriptionShape,
  FORMAT_VERSION,
  pictureBytes,
  rowChecksum,
  THUMBNAIL_BYTES,
  type DatasetColumns,
  type DatasetDescription,
  type DatasetRow,
} from "./format.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import { count, parseJson, record } from "../values/json-shape.ts";
import { SPLITS, type Split } from "./split.ts";

/** Maximum size of a row without its pixels in bytes: the longest path of any system, in UTF-8, the thumbnail, and the other columns. */
const MAX_BYTES_BESIDE_PIXELS = 16 * 1024 + THUMBNAIL_BYTES;

/**
 * An open dataset. Close it after use.
 *
 * @example
 * import { openDataset } from "@silhouette/trainer";
 *
 * const dataset = await openDataset("photos.arrow");
 * console.log(dataset.rows, dataset.description.labels);
 * for await (const { path, label, split, threshold } of dataset) console.log(path, label, split, threshold);
 * await dataset.close();
 */
export class Dataset {
  /** Path of the file, or another name, used in error messages. */
  readonly path: string;
  /** Description of the pictures and of how they were made. */
  readonly description: DatasetDescription;
  readonly #source: ByteSource;
  readonly #content: ArrowFile<DatasetColumns>;
  /** Paths of the rows that iteration skips. */
  readonly #leftOut: ReadonlySet<string>;
  /** The last read: batches are read one after another because each is large. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(
    path: string,
    description: DatasetDescription,
    source: ByteSource,
    content: ArrowFile<DatasetColumns>,
    leftOut: ReadonlySet<string> = new Set(),
  ) {
    this.path = path;
    this.description = description;
    this.#source = source;
    this.#content = content;
    this.#leftOut = leftOut;
  }

  /**
   * Opens the content of a dataset file and checks its frame, version, description and number of rows. Rows are checked when
   * they are read.
   *
   * @param content all bytes of the file; bytes in memory must not change while the dataset is open
   * @param name used in error messages
   * @throws {TrainerError} `INVALID_ARGUMENT`, `NOT_A_DATASET`, `DATASET_VERSION`, `DATASET_DAMAGED`
   */
  static async open(content: Uint8Array | ArrayBuffer | Blob, name = "the given bytes"): Promise<Dataset> {
    checkArgument("Dataset.open()", "content", fileContent, content);
    return Dataset.from(bytesOf(content), name);
  }

  /** Opens any source. It is closed with the dataset, or if the dataset cannot be opened. @internal */
  static async from(source: ByteSource, path: string): Promise<Dataset> {
    try {
      await checkBeginning(path, source);
      const content = await ArrowFile.open<DatasetColumns>(source);
      const description = descriptionOf(path, content.schema.metadata);
      checkFooter(content, description);
      return new Dataset(path, description, source, content);
    } catch (error) {
      await source.close();
      throw error instanceof Damage ? damaged(path, error.message, error) : error;
    }
  }

  /** Number of pictures. */
  get rows(): number {
    return this.description.rows;
  }

  /** Number of record batches. All but the last have {@link BATCH_ROWS} rows. */
  get batches(): number {
    return Math.ceil(this.rows / BATCH_ROWS);
  }

  /**
   * Reads the rows of record batch `index`, starting at row `index * BATCH_ROWS`. Their pixels and thumbnails are views of one block.
   *
   * @param index 0 to `batches - 1`
   * @throws {TrainerError} `INVALID_ARGUMENT` for another index or after {@link Dataset.close}; `DATASET_DAMAGED` if
   * the batch has changed since it was written
   */
  async readBatch(index: number): Promise<readonly DatasetRow[]> {
    if (this.#isClosed || !Number.isInteger(index) || index < 0 || index >= this.batches) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected a record batch from 0 to ${this.batches - 1} of an open dataset, but received ${index}${this.#isClosed ? " after it was closed" : ""}`,
        "Read existing batches, before you close the dataset.",
      );
    }
    const read = this.#last.then(() => this.#read(index));
    this.#last = read.catch(() => undefined);
    return read;
  }

  /**
   * All rows in order, with one batch in memory at a time.
   *
   * @throws {TrainerError} as {@link Dataset.readBatch}
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<DatasetRow, void, undefined> {
    for (let index = 0; index < this.batches; index++) {
      for (const row of await this.readBatch(index)) if (!this.#leftOut.has(row.path)) yield row;
    }
  }

  /** The same file without some pictures, which iteration skips. It is closed with this dataset. @internal */
  without(paths: ReadonlySet<string>): Dataset {
    return new Dataset(this.path, this.description, this.#source, this.#content, paths);
  }

  /** Closes the file after pending reads. Rows that were read stay valid. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
    await this.#source.close();
  }

  async #read(index: number): Promise<readonly DatasetRow[]> {
    const first = index * BATCH_ROWS;
    const length = Math.min(BATCH_ROWS, this.rows - first);
    const bytes = pictureBytes(this.description);
    try {
      const batch = await this.#content.readBatch(index, length * (bytes + MAX_BYTES_BESIDE_PIXELS));
      if (batch.numRows !== length) throw new Damage(`it has ${batch.numRows} rows instead of ${length}`);
      const rows = rowsOf(batch, bytes);
      for (const [row, { content, checksum }] of rows.entries()) {
        if (rowChecksum(first + row, content) !== checksum) {
          throw new Damage(`the checksum of row ${first + row} (${content.path}) does not match`);
        }
        if (!this.description.labels.includes(content.label) || !SPLITS.includes(content.split)) {
          throw new Damage(
            `row ${first + row} (${content.path}) has label ${content.label} and split ${content.split}`,
          );
        }
      }
      return rows.map(({ content }) => content);
    } catch (cause) {
      const what = cause instanceof Damage ? cause.message : String(cause);
      throw damaged(this.path, `record batch ${index} cannot be read: ${what}`, cause);
    }
  }
}

/** The rows of a batch, with their stored checksums. */
function rowsOf(
  batch: RecordBatch<DatasetColumns>,
  bytes: number,
): readonly { readonly content: DatasetRow; readonly checksum: number | null }[] {
  const columns = columnsOf(batch);
  const pixels: Uint8Array = columns.pixels.data[0]?.values ?? new Uint8Array();
  if (pixels.length < batch.numRows * bytes) throw new Damage(`it has ${pixels.length} bytes of pixels`);
  return Array.from({ length: batch.numRows }, (_, row) => ({
    content: {
      path: columns.path.get(row) ?? "",
      label: columns.label.get(row) ?? "",
      split: columns.split.get(row) as Split,
      sourceWidth: columns.sourceWidth.get(row) ?? 0,
      sourceHeight: columns.sourceHeight.get(row) ?? 0,
      threshold: columns.threshold.get(row) ?? 0,
      pixels: pixels.subarray(row * bytes, (row + 1) * bytes),
      thumbnail: columns.thumbnail.get(row) ?? new Uint8Array(),
    },
    checksum: columns.crc32.get(row),
  }));
}

function columnsOf(batch: RecordBatch<DatasetColumns>) {
  const column = <Name extends keyof DatasetColumns & string>(name: Name) => {
    const vector = batch.getChild(name);
    if (!vector) throw new Damage(`it has no column ${name}`);
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
    thumbnail: column("thumbnail"),
  };
}

/** Hint for a path without a dataset. */
export const HOW_TO_MAKE_ONE = "Make one with: silhouette prepare FOLDER --out FILE.arrow";

async function checkBeginning(path: string, source: ByteSource): Promise<void> {
  const { size } = source;
  const start = await source.read(0, MAGIC_BYTES).catch(() => new Uint8Array());
  if (!isMagic(start)) {
    throw new TrainerError(
      "NOT_A_DATASET",
      `Expected a dataset (an Arrow IPC file) at ${path}, but it ${size === 0 ? "is empty" : "begins with other bytes"}`,
      HOW_TO_MAKE_ONE,
    );
  }
}

function descriptionOf(path: string, metadata: ReadonlyMap<string, string | null>): DatasetDescription {
  const text = metadata.get(DESCRIPTION_KEY);
  if (typeof text !== "string") {
    throw new TrainerError(
      "NOT_A_DATASET",
      `Expected a dataset at ${path}, but this Arrow file does not describe one (no "${DESCRIPTION_KEY}" in its metadata)`,
      HOW_TO_MAKE_ONE,
    );
  }
  if (descriptionChecksum(text) !== metadata.get(DESCRIPTION_CRC32_KEY)) {
    throw new Damage("the checksum of its description does not match");
  }
  const described = parseJson(text);
  const { formatVersion } = record({ formatVersion: count })(described, "");
  if (formatVersion !== FORMAT_VERSION) {
    throw new TrainerError(
      "DATASET_VERSION",
      `Expected a dataset of format version ${FORMAT_VERSION} at ${path}, but it has version ${formatVersion}`,
      "Prepare it again from the photographs, or use the version of silhouette that wrote it.",
    );
  }
  return descriptionShape(described, "");
}

function checkFooter({ schema, batches }: ArrowFile<DatasetColumns>, description: DatasetDescription): void {
  if (String(schema) !== String(datasetSchema(description))) {
    throw new Damage("its columns do not match its description");
  }
  const expected = Math.ceil(description.rows / BATCH_ROWS);
  if (batches !== expected) throw new Damage(`it has ${batches} record batches instead of ${expected}`);
}

function damaged(path: string, what: string, cause?: unknown): TrainerError {
  return new TrainerError(
    "DATASET_DAMAGED",
    `Expected an intact dataset at ${path}, but ${what}`,
    "Prepare it again from the photographs, or copy it again from an intact original.",
    { cause },
  );
}
