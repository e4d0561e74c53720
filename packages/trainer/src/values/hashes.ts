// Hashes in pages, in JavaScript. There, the module `#hashes` of this package is this file; in Node.js it is node/hashes.ts, which
// has the same functions: `crypto.subtle`, which pages have, makes everything that hashes asynchronous.

import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import crc from "crc/calculators/crc32";

/** zlib's CRC-32 of `bytes`, after others whose CRC-32 is `before`: an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, before: number): number {
  // To the package, 0 is a register; without a number it begins as zlib does, where nothing has come before.
  return crc(bytes, before === 0 ? undefined : before) >>> 0;
}

export { sha1, sha256 };
