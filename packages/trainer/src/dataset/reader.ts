// Reads a dataset of one or more files, each from a disk or from memory: whole record batches, or single pictures.

import { checkArgument, fileContent } from "../values/arguments.ts";
import { bytesOf, type ByteSource } from "./byte-source.ts";
import { DatasetFile } from "./dataset-file.ts";
import { BATCH_ROWS, type DatasetDescription, type DatasetRow, type Shard } from "./format.ts";
import { TrainerError } from "../values/errors.ts";

/** A file of a dataset. */
export interface DatasetShard {
  /** Path of the file, or another name, used in error messages. */
  readonly path: string;
  /** Its bytes. */
  readonly source: ByteSource;
  /** What the dataset's `dataset.json` says of it. */
  readonly listed?: Shard;
}

/**
 * An open dataset: the rows of one file, or of several that were prepared alike, one after another. Close it after use.
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
  /** Path of the file or the folder, or another name, used in error messages. */
  readonly path: string;
  /** Description of the pictures of all files, and of how they were made. */
  readonly description: DatasetDescription;
  readonly #parts: readonly Part[];
  readonly #sources: readonly ByteSource[];
  /** Paths of the rows that iteration skips. */
  readonly #leftOut: ReadonlySet<string>;
  /** The last read: batches are read one after another because each is large. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(
    path: string,
    description: DatasetDescription,
    parts: readonly Part[],
    sources: readonly ByteSource[],
    leftOut: ReadonlySet<string> = new Set(),
  ) {
    this.path = path;
    this.description = description;
    this.#parts = parts;
    this.#sources = sources;
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
    return Dataset.fromShards([{ path: name, source: bytesOf(content) }], name);
  }

  /**
   * Opens the files of a dataset, in the order of their rows. They are closed with the dataset, or if it cannot be opened.
   *
   * @param shards at least one
   * @param path of the dataset as a whole
   * @throws {TrainerError} `NOT_A_DATASET`, `DATASET_VERSION`, `DATASET_DAMAGED`; `DATASET_MISMATCH` if the descriptions differ in
   * more than the number of rows, or a file is there twice
   * @internal
   */
  static async fromShards(shards: readonly DatasetShard[], path: string): Promise<Dataset> {
    const sources = shards.map(({ source }) => source);
    try {
      const parts: Part[] = [];
      let [firstRow, firstBatch] = [0, 0];
      for (const shard of shards) {
        const file = await DatasetFile.open(shard.source, shard.path);
        checkAlike(parts[0]?.file ?? file, file);
        if (shard.listed !== undefined) await file.checkListed(shard.listed);
        parts.push({ file, firstRow, firstBatch });
        firstRow += file.description.rows;
        firstBatch += file.batches;
      }
      if (shards.length > 1 && shards[0]?.listed === undefined) await checkDifferent(parts.map(({ file }) => file));
      const [first] = parts;
      if (first === undefined) throw new RangeError("Expected at least one file");
      return new Dataset(path, { ...first.file.description, rows: firstRow }, parts, sources);
    } catch (error) {
      await closeAll(sources);
      throw error;
    }
  }

  /** Number of pictures. */
  get rows(): number {
    return this.description.rows;
  }

  /** Number of record batches of all files. All but the last of each file have {@link BATCH_ROWS} rows. */
  get batches(): number {
    const last = this.#parts.at(-1);
    return last === undefined ? 0 : last.firstBatch + last.file.batches;
  }

  /**
   * Reads the rows of record batch `index`, counted through all files. Their pixels and thumbnails are views of one block.
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
    const { file, firstBatch } = partWith(this.#parts, index, "firstBatch");
    const read = this.#last.then(() => file.readBatch(index - firstBatch));
    this.#last = read.catch(() => undefined);
    return read;
  }

  /**
   * All rows in order, with one batch in memory at a time.
   *
   * @throws {TrainerError} as {@link Dataset.readBatch}
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<DatasetRow, void, undefined> {
    for await (const { row } of this.numbered()) yield row;
  }

  /** The rows in order, with their numbers. @throws {TrainerError} as {@link Dataset.readBatch} @internal */
  async *numbered(): AsyncGenerator<{ readonly number: number; readonly row: DatasetRow }, void, undefined> {
    let number = 0;
    for (let index = 0; index < this.batches; index++) {
      for (const row of await this.readBatch(index)) {
        if (!this.#leftOut.has(row.path)) yield { number, row };
        number++;
      }
    }
  }

  /**
   * The rows `numbers`, with one batch in memory at a time. Batches without any are not read.
   *
   * @param numbers ascending
   * @throws {TrainerError} as {@link Dataset.readBatch}
   * @internal
   */
  async *rowsAt(numbers: Iterable<number>): AsyncGenerator<DatasetRow, void, undefined> {
    let read = -1;
    let rows: readonly DatasetRow[] = [];
    for (const number of numbers) {
      const { file, row, firstBatch } = this.#at(number);
      const [batch, place] = [firstBatch + Math.floor(row / BATCH_ROWS), row % BATCH_ROWS];
      if (batch !== read) rows = await this.readBatch(batch);
      read = batch;
      const found = rows[place];
      if (found === undefined) throw new RangeError(`Expected row ${number} of ${file.path}`);
      yield found;
    }
  }

  /**
   * Reads the pixels of row `number` alone. They are not checked: compare their checksum with one of {@link Dataset.numbered}.
   *
   * @throws {TrainerError} `DATASET_DAMAGED` if they are not where the file says; `INVALID_ARGUMENT` as {@link Dataset.readBatch}
   * @internal
   */
  async readPixels(number: number): Promise<Uint8Array> {
    const { file, row } = this.#at(number);
    return file.readPixels(row);
  }

  /** Reads the path of row `number` alone. @throws {TrainerError} as {@link Dataset.readPixels} @internal */
  async readPath(number: number): Promise<string> {
    const { file, row } = this.#at(number);
    return file.readPath(row);
  }

  /** Path of the file that has row `number`. @internal */
  fileOf(number: number): string {
    return this.#at(number).file.path;
  }

  #at(number: number): { readonly file: DatasetFile; readonly row: number; readonly firstBatch: number } {
    if (this.#isClosed || !Number.isInteger(number) || number < 0 || number >= this.rows) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected a row from 0 to ${this.rows - 1} of an open dataset, but received ${number}${this.#isClosed ? " after it was closed" : ""}`,
        "Close the dataset once its pictures are no longer used.",
      );
    }
    const { file, firstRow, firstBatch } = partWith(this.#parts, number, "firstRow");
    return { file, row: number - firstRow, firstBatch };
  }

  /** The same files without some pictures, which iteration skips. They are closed with this dataset. @internal */
  without(paths: ReadonlySet<string>): Dataset {
    return new Dataset(this.path, this.description, this.#parts, this.#sources, paths);
  }

  /** Closes the files after pending reads. Rows that were read stay valid. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
    await closeAll(this.#sources);
  }
}

/** A file of a dataset, and where it begins. */
interface Part {
  readonly file: DatasetFile;
  /** Number of rows before it. */
  readonly firstRow: number;
  /** Number of record batches before it. */
  readonly firstBatch: number;
}

/** The part that has row or record batch `index`. */
function partWith(parts: readonly Part[], index: number, first: "firstRow" | "firstBatch"): Part {
  let [low, high] = [0, parts.length - 1];
  // A part without rows begins where the next one does: the last that begins there has the row.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((parts[middle]?.[first] ?? Infinity) <= index) low = middle;
    else high = middle - 1;
  }
  const part = parts[low];
  if (part === undefined) throw new RangeError(`Expected a part with ${index}`);
  return part;
}

