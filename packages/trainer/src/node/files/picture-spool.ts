// Pixels and thumbnails of pictures whose splits are not known yet, in a temporary file, so memory use is constant.

import { randomUUID } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { PictureStore } from "../../dataset/picture-store.ts";
import { unwritable } from "./whole-file.ts";

/** Bytes to write or read at a time, but at least one picture. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/**
 * Pictures on disk. The file is next to the dataset that they are for, where space is needed anyway, and is unnamed if the system
 * allows it, so that a killed process leaves nothing behind.
 */
export class PictureSpool implements PictureStore {
  readonly #out: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  /** Where each picture begins and ends in the file, by its key. */
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];
  #end = 0;
  /** The last bytes, which have not been written yet. */
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #blockBytes = 0;
  #isClosed = false;

  private constructor(out: string, temporary: string, file: FileHandle) {
    this.#out = out;
    this.#temporary = temporary;
    this.#file = file;
  }

  /**
   * @param out the dataset that the pictures are for
   * @throws {TrainerError} `OUTPUT_UNWRITABLE`
   */
  static async create(out: string): Promise<PictureSpool> {
    const temporary = join(dirname(out), `.silhouette-${randomUUID()}.partial`);
    try {
      const file = await open(temporary, "wx+");
      // Windows may keep the name until the file is closed.
      await rm(temporary, { force: true }).catch(() => undefined);
      return new PictureSpool(out, temporary, file);
    } catch (cause) {
      throw unwritable(out, "the dataset", cause);
    }
  }

  /** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
  async keep(key: number, parts: readonly Uint8Array[]): Promise<void> {
    const begin = this.#end;
    for (const part of parts) {
      if (this.#blockBytes + part.length > BLOCK_BYTES) await this.#writeBlock();
      if (part.length > BLOCK_BYTES) await this.#write(part);
      else {
        this.#block.set(part, this.#blockBytes);
        this.#blockBytes += part.length;
      }
      this.#end += part.length;
    }
    this.#begins[key] = begin;
    this.#ends[key] = this.#end;
  }

  async #writeBlock(): Promise<void> {
    await this.#write(this.#block.subarray(0, this.#blockBytes));
    this.#blockBytes = 0;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#file.appendFile(bytes);
    } catch (cause) {
      throw unwritable(this.#out, "the dataset", cause);
    }
  }

  /** @throws {TrainerError} `OUTPUT_UNWRITABLE` if they cannot be read back from the disk */
  async *read(keys: readonly number[]): AsyncGenerator<Uint8Array, void, undefined> {
    await this.#writeBlock();
    let next = this.#readFrom(keys, 0);
    for (let first = 0; first < keys.length;) {
      const pictures = await next;
      first += pictures.length;
      // While these are used.
      next = this.#readFrom(keys, first);
      next.catch(() => undefined);
      yield* pictures;
    }
  }

  /** The pictures of `keys` from index `first` on, as far as they are side by side, and one block has them. */
  async #readFrom(keys: readonly number[], first: number): Promise<readonly Uint8Array[]> {
    const beginOf = (index: number): number => this.#begins[keys[index] ?? 0] ?? 0;
    const endOf = (index: number): number => this.#ends[keys[index] ?? 0] ?? 0;
    if (first >= keys.length) return [];
    const begin = beginOf(first);
    let [last, end] = [first + 1, endOf(first)];
    for (; last < keys.length; last++) {
      if (beginOf(last) !== end || endOf(last) - begin > BLOCK_BYTES) break;
      end = endOf(last);
    }
    const block = await this.#read(begin, end - begin);
    return keys
      .slice(first, last)
      .map((_, index) => block.subarray(beginOf(first + index) - begin, endOf(first + index) - begin));
  }

  /** Forgets a picture; its bytes stay in the file. */
  async remove(): Promise<void> {}

  async #read(position: number, length: number): Promise<Uint8Array> {
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
