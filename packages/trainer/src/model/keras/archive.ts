// The zip archive of a `.keras` file.

import { unzipSync, zipSync } from "fflate";

import { Damage } from "../../values/errors.ts";

/** Files of the archive. */
export const CONFIG_JSON = "config.json";
export const METADATA_JSON = "metadata.json";
export const WEIGHTS_H5 = "model.weights.h5";

/** Largest size of each file in bytes; other files are not read. HDF5 files that h5wasm can hold in memory are below 2 GiB. */
const MAX_BYTES: Readonly<Record<string, number>> = {
  [CONFIG_JSON]: 2 ** 25,
  [METADATA_JSON]: 2 ** 25,
  [WEIGHTS_H5]: 2 ** 31 - 1,
};

/** Deflate never makes more of a byte. */
const MAX_RATIO = 1032;

/** The first moment that a zip archive can name: the same files give the same bytes. */
const TIME = new Date(1980, 0, 1);

/** The files of an archive by name. */
export type ArchiveFiles = ReadonlyMap<string, Uint8Array>;

/** Encodes files, uncompressed as Keras does, in their order. */
export function encodeArchive(files: ArchiveFiles): Uint8Array {
  return zipSync(Object.fromEntries(files), { level: 0, mtime: TIME });
}

/**
 * The files of an archive that a model consists of.
 *
 * @throws {Damage} if it is none, or a file of it claims an absurd size
 */
export function decodeArchive(bytes: Uint8Array): ArchiveFiles {
  try {
    const files = unzipSync(bytes, {
      filter({ name, size, originalSize, compression }) {
        const max = Object.hasOwn(MAX_BYTES, name) ? MAX_BYTES[name] : undefined;
        if (max === undefined) return false;
        const isPossible = compression === 0 ? originalSize === size : originalSize <= MAX_RATIO * size;
        if (originalSize > max || size > bytes.length || !isPossible)
          throw new Damage(`its ${name} claims ${originalSize} bytes`);
        return true;
      },
    });
    return new Map(Object.entries(files));
  } catch (cause) {
    if (cause instanceof Damage) throw cause;
    throw new Damage(`it is not a zip archive (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
  }
}
