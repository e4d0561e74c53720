// Writes files that other programs follow while they grow. Unlike whole-file.ts, the file stays the same one, so they keep their place.

import { constants, open } from "node:fs/promises";

import { unwritable } from "./whole-file.ts";

/**
 * Makes `bytes` the content of `path`, and writes only what comes after the bytes that are there already and stay: a file that was cut
 * off by a crash, or has more than it should, is put right.
 *
 * @param path of the file; its folder must exist
 * @param what the name of the content in errors, such as "the dataset"
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`; the file then ends with what stays
 */
export async function writeGrowing(path: string, what: string, bytes: Uint8Array): Promise<void> {
  try {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT);
    try {
      const before = await file.readFile();
      const stays = commonLength(before, bytes);
      if (before.length > stays) await file.truncate(stays);
      try {
        // A write may take fewer bytes than it was given.
        let end = stays;
        while (end < bytes.length) end += (await file.write(bytes, end, bytes.length - end, end)).bytesWritten;
        await file.sync();
      } catch (error) {
        await file.truncate(stays).catch(() => undefined);
        throw error;
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unwritable(path, what, cause);
  }
}

/** Number of bytes at the start that are the same. */
function commonLength(one: Uint8Array, other: Uint8Array): number {
  const difference = one.findIndex((byte, place) => byte !== other[place]);
  return difference === -1 ? one.length : difference;
}
