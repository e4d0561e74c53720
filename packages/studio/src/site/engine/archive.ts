// Runs as zip archives: what `silhouette` reads once it is unpacked, and what the studio imports.

import { unzipSync, Zip, ZipPassThrough } from "fflate";

import { StudioError } from "../../problem.ts";
import type { StoredRun } from "./run-store.ts";

/** Largest archive that is imported, in bytes: it is unpacked in memory. */
const MOST_BYTES = 1e9;

/**
 * Files of a stored run as an archive, not compressed: most of them are weights and pictures, which compression hardly makes smaller.
 *
 * @param paths of the files
 * @param folder the folder in the archive
 */
export async function archiveOf(run: StoredRun, paths: readonly string[], folder: string): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const zip = new Zip((error, chunk) => {
    // It calls back before `push` and `end` return.
    if (error !== null) throw error;
    parts.push(chunk);
  });
  for (const path of paths) {
    const file = await run.read(path);
    if (file === undefined) continue;
    const entry = new ZipPassThrough(`${folder}/${path}`);
    zip.add(entry);
    const reader = file.stream().getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      entry.push(value);
    }
    entry.push(new Uint8Array(), true);
  }
  zip.end();
  return new Blob(parts, { type: "application/zip" });
}

/**
 * The files of an archive, by paths with `/`.
 *
 * @throws {StudioError} `NOT_A_RUN`
 */
export async function filesIn(archive: File): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const refuse = (what: string, cause?: unknown): StudioError =>
    new StudioError(
      "NOT_A_RUN",
      `Expected ${archive.name} to be an archive of a run, but ${what}`,
      "Choose a run's folder, or an archive of it.",
      { cause },
    );
  if (archive.size > MOST_BYTES) throw refuse("it has more than a gigabyte");
  try {
    const files = unzipSync(new Uint8Array(await archive.arrayBuffer()), {
      filter: ({ originalSize }) => {
        if (originalSize > MOST_BYTES) throw refuse("a file in it has more than a gigabyte");
        return true;
      },
    });
    return new Map(Object.entries(files).flatMap(([path, content]) => (path.endsWith("/") ? [] : [[path, content]])));
  } catch (cause) {
    if (cause instanceof StudioError) throw cause;
    throw refuse("it cannot be unpacked", cause);
  }
}
