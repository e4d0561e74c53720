// One folder's content: pictures, folders, and what is left out. Links are followed. Of files whose ending is no picture's the
// first bytes are read, so that the content decides; all others are opened when they are decoded.

import { closeSync, constants, openSync, readSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { setImmediate } from "node:timers/promises";

import type { Skip } from "../../dataset/skip.ts";
import { systemErrorCode, TrainerError } from "../../values/errors.ts";
import { isSystemName } from "./folder-names.ts";
import { LeftOutTally, type LeftOut } from "./left-out.ts";
import { HEAD_BYTES, recognise } from "../../dataset/picture-formats.ts";
import { holdsOnlyRuns } from "../files/run-claim.ts";

/** Endings of the pictures that are decoded, in lower case. */
export const PICTURE_ENDINGS = [
  ".jpg",
  ".jpeg",
  ".jpe",
  ".jfif",
  ".png",
  ".webp",
  ".gif",
  ".tif",
  ".tiff",
  ".avif",
] as const;

/** Files whose first bytes are read before anything else may happen, such as a stop. */
const FILES_AT_ONCE = 256;

/** One folder's content. */
export interface Listing {
  /** The folder's path without links. */
  readonly real: string;
  /** Names, in the order of code units. */
  readonly folders: readonly string[];
  /** Names. */
  readonly pictures: readonly string[];
  /** Links to nothing, and pictures of formats that are not read. */
  readonly skips: readonly Skip[];
  /** What is not looked at. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Everything in `directory` but what is hidden or of the system.
 *
 * @param prefix leads the paths of what is skipped or left out
 * @param signal stops it, with the signal's reason
 * @throws {TrainerError} `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`
 */
export async function list(directory: string, prefix: string, signal: AbortSignal | undefined): Promise<Listing> {
  try {
    return await listed(directory, prefix, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    const code = systemErrorCode(cause);
    if (code === undefined) throw cause;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new TrainerError(
        "FOLDER_NOT_FOUND",
        `Expected a folder of photographs at ${directory}, but ${code === "ENOENT" ? "nothing is there" : "that is a file"}`,
        "Name the folder that has one subfolder for each class.",
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
  const pictures: string[] = [];
  const skips: Skip[] = [];
  const leftOut = new LeftOutTally();
  const real = await realpath(directory);
  const entries = await readdir(directory, { withFileTypes: true });
  let opened = 0;
  for (const entry of entries) {
    const { name } = entry;
    const path = composed(`${prefix}${name}`);
    if (name.startsWith(".")) {
      leftOut.add({ kind: "hidden", ending: "", count: 1, example: path });
      continue;
    }
    if (isSystemName(name)) {
      leftOut.add({ kind: "system", ending: "", count: 1, example: path });
      continue;
    }
    let kind: { isDirectory(): boolean; isFile(): boolean } = entry;
    if (entry.isSymbolicLink()) {
      try {
        kind = await stat(join(directory, name));
      } catch (error) {
        const target = systemErrorCode(error) === "ELOOP" ? "is a link that leads to itself" : "is a link to nothing";
        skips.push({ path, code: "LINK_BROKEN", message: target });
        continue;
      }
    }
    const ending = extname(name).toLowerCase();
    if (kind.isDirectory()) {
      // Runs are no photographs, whoever has put them here.
      if (await holdsOnlyRuns(join(directory, name))) leftOut.add({ kind: "run", ending: "", count: 1, example: path });
      else folders.push(name);
    } else if (!kind.isFile()) leftOut.add({ kind: "file", ending, count: 1, example: path });
    else if ((PICTURE_ENDINGS as readonly string[]).includes(ending)) pictures.push(name);
    else {
      const skip = otherFile(join(directory, name), path);
      if (skip === "picture") pictures.push(name);
      else if (skip === "other") leftOut.add({ kind: "file", ending, count: 1, example: path });
      else skips.push(skip);
      if (++opened % FILES_AT_ONCE === 0) await setImmediate(undefined, { signal });
    }
  }
  return { real, folders: folders.toSorted(byCodeUnits), pictures, skips, leftOut: leftOut.kinds };
}

/**
 * What a file whose ending says nothing is by its content. Read at once rather than in the background: that takes a sixth
 * of the time, and a folder may have a text beside each of 100,000 pictures.
 */
function otherFile(file: string, path: string): "picture" | "other" | Skip {
  const head = Buffer.alloc(HEAD_BYTES);
  let length: number;
  try {
    // A pipe that has taken the file's place would be waited for.
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
  const format = recognise(head.subarray(0, length));
  if (format.kind === "decodable") return "picture";
  return format.kind === "none" ? "other" : { path, code: "FORMAT_NOT_READ", message: format.message };
}

/** macOS may hand out names with accents apart from their letters; elsewhere they are one. */
export function composed(name: string): string {
  return name.normalize("NFC");
}

/** The same order in every locale. */
export function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
