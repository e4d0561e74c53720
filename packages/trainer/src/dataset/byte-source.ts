// Where a dataset's bytes come from: a file, a `Blob`, or memory.

import { Damage } from "../values/errors.ts";

/** Bytes with random access. */
export interface ByteSource {
  /** Size in bytes. */
  readonly size: number;
  /** Reads `length` bytes from `offset`; fewer only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Releases its resources. */
  close(): Promise<void>;
}

/** A source for bytes in memory, or for a file that a page received. */
export function bytesOf(content: Uint8Array | ArrayBuffer | Blob): ByteSource {
  const close = (): Promise<void> => Promise.resolve();
  if (content instanceof Blob) {
    const read = async (offset: number, length: number): Promise<Uint8Array> =>
      new Uint8Array(await content.slice(offset, offset + length).arrayBuffer());
    return { size: content.size, read, close };
  }
  const bytes = content instanceof Uint8Array ? content : new Uint8Array(content);
  const read = (offset: number, length: number): Promise<Uint8Array> =>
    Promise.resolve(bytes.subarray(offset, offset + length));
  return { size: bytes.length, read, close };
}

/** Reads exactly `length` bytes from `offset`. @throws {Damage} if there are fewer */
export async function readAll(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.length < length) throw new Damage(`it ends at byte ${offset + bytes.length}`);
  return bytes;
}
