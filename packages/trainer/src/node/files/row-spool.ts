// Dataset rows whose splits are not known yet: their pixels are kept in a temporary file, so memory use is constant.

import { randomUUID } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";

import { pictureBytes, type DatasetRow, type StoredSize } from "../../dataset/format.ts";
import { unwritable } from "./whole-file.ts";

/** Bytes to read at a time, but at least one row. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/** A row without its split and pixels. */
export type UnsplitRow = Omit<DatasetRow, "split" | "pixels">;

/**
 * Rows on disk, in the order in which they were added. The file is next to the dataset that they are for, where space is
 * needed anyway, and is unnamed if the system allows it, so that a killed process leaves nothing behind.
 */
export class RowSpool {
  readonly #out: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  readonly #rowBytes: number;
  readonly #rows: UnsplitRow[] = [];
  #isClosed = false;

  private constructor(out: string, temporary: string, file: FileHandle, rowBytes: number) {
    this.#out = out;
    this.#temporary = temporary;
    this.#file = file;
    this.#rowBytes = rowBytes;
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

  /** The rows so far, without their pixels. */
  get rows(): readonly UnsplitRow[] {
    return this.#rows;
  }

  /**
   * Adds a row.
   *
   * @throws {TrainerError} `OUTPUT_UNWRITABLE`
   */
  async append({ pixels, ...row }: UnsplitRow & Pick<DatasetRow, "pixels">): Promise<void> {
    try {
      await this.#file.appendFile(pixels);
    } catch (cause) {
      throw unwritable(this.#out, "the dataset", cause);
    }
    this.#rows.push(row);
  }

  /**
   * All rows with their pixels, in order.
   *
   * @throws {TrainerError} `OUTPUT_UNWRITABLE` if the rows cannot be read back from the disk
   */
  async *read(): AsyncGenerator<UnsplitRow & Pick<DatasetRow, "pixels">, void, undefined> {
    const rowsPerBlock = Math.max(1, Math.floor(BLOCK_BYTES / this.#rowBytes));
    for (let first = 0; first < this.#rows.length; first += rowsPerBlock) {
      const rows = this.#rows.slice(first, first + rowsPerBlock);
      const block = await this.#block(first * this.#rowBytes, rows.length * this.#rowBytes);
      for (const [index, row] of rows.entries()) {
        yield { ...row, pixels: block.subarray(index * this.#rowBytes, (index + 1) * this.#rowBytes) };
      }
    }
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