/** @throws {TrainerError} `DATASET_MISMATCH` if `other` was not prepared like `first` */
function checkAlike(first: DatasetFile, other: DatasetFile): void {
  const names = Object.keys(first.description) as (keyof DatasetDescription)[];
  const text = ({ description }: DatasetFile, name: keyof DatasetDescription): string =>
    JSON.stringify(description[name]);
  const changed = names.find((name) => name !== "rows" && text(first, name) !== text(other, name));
  if (changed === undefined) return;
  throw new TrainerError(
    "DATASET_MISMATCH",
    `Expected files of one dataset, but ${first.path} has the ${changed} ${text(first, changed)}, and ${other.path} ${text(other, changed)}`,
    "Name the files of one dataset, or prepare them again with the same options.",
  );
}

/** @throws {TrainerError} `DATASET_MISMATCH` for a file and its copy */
async function checkDifferent(files: readonly DatasetFile[]): Promise<void> {
  const known = new Map<string, DatasetFile>();
  for (const file of files) {
    const { rows } = file.description;
    if (rows === 0) continue;
    const beginning = `${rows} ${await file.readPath(0)}`;
    const other = known.get(beginning);
    if (other !== undefined && (await other.rowsChecksum()) === (await file.rowsChecksum())) {
      throw new TrainerError(
        "DATASET_MISMATCH",
        `Expected each picture once, but ${file.path} has the rows of ${other.path}`,
        "Remove or rename the copy, or name the files in another way.",
      );
    }
    known.set(beginning, file);
  }
}

/** Closes all of them, whichever cannot be closed. */
async function closeAll(sources: readonly ByteSource[]): Promise<void> {
  const results = await Promise.allSettled(sources.map((source) => source.close()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
