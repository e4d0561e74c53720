// Where pixels and thumbnails wait until their splits are known: what it must do, and memory as such a place.

import { joined } from "../values/checksum.ts";

/** Keeps bytes by number. Pages may implement it with files of the origin private file system, to use constant memory. */
export interface PictureStore {
  /**
   * Keeps bytes, and returns once the caller may change them.
   *
   * @param key a whole number, larger than those before
   * @param parts pixels and thumbnail of a picture, which are kept one after the other
   */
  keep(key: number, parts: readonly Uint8Array[]): Promise<void>;
  /**
   * The bytes that were kept under `keys`, in their order, which is the order in which they were kept unless pictures were added in
   * another order than that of their paths.
   *
   * @param keys those of kept bytes
   */
  read(keys: readonly number[]): AsyncIterable<Uint8Array>;
  /**
   * Forgets bytes.
   *
   * @param key that of kept bytes
   */
  remove(key: number): Promise<void>;
}

/** Keeps bytes in memory. */
export class MemoryPictureStore implements PictureStore {
  readonly #kept = new Map<number, Uint8Array>();

  async keep(key: number, parts: readonly Uint8Array[]): Promise<void> {
    this.#kept.set(key, joined(parts));
  }

  async *read(keys: readonly number[]): AsyncGenerator<Uint8Array, void, undefined> {
    for (const key of keys) yield this.#kept.get(key) ?? new Uint8Array();
  }

  async remove(key: number): Promise<void> {
    this.#kept.delete(key);
  }
}
