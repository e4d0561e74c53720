// Checksums and hashes of bytes, the same in Node.js and in pages: hash-wasm's, whose WebAssembly is loaded with this file.

import { createCRC32, createSHA256, createXXHash128, type IHasher } from "hash-wasm";

/** Bytes, or a text that stands for its UTF-8. */
export type Content = Uint8Array | string;

const [crc32Hasher, sha256Hasher, xxh128Hasher] = await Promise.all([createCRC32(), createSHA256(), createXXHash128()]);

/** zlib's CRC-32 of `parts`, one after another: an unsigned 32-bit number. */
export function crc32(parts: Iterable<Content>): number {
  return Number.parseInt(crc32Hex(parts), 16);
}

/** The same, as 8 hexadecimal digits. */
export function crc32Hex(parts: Iterable<Content>): string {
  return hashed(crc32Hasher, parts).digest();
}

/** SHA-256 of `parts`, one after another: 32 bytes. */
export function sha256(parts: Iterable<Content>): DataView {
  return new DataView(hashed(sha256Hasher, parts).digest("binary").buffer);
}

/** XXH3's 128 bits of `bytes`, as hexadecimal digits: fast, for telling contents apart that nobody has forged. */
export function xxh128(bytes: Uint8Array): string {
  return hashed(xxh128Hasher, [bytes]).digest();
}

/** `words` as unsigned 32-bit numbers, little-endian. */
export function littleEndian(words: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * words.length));
  for (const [index, word] of words.entries()) bytes.setUint32(4 * index, word, true);
  return new Uint8Array(bytes.buffer);
}

function hashed(hasher: IHasher, parts: Iterable<Content>): IHasher {
  hasher.init();
  for (const part of parts) hasher.update(part);
  return hasher;
}
