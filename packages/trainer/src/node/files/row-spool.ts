// Dataset rows whose splits are not known yet: their pixels and thumbnails are kept in a temporary file, so memory use is constant.

import { randomUUID } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";

import { pictureBytes, type DatasetRow, type StoredSize } from "../../dataset/format.ts";
import { unwritable } from "./whole-file.ts";

/** Bytes to read at a time, but at least one row. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/** A row without its split, pixels and thumbnail. */
export type UnsplitRow = Omit<DatasetRow, "split" | Stored>;

/** What is kept in the file. */
type Stored = "pixels" | "thumbnail";

/**
 * Rows on disk, in the order in which they were added. The file is next to the dataset that they are for, where space is
 * needed anyway, and is unnamed if the system allows it, so that a killed process leaves nothing behind.
 */
export class RowSpool {
  readonly #out: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  readonly #pictureBytes: number;
  readonly #rows: UnsplitRow[] = [];
  /** Size of each row's thumbnail. */
  readonly #thumbnailBytes: number[] = [];
  #isClosed = false;

  private constructor(out: string, temporary: string, file: FileHandle, bytes: number) {
    this.#out = out;
    this.#temporary = temporary;
    this.#file = file;
    this.#pictureBytes = bytes;
  }

  /**
   * @param out the dataset that the rows are for
   * @param size of the stored pictures
   * @throws {TrainerError} `OUTPUT_UNWRITABLE`
   */
  static async create(out: string, size: StoredSize): Promise<RowSpool> {
    const temporary = join(dirname(out), `.silhouette-${randomUUID()}.partial`);
    try {
      const file = await open(temporary, "wx+");
      // Windows may keep the name until the file is closed.
      await rm(temporary, { force: true }).catch(() => undefined);
      return new RowSpool(out, temporary, file, pictureBytes(size));
    } catch (cause) {
      throw unwritable(out, "the dataset", cause);
    }
  }

  /** The rows so far, without what is in the file. */
  get rows(): readonly UnsplitRow[] {
    return this.#rows;
  }

  /**
   * Adds a row.
   *
   * @throws {TrainerError} `OUTPUT_UNWRITABLE`
   */
  async append({ pixels, thumbnail, ...row }: UnsplitRow & Pick<DatasetRow, Stored>): Promise<void> {
    try {
      await this.#file.appendFile(Buffer.concat([pixels, thumbnail]));
    } catch (cause) {
      throw unwritable(this.#out, "the dataset", cause);
    }
    this.#rows.push(row);
    this.#thumbnailBytes.push(thumbnail.length);
  }

  /**
   * All rows with their pixels and thumbnails, in order.
   *
   * @throws {TrainerError} `OUTPUT_UNWRITABLE` if the rows cannot be read back from the disk
   */
  async *read(): AsyncGenerator<UnsplitRow & Pick<DatasetRow, Stored>, void, undefined> {
    let position = 0;
    for (let first = 0; first < this.#rows.length;) {
      let [last, bytes] = [first, 0];
      do bytes += this.#rowBytes(last++);
      while (last < this.#rows.length && bytes + this.#rowBytes(last) <= BLOCK_BYTES);
      const block = await this.#block(position, bytes);
      let at = 0;
      for (const [index, row] of this.#rows.slice(first, last).entries()) {
        const end = at + this.#rowBytes(first + index);
        const pixels = block.subarray(at, at + this.#pictureBytes);
        yield { ...row, pixels, thumbnail: block.subarray(at + this.#pictureBytes, end) };
        at = end;
      }
      position += bytes;
      first = last;
    }
  }

  /** Size of a row in the file. */
  #rowBytes(row: number): number {
    return this.#pictureBytes + (this.#thumbnailBytes[row] ?? 0);
  }

  async #block(position: number, length: number): Promise<Uint8Array> {
    const block = new Uint8Array(length);
    try {
      for (let offset = 0; offset < length;) {
        const { bytesRead } = await this.#file.read(block, offset, length - offset, position + offset);
        if (bytesRead === 0) throw new Error("a temporary file next to it was truncated");
        offset += bytesRead;
      }
    } catch (cause) {
      throw unwritable(this.#out, "the dataset", cause);
    }
    return block;
  }

  /** Removes the file. */
  async discard(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
    await rm(this.#temporary, { force: true });
  }
}
