// Pixels and thumbnails of pictures whose splits are not known yet, in a temporary file, so memory use is constant.

import { randomUUID } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { PictureStore } from "../../dataset/picture-store.ts";
import { unwritable } from "./whole-file.ts";

/** Bytes to read at a time, but at least one picture. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/** Where a picture is in the file. */
interface Place {
  readonly begin: number;
  readonly end: number;
}

/**
 * Pictures on disk. The file is next to the dataset that they are for, where space is needed anyway, and is unnamed if the system
 * allows it, so that a killed process leaves nothing behind.
 */
export class PictureSpool implements PictureStore {
  readonly #out: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  readonly #places = new Map<number, Place>();
  #end = 0;
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
  async keep(key: number, bytes: Uint8Array): Promise<void> {
    try {
      await this.#file.appendFile(bytes);
    } catch (cause) {
      throw unwritable(this.#out, "the dataset", cause);
    }
    this.#places.set(key, { begin: this.#end, end: this.#end + bytes.length });
    this.#end += bytes.length;
  }

  /** @throws {TrainerError} `OUTPUT_UNWRITABLE` if they cannot be read back from the disk */
  async *read(keys: readonly number[]): AsyncGenerator<Uint8Array, void, undefined> {
    const places = keys.map((key) => this.#places.get(key) ?? { begin: 0, end: 0 });
    for (let first = 0; first < places.length;) {
      const { begin = 0, end = 0 } = places[first] ?? {};
      let [last, blockEnd] = [first + 1, end];
      for (; last < places.length; last++) {
        const next = places[last];
        if (next === undefined || next.begin !== blockEnd || next.end - begin > BLOCK_BYTES) break;
        blockEnd = next.end;
      }
      const block = await this.#block(begin, blockEnd - begin);
      for (const each of places.slice(first, last)) yield block.subarray(each.begin - begin, each.end - begin);
      first = last;
    }
  }

  /** Forgets a picture; its bytes stay in the file. */
  async remove(key: number): Promise<void> {
    this.#places.delete(key);
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
