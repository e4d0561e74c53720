// The content of one folder on a disk: pictures, folders, and what is left out. Links are followed. Files without a picture extension
// are identified by their first bytes; files with one are not opened until they are decoded.

import { closeSync, constants, openSync, readSync } from "node:fs";
import { opendir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

import {
  byCodeUnits,
  composed,
  extensionOf,
  kindOfContent,
  kindOfName,
  type FileTree,
  type Listing,
} from "../../dataset/photographs/file-tree.ts";
import { IgnoredTally } from "../../dataset/photographs/ignored.ts";
import { Names } from "../../dataset/photographs/names.ts";
import type { Skip } from "../../dataset/skip.ts";
import { systemErrorCode, TrainerError } from "../../values/errors.ts";
import { HEAD_BYTES } from "../../dataset/picture-formats.ts";
import { holdsOnlyRuns } from "../files/run-claim.ts";

/** Number of entries of a folder to read at a time. */
const ENTRIES_AT_ONCE = 1024;

/** Number of files to identify before yielding to the event loop, which may abort. */
const FILES_AT_ONCE = 256;

/**
 * Lists everything in `directory` except hidden and system files.
 *
 * @param prefix prepended to the paths of what is skipped or left out
 * @param signal aborts the listing with the signal's reason
 * @throws {TrainerError} `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`
 */
async function list(directory: string, prefix: string, signal: AbortSignal | undefined): Promise<Listing> {
  try {
    return await listed(directory, prefix, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    const code = systemErrorCode(cause);
    if (code === undefined) throw cause;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new TrainerError(
        "FOLDER_NOT_FOUND",
        `Expected a folder of photographs at ${directory}, but ${code === "ENOENT" ? "it does not exist" : "it is a file"}`,
        "Name a folder with one subfolder per class.",
        { cause },
      );
    }
    throw new TrainerError(
      "FOLDER_UNREADABLE",
      `Expected a readable folder at ${directory}, but it cannot be read (${code})`,
      code === "EMFILE" || code === "ENFILE"
        ? "Too many files are open: raise the limit (ulimit -n), or close other programs."
        : "Check its permissions.",
      { cause },
    );
  }
}

async function listed(directory: string, prefix: string, signal: AbortSignal | undefined): Promise<Listing> {
  const folders: string[] = [];
  const pictures = new Names();
  const skips: Skip[] = [];
  const ignored = new IgnoredTally();
  const real = await realpath(directory);
  let opened = 0;
  for await (const entry of await opendir(directory, { bufferSize: ENTRIES_AT_ONCE })) {
    const { name } = entry;
    const path = composed(`${prefix}${name}`);
    const kindByName = kindOfName(name);
    if (kindByName === "hidden" || kindByName === "system") {
      ignored.add({ kind: kindByName, extension: "", count: 1, example: path });
      continue;
    }
    let kind: { isDirectory(): boolean; isFile(): boolean } = entry;
    if (entry.isSymbolicLink()) {
      try {
        kind = await stat(join(directory, name));
      } catch (error) {
        const target = systemErrorCode(error) === "ELOOP" ? "is a link to itself" : "is a broken link";
        skips.push({ path, code: "LINK_BROKEN", message: target });
        continue;
      }
    }
    const extension = extensionOf(name);
    if (kind.isDirectory()) {
      // Run folders are not classes.
      if (await holdsOnlyRuns(join(directory, name)))
        ignored.add({ kind: "run", extension: "", count: 1, example: path });
      else folders.push(name);
    } else if (!kind.isFile()) ignored.add({ kind: "file", extension, count: 1, example: path });
    else if (kindByName === "picture") pictures.push(name);
    else {
      const skip = otherFile(join(directory, name), path);
      if (skip === "picture") pictures.push(name);
      else if (skip === "other") ignored.add({ kind: "file", extension, count: 1, example: path });
      else skips.push(skip);
      if (++opened % FILES_AT_ONCE === 0) await setImmediate(undefined, { signal });
    }
  }
  return {
    real,
    folders: folders.toSorted(byCodeUnits),
    pictures,
    skips: skips.toSorted((one, other) => byCodeUnits(one.path, other.path)),
    ignored: ignored.kinds,
  };
}

/**
 * Identifies a file without a picture extension by its content. Reads synchronously, which takes a sixth of the time: a
 * folder may have a text file next to each of 100,000 pictures.
 */
function otherFile(file: string, path: string): "picture" | "other" | Skip {
  const head = Buffer.alloc(HEAD_BYTES);
  let length: number;
  try {
    // Without O_NONBLOCK, a pipe that has replaced the file would block.
    const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      length = readSync(descriptor, head, 0, HEAD_BYTES, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "EMFILE" || code === "ENFILE" || code === "EIO" || code === "ENOMEM") throw error;
    return { path, code: "FILE_UNREADABLE", message: `cannot be read (${code ?? String(error)})` };
  }
  return kindOfContent(head.subarray(0, length), path);
}

/** The disk as a tree of files. */
export const DISK: FileTree = { list, inner: join };
