// Encodes a dataset: description and rows ─▶ the bytes of its Arrow file, chunk by chunk, with at most one record batch in memory.

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
} from "./arrow.ts";
import { custom } from "valibot";

import { checkArgument, optionsOf, text, wholeNumber, type Schema as ArgumentSchema } from "../values/arguments.ts";
import { crc32, crc32Shift, littleEndian } from "../values/checksum.ts";
import { Column } from "../values/column.ts";
import { TrainerError } from "../values/errors.ts";
import {
  BATCH_ROWS,
  checksumBeforeSplit,
  datasetSchema,
  DESCRIPTION_CRC32_KEY,
  DESCRIPTION_KEY,
  descriptionChecksum,
  pictureBytes,
  redividedChecksum,
  rowChecksum,
  THUMBNAIL_BYTES,
  type DatasetColumns,
  type DatasetDescription,
  type DatasetRow,
} from "./format.ts";
import { SPLITS, type Split } from "./split.ts";

const MOST_UINT32 = 2 ** 32 - 1;

/** A row, with numbers in the range of their columns. */
const ROW = optionsOf<DatasetRow>({
  path: text("a path"),
  label: text("a class name"),
  split: text("a split"),
  sourceWidth: wholeNumber(0, MOST_UINT32),
  sourceHeight: wholeNumber(0, MOST_UINT32),
  threshold: wholeNumber(0, 255),
  pixels: custom((value) => value instanceof Uint8Array, "a Uint8Array"),
  thumbnail: custom(
    (value) => value instanceof Uint8Array && value.length <= THUMBNAIL_BYTES,
    `a Uint8Array of at most ${THUMBNAIL_BYTES} bytes`,
  ),
});

/** A split for each of `rows` rows. */
function splitsOf(rows: number): ArgumentSchema {
  const isSplits = (value: unknown): boolean =>
    Array.isArray(value) && value.length === rows && value.every((each) => SPLITS.includes(each));
  return custom(isSplits, `a split for each of the ${rows} rows`);
}

/** Bytes of a file that replace others. */
export interface Replacement {
  /** Position of the first one in the file. */
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** A row that waits for its record batch, without its bytes. */
interface PendingRow extends Omit<DatasetRow, "pixels" | "thumbnail"> {
  readonly thumbnailBytes: number;
  readonly checksum: number;
  /** {@link checksumBeforeSplit}. */
  readonly before: number;
}

/** What a record batch needs in order to be divided anew. */
interface EncodedBatch {
  /** The columns that change, as Arrow writes them: indices of {@link SPLITS}, and checksums. */
  readonly splits: Int32Array;
  readonly checksums: Uint32Array;
  /** Where they begin in the file. */
  readonly splitsAt: number;
  readonly checksumsAt: number;
  /** {@link checksumBeforeSplit} of each row. */
  readonly before: Uint32Array;
  /** Number of bytes after each row's split that its checksum covers. */
  readonly bytesAfter: Uint32Array;
}

/**
 * Encodes a dataset as the bytes of its file. Equal rows and descriptions give equal bytes, which are those of `DatasetWriter`.
 *
 * @param description of the rows, except their number
 * @param rows in the order of the file
 * @returns the bytes in chunks; at most one record batch of rows is in memory
 * @throws {TrainerError} `INVALID_ARGUMENT` for no rows, and for a row that does not match the description
 */
export async function* encodeDataset(
  description: Omit<DatasetDescription, "rows">,
  rows: AsyncIterable<DatasetRow> | Iterable<DatasetRow>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const encoder = new DatasetEncoder(description);
  for await (const row of rows) yield* await encoder.add(row);
  yield* await encoder.finish();
}

/** A dataset that is being encoded row by row. Rows are numbered in the order of {@link DatasetEncoder.add}. */
export class DatasetEncoder {
  readonly #description: Omit<DatasetDescription, "rows">;
  readonly #schema: Schema<DatasetColumns>;
  readonly #labels: Vector<Utf8>;
  readonly #splits: Vector<Utf8> = vectorFromArray([...SPLITS], new Utf8());
  readonly #arrow = new RecordBatchFileWriter<DatasetColumns>();
  readonly #chunks: AsyncIterator<Uint8Array<ArrayBuffer>>;
  #nextChunk: Promise<IteratorResult<Uint8Array<ArrayBuffer>>>;
  #pending: PendingRow[] = [];
  /** Pixels of the pending rows, one after another, with room for more. */
  #pixels: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Thumbnails of the pending rows, one after another. */
  #thumbnails = new Column(new Uint8Array());
  /** Room for the pixels of full record batches. */
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #encoded = 0;
  #crc32 = 0;
  readonly #batches: EncodedBatch[] = [];
  /** Position of the next chunk in the file. */
  #position = 0;
  /** Arrow's own copy of the schema, taken from the first batch and written to the file's footer. */
  #footerSchema: Schema<DatasetColumns> | undefined;

