// Writes files atomically: bytes go to a temporary file next to the target, which is renamed once all of them are on disk.

import { access, constants, mkdir, open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { systemErrorCode, TrainerError } from "../../values/errors.ts";
import { createTemporary } from "./file-lock.ts";
import { refusedByWindows, renameFile } from "./windows-files.ts";

/** A file that is being written. It appears, or replaces an existing one, with {@link WholeFile.finish}. */
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
   * @param what the name of the content in errors, such as "the dataset"
   * @throws {TrainerError} `OUTPUT_UNWRITABLE`
   */
  static async create(path: string, what: string): Promise<WholeFile> {
    checkName(path, what);
    try {
      const { path: temporary, file } = await createTemporary(dirname(path));
      return new WholeFile(path, what, temporary, file);
    } catch (cause) {
      throw unwritable(path, what, await causeAt(path, cause));
    }
  }

  /** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#write(bytes, null);
  }

  /**
   * Replaces bytes that were appended; nothing is appended after it.
   *
   * @param position of the first one in the file
   * @throws {TrainerError} `OUTPUT_UNWRITABLE`
   */
  async overwrite(position: number, bytes: Uint8Array): Promise<void> {
    await this.#write(bytes, position);
  }

  /** @param position in the file; null where the last write has ended */
  async #write(bytes: Uint8Array, position: number | null): Promise<void> {
    try {
      // A write may take fewer bytes than it was given.
      for (let offset = 0; offset < bytes.length;) {
        const at = position === null ? null : position + offset;
        offset += (await this.#file.write(bytes, offset, bytes.length - offset, at)).bytesWritten;
      }
    } catch (cause) {
      throw unwritable(this.#path, this.#what, cause);
    }
  }

  /**
   * Flushes the file to disk, renames it, and flushes the name, too.
   *
   * @throws {TrainerError} `OUTPUT_UNWRITABLE`
   */
  async finish(): Promise<void> {
    try {
      await this.#file.sync();
      // Renamed while it is open and therefore locked, so that no process removes it as a leftover.
      await renameFile(this.#temporary, this.#path);
      await this.#file.close();
      await syncFolder(dirname(this.#path));
    } catch (cause) {
      throw unwritable(this.#path, this.#what, await causeAt(this.#path, cause));
    }
  }

  /** Removes what was written. Does nothing after {@link WholeFile.finish}. */
  async discard(): Promise<void> {
    // Errors are ignored in favor of the original failure; the next process removes what is left.
    await rm(this.#temporary, { force: true }).catch(() => undefined);
    await this.#file.close().catch(() => undefined);
  }
}

/** Flushes the names in `folder` to disk. Does nothing on Windows and on file systems that do not support it. */
export async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, "r").catch(() => undefined);
  await opened?.sync().catch(() => undefined);
  await opened?.close();
}

/**
 * Writes `path` atomically: an existing file is unchanged until the new one replaces it.
 *
 * @param path of the file; its folder must exist
 * @param what the name of the content in errors, such as "the dataset"
 * @param chunks the content, in order
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
 * Checks that {@link writeWhole} can write `path`, so that no long work is lost, and leaves nothing.
 *
 * @param what the name of the content in errors, such as "the dataset"
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function checkWritable(path: string, what: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory() === true) throw unwritable(path, what, systemError("EISDIR"));
  const file = await WholeFile.create(path, what);
  await file.discard();
}

/**
 * Creates the folder `path` and its parents, unless they exist. Node's own recursive `mkdir` never returns in places such as
 * /proc, where nothing can be created and the error claims that the parent folder is missing.
 *
 * @param what the name of the content in errors, such as "a run"
 * @returns the folders that were created, the outermost first
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function makeFolder(path: string, what: string): Promise<readonly string[]> {
  checkName(path, what);
  const made: string[] = [];
  const isFolder = async (folder: string): Promise<boolean> => (await kindOf(folder)) === "folder";
  const makeOne = async (folder: string): Promise<void> => {
    try {
      await mkdir(folder);
      made.push(folder);
    } catch (error) {
      // Another process may have created it in between.
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
    throw unwritable(path, what, await causeAt(path, cause), CREATABLE);
  }
}

const CREATABLE = "Name a folder that can be created.";

/**
 * Checks that `path` is a folder that can be written to, or can be created, and changes nothing: what a file system refuses without
 * saying so before, such as /proc, is not found.
 *
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function checkFolder(path: string, what: string): Promise<void> {
  checkName(path, what);
  const nearest = await nearestTo(path);
  try {
    if ((await kindOf(nearest)) === "file") {
      throw systemError(nearest === resolve(path) ? "EEXIST" : "ENOTDIR");
    }
    await readdir(nearest);
    await access(nearest, constants.W_OK);
  } catch (cause) {
    throw unwritable(path, what, cause, CREATABLE);
  }
}

async function kindOf(path: string): Promise<"none" | "folder" | "file"> {
  const status = await stat(path).catch(() => undefined);
  return status === undefined ? "none" : status.isDirectory() ? "folder" : "file";
}

/** `path`, or what exists of the folders that it is in. */
async function nearestTo(path: string): Promise<string> {
  let nearest = resolve(path);
  while ((await kindOf(nearest)) === "none" && dirname(nearest) !== nearest) nearest = dirname(nearest);
  return nearest;
}

function systemError(code: string, cause?: unknown): Error {
  return Object.assign(new Error(code, { cause }), { code });
}

/** Why `path` cannot be written. Windows has the same errors for several causes, which what is there tells apart. */
async function causeAt(path: string, cause: unknown): Promise<unknown> {
  const code = systemErrorCode(cause);
  if (code === "EPERM" && (await kindOf(path)) === "folder") return systemError("EISDIR", cause);
  const isMissing = code === "ENOENT" || code === "EEXIST";
  if (isMissing && (await kindOf(await nearestTo(dirname(path)))) === "file") return systemError("ENOTDIR", cause);
  return cause;
}

/** @throws {TrainerError} `OUTPUT_UNWRITABLE` on Windows, if it cannot have such a file or folder */
function checkName(path: string, what: string): void {
  const reason = process.platform === "win32" ? refusedByWindows(path) : undefined;
  if (reason !== undefined) throw unwritable(path, what, new Error(reason), "Choose another name.");
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "its folder is a file",
  EEXIST: "a file of that name exists",
  EISDIR: "it is a folder",
  EACCES: "permission to write there is denied",
  EPERM: "permission to write there is denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is exceeded",
  ENAMETOOLONG: "the name is too long for the file system",
  EBUSY: "another program has it open",
  EFBIG: "the file would be too large for the file system",
};

/** The error for failing to write `what` to `path` because of `cause`. */
export function unwritable(
  path: string,
  what: string,
  cause: unknown,
  hint = "Name a file in an existing folder with enough space. Nothing was left behind.",
): TrainerError {
  const code = systemErrorCode(cause);
  const reason = (code && REASONS[code]) ?? (cause instanceof Error ? cause.message : String(cause));
  return new TrainerError("OUTPUT_UNWRITABLE", `Expected to write ${what} to ${path}, but ${reason}`, hint, { cause });
}
