// Hashes in Node.js, natively: see values/hashes.ts.

import { createHash } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";

/** zlib's CRC-32 of `bytes`, after others whose CRC-32 is `before`: an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, before: number): number {
  // For some arrays without bytes zlib's gives 0, whatever came before.
  return bytes.length === 0 ? before : zlibCrc32(bytes, before);
}

/** 20 bytes. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return createHash("sha1").update(bytes).digest();
}

/** 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