  /** @param description of the rows, except their number */
  constructor(description: Omit<DatasetDescription, "rows">) {
    this.#description = description;
    this.#schema = datasetSchema(description);
    this.#labels = vectorFromArray([...description.labels], new Utf8());
    this.#chunks = this.#arrow[Symbol.asyncIterator]() as AsyncIterator<Uint8Array<ArrayBuffer>>;
    this.#nextChunk = this.#chunks.next();
  }

  /** Number of rows added so far. */
  get rows(): number {
    return this.#encoded + this.#pending.length;
  }

  /** CRC-32 of the column `crc32` of the rows that have been encoded, as little-endian 32-bit words. */
  get crc32(): number {
    return this.#crc32;
  }

  /**
   * Adds a row, whose pixels and thumbnail are copied.
   *
   * @returns the bytes of the file that are known now: none before a record batch is complete
   * @throws {TrainerError} `INVALID_ARGUMENT` for a label, split or number of bytes that does not match the description
   */
  async add(row: DatasetRow): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    checkArgument("DatasetEncoder.add()", "row", ROW, row);
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
    const { pixels, thumbnail, ...others } = row;
    const [number, end] = [this.rows, (this.#pending.length + 1) * bytes];
    if (end > this.#pixels.length) {
      // After a full record batch, the next one is probably full, too.
      const most = BATCH_ROWS * bytes;
      this.#pixels = resized(this.#pixels, this.#encoded > 0 ? most : Math.min(2 * end, most));
    }
    this.#pixels.set(pixels, end - bytes);
    this.#thumbnails.append(thumbnail);
    const before = checksumBeforeSplit(number, row);
    const checksum = rowChecksum(number, row, before);
    this.#pending.push({ ...others, thumbnailBytes: thumbnail.length, checksum, before });
    return this.#pending.length === BATCH_ROWS ? this.#flush() : [];
  }

  /** Takes back chunks that are not needed any more: the next ones are made in their place. */
  reuse(chunks: readonly Uint8Array<ArrayBuffer>[]): void {
    const bytes = BATCH_ROWS * pictureBytes(this.#description);
    this.#spare.push(...chunks.filter(({ buffer }) => buffer.byteLength === bytes));
  }

  /**
   * Completes the file.
   *
   * @returns its last bytes
   * @throws {TrainerError} `INVALID_ARGUMENT` if it has no rows
   */
  async finish(): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    const last = this.#pending.length > 0 ? await this.#flush() : [];
    if (this.#footerSchema === undefined) {
      const message = "Expected at least one row for the dataset, but it has none";
      throw new TrainerError("INVALID_ARGUMENT", message, "Add a row before finishing the dataset.");
    }
    const json = JSON.stringify({ ...this.#description, rows: this.#encoded });
    this.#footerSchema.metadata.set(DESCRIPTION_KEY, json).set(DESCRIPTION_CRC32_KEY, descriptionChecksum(json));
    this.#arrow.finish();
    return [...last, ...(await this.#drained())];
  }

  /**
   * Replaces the splits of all rows of a complete file, as if they had been added with these.
   *
   * @param splits those of the rows, in their order
   * @returns what has to be replaced in the file
   * @throws {TrainerError} `INVALID_ARGUMENT` if there is not one for each row
   */
  divide(splits: readonly Split[]): readonly Replacement[] {
    checkArgument("DatasetEncoder.divide()", "splits", splitsOf(this.#encoded), splits);
    const shifts = new Map<number, number>();
    const replacements: Replacement[] = [];
    let row = 0;
    this.#crc32 = 0;
    for (const { splits: indices, checksums, splitsAt, checksumsAt, before, bytesAfter } of this.#batches) {
      for (const [place, index] of indices.entries()) {
        const [from = "train", to = "train", bytes = 0] = [SPLITS[index], splits[row++], bytesAfter[place]];
        const shift = shifts.get(bytes) ?? crc32Shift(bytes);
        shifts.set(bytes, shift);
        indices[place] = SPLITS.indexOf(to);
        checksums[place] = redividedChecksum(checksums[place] ?? 0, { before: before[place] ?? 0, from, to, shift });
      }
      this.#crc32 = crc32([littleEndian(checksums)], this.#crc32);
      replacements.push(
        { position: splitsAt, bytes: new Uint8Array(indices.buffer) },
        { position: checksumsAt, bytes: new Uint8Array(checksums.buffer) },
      );
    }
    return replacements;
  }

  async #flush(): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    const rows = this.#pending;
    const columns = {
      splits: Int32Array.from(rows, ({ split }) => SPLITS.indexOf(split)),
      checksums: Uint32Array.from(rows, ({ checksum }) => checksum),
    };
    const bytes = pictureBytes(this.#description);
    const batch = this.#batch(rows, columns);
    this.#arrow.write(batch);
    this.#footerSchema ??= batch.schema;
    this.#crc32 = crc32([littleEndian(columns.checksums)], this.#crc32);
    this.#encoded += rows.length;
    this.#pending = [];
    this.#pixels = this.#spare.pop() ?? new Uint8Array();
    this.#thumbnails = new Column(new Uint8Array());
    const chunks = await this.#drained();
    const positions = new Map<ArrayBufferLike, number>();
    for (const { buffer, length } of chunks) {
      positions.set(buffer, this.#position);
      this.#position += length;
    }
    this.#batches.push({
      ...columns,
      splitsAt: positionOf(columns.splits, positions),
      checksumsAt: positionOf(columns.checksums, positions),
      before: Uint32Array.from(rows, ({ before }) => before),
      bytesAfter: Uint32Array.from(rows, ({ thumbnailBytes }) => bytes + thumbnailBytes),
    });
    return chunks;
  }

  /** All bytes that Arrow has queued: Arrow's own streams accept batches without waiting for whoever reads them. */
  async #drained(): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    const nothingQueued = Promise.resolve(undefined);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      // If Arrow has a chunk, `#nextChunk` has already settled and wins the race.
      const chunk = await Promise.race([this.#nextChunk, nothingQueued]);
      if (chunk === undefined || chunk.done === true) return chunks;
      chunks.push(chunk.value);
      this.#nextChunk = this.#chunks.next();
    }
  }

  #batch(
    rows: readonly PendingRow[],
    { splits, checksums }: Pick<EncodedBatch, "splits" | "checksums">,
  ): RecordBatch<DatasetColumns> {
    const length = rows.length;
    const types = new Map(this.#schema.fields.map(({ name, type }) => [name, type]));
    const bytes = pictureBytes(this.#description);
    const pixels = this.#pixels.subarray(0, length * bytes);
    const words = (data: Uint32Array) => makeData({ type: new Uint32(), length, nullCount: 0, data });
    const coded = (name: "label" | "split", dictionary: Vector<Utf8>, data: Int32Array) =>
      makeData({ type: types.get(name) as DatasetColumns["label"], length, nullCount: 0, data, dictionary });
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
          coded(
            "label",
            this.#labels,
            Int32Array.from(rows, ({ label }) => this.#description.labels.indexOf(label)),
          ),
          coded("split", this.#splits, splits),
          words(Uint32Array.from(rows, ({ sourceWidth }) => sourceWidth)),
          words(Uint32Array.from(rows, ({ sourceHeight }) => sourceHeight)),
          makeData({ type: new Uint8(), length, nullCount: 0, data: Uint8Array.from(rows, (row) => row.threshold) }),
          words(checksums),
          makeData({ type: new FixedSizeBinary(bytes), length, nullCount: 0, data: pixels }),
          thumbnailsOf(rows, this.#thumbnails.slice()),
        ],
      }),
    );
  }
}

/** Where the chunk is that Arrow has made of `column`, which it does not copy. */
function positionOf(column: Int32Array | Uint32Array, positions: ReadonlyMap<ArrayBufferLike, number>): number {
  const position = positions.get(column.buffer);
  if (position === undefined) throw new RangeError("Expected a chunk for each column of a record batch");
  return position;
}

/** @param data the thumbnails of the rows, one after another */
function thumbnailsOf(rows: readonly PendingRow[], data: Uint8Array): Data<Binary> {
  const valueOffsets = new Int32Array(rows.length + 1);
  for (const [index, { thumbnailBytes }] of rows.entries()) {
    valueOffsets[index + 1] = (valueOffsets[index] ?? 0) + thumbnailBytes;
  }
  return makeData({ type: new Binary(), length: rows.length, nullCount: 0, valueOffsets, data });
}

/** The bytes in a new array of another length, which is not shorter. */
function resized(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const roomier = new Uint8Array(length);
  roomier.set(bytes);
  return roomier;
}
