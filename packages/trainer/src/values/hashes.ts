// Hashes in JavaScript, for pages: there the import `#hashes` resolves to this file, in Node.js to node/hashes.ts with the same
// functions. `crypto.subtle`, which pages have, would make everything that hashes asynchronous.

import { sha256 } from "@noble/hashes/sha2.js";
import crc from "crc/calculators/crc32";

/** CRC-32 (zlib) of `bytes`, continuing from the CRC-32 `before` of the preceding bytes: an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, before: number): number {
  // The package takes 0 as a register value; undefined makes it start as zlib does.
  return crc(bytes, before === 0 ? undefined : before) >>> 0;
}

export { sha256 };
