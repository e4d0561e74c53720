// Which version of its file a photograph was made from, so that a preparation that continues notices what has changed meanwhile.

import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";

import type { Photograph } from "../../dataset/photographs/photographs.ts";
import { concurrently } from "../../values/concurrently.ts";
import { systemErrorCode } from "../../values/errors.ts";

/** A photograph, and the version of its file. */
export interface VersionedPhotograph extends Photograph {
  /** Size and times of the file, before it was read; or why it cannot be read, as the end of a sentence. */
  readonly version: string;
}

/** Files that are looked at in parallel. */
const FILES_AT_ONCE = 16;

/**
 * Photographs with the versions of their files, in order.
 *
 * @throws the signal's reason
 */
export function withVersions(
  photographs: Iterable<Photograph>,
  signal: AbortSignal | undefined,
): AsyncGenerator<VersionedPhotograph, void, undefined> {
  return concurrently(
    photographs,
    async (photograph) => ({ ...photograph, version: await versionOf(photograph.file) }),
    { concurrency: FILES_AT_ONCE, signal },
  );
}

/** A digest of the versions of files, in order. */
export class VersionsDigest {
  readonly #hash = createHash("sha256");

  add(version: string): void {
    this.#hash.update(`${version}\n`);
  }

  /** 64 hexadecimal digits. Nothing can be added afterwards. */
  hexadecimal(): string {
    return this.#hash.digest("hex");
  }
}

/**
 * The version of a file: two that differ in their content differ in it, unless both were written within one tick of the file system's
 * clock. The time of the last change of the status also changes if a file gets its old time back, other permissions, or another name.
 */
async function versionOf(file: string): Promise<string> {
  try {
    const { size, mtimeMs, ctimeMs } = await stat(file);
    return `${size} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    return `cannot be read (${code})`;
  }
}
