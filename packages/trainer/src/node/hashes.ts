// Native hashes in Node.js; see values/hashes.ts.

import { createHash } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";

/** The CRC-32 of `bytes`, continued from `before`, the CRC-32 of the preceding bytes: an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, before: number): number {
  // For some empty arrays, zlib returns 0 whatever came before.
  return bytes.length === 0 ? before : zlibCrc32(bytes, before);
}

/** The SHA-256 of `bytes`: 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
