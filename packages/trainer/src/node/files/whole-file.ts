// Files that exist only whole: bytes go to a temporary name beside the file, which is renamed when all are on the disk.

import { mkdir, open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

import { systemErrorCode, TrainerError } from "../../values/errors.ts";
import { createTemporary } from "./file-lock.ts";

/** A file in the making. It appears, or replaces an older one, with {@link WholeFile.finish}. */
export class WholeFile {
  readonly #path: string;
  readonly #what: string;
  readonly #temporary: string;
  readonly #file: FileHandle;

  private constructor(path: string, what: string, temporary: string, file: FileHandle) {
    this.#path = path;
    this.#what = what;
    this.#temporary = temporary;
    this.#file = file;
  }

  /**
   * @param what the content, as errors name it: "the dataset"
   * @throws {TrainerError} `OUTPUT_UNWRITABLE`
   */
  static async create(path: string, what: string): Promise<WholeFile> {
    try {
      const { path: temporary, file } = await createTemporary(dirname(path));
      return new WholeFile(path, what, temporary, file);
    } catch (cause) {
      throw unwritable(path, what, cause);
    }
  }

  /** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      // A write may take fewer bytes than it was given.
      let offset = 0;
      while (offset < bytes.length) offset += (await this.#file.write(bytes, offset)).bytesWritten;
    } catch (cause) {
      throw unwritable(this.#path, this.#what, cause);
    }
  }

  /**
   * Gives the file its name once the disk has all of it; then the disk has its name, too.
   *
   * @throws {TrainerError} `OUTPUT_UNWRITABLE`
   */
  async finish(): Promise<void> {
    try {
      await this.#file.sync();
      // Renamed while it is open, and so locked: nobody takes it for what a dead process has left.
      await rename(this.#temporary, this.#path);
      await this.#file.close();
      await syncFolder(dirname(this.#path));
    } catch (cause) {
      throw unwritable(this.#path, this.#what, cause);
    }
  }

  /** Removes what was written. Does nothing after {@link WholeFile.finish}. */
  async discard(): Promise<void> {
    // What made the file fail is told; what cannot be removed is left for the next process.
    await rm(this.#temporary, { force: true }).catch(() => undefined);
    await this.#file.close().catch(() => undefined);
  }
}

/** Has the disk keep the names of `folder`. Windows, and some file systems, have no such call for folders. */
export async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, "r").catch(() => undefined);
  await opened?.sync().catch(() => undefined);
  await opened?.close();
}

/**
 * Writes `path` whole, or not at all: an older file stays as it is until the new one replaces it.
 *
 * @param path of the file; its folder has to be there
 * @param what the content, as errors name it: "the dataset"
 * @param chunks the bytes, one after the other
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function writeWhole(path: string, what: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const file = await WholeFile.create(path, what);
  try {
    for (const chunk of chunks) await file.append(chunk);
    await file.finish();
  } finally {
    await file.discard();
  }
}

/**
 * Makes the folder `path` and those above it; it may be there already. Node's own recursive `mkdir` never ends in places
 * such as /proc, where nothing can be made and the error says that the folder above is missing.
 *
 * @param what the content, as errors name it: "a run"
 * @returns the folders that were made, the outermost first
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function makeFolder(path: string, what: string): Promise<readonly string[]> {
  const made: string[] = [];
  const isFolder = async (folder: string): Promise<boolean> =>
    (await stat(folder).catch(() => undefined))?.isDirectory() === true;
  const makeOne = async (folder: string): Promise<void> => {
    try {
      await mkdir(folder);
      made.push(folder);
    } catch (error) {
      // Another process may have made it in between.
      if (systemErrorCode(error) !== "EEXIST" || !(await isFolder(folder))) throw error;
    }
  };
  const make = async (folder: string): Promise<void> => {
    if (await isFolder(folder)) return;
    try {
      await makeOne(folder);
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT" || dirname(folder) === folder) throw error;
      await make(dirname(folder));
      await makeOne(folder);
    }
  };
  try {
    await make(path);
    return made;
  } catch (cause) {
    throw unwritable(path, what, cause, "Name a folder that can be made.");
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "its folder is a file",
  EEXIST: "there is a file of that name",
  EISDIR: "that is a folder",
  EACCES: "there is no permission to write there",
  EPERM: "there is no permission to write there",
  EROFS: "that file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENAMETOOLONG: "that name is longer than is allowed there",
  EFBIG: "the file would become larger than is allowed there",
};

/** The error for `what`, which cannot be written to `path` because of `cause`. */
export function unwritable(
  path: string,
  what: string,
  cause: unknown,
  hint = "Name a file in an existing folder with enough room. Nothing was left behind.",
): TrainerError {
  const code = systemErrorCode(cause);
  const reason = (code && REASONS[code]) ?? (cause instanceof Error ? cause.message : String(cause));
  return new TrainerError("OUTPUT_UNWRITABLE", `Expected to write ${what} to ${path}, but ${reason}`, hint, { cause });
}
