// File locks of the operating system, which releases them when the process ends, however it ends.
//
// They are visible to all processes on the same kernel, including other containers, and over the network if the mount
// supports locks (NFS with lockd, SMB). A stopped process, or one with a blocked event loop, keeps its locks.

import { randomUUID } from "node:crypto";
import { open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Names of temporary files and lock files, which are unique to silhouette. */
const OURS = /^\.silhouette-.*\.(?:partial|lock)$/;

/** The locked byte: far beyond any file's end, since on Windows no other process can read a locked byte. */
const LOCKED_BYTE = 2 ** 40;

/** Number of attempts to lock a file that another process is removing. */
const ATTEMPTS = 50;

/** Whether `name` is that of a temporary file or lock file of any process, running or dead. */
export function isTemporary(name: string): boolean {
  return OURS.test(name);
}

interface Locks {
  tryLock(fd: number, offset: number, length: number): boolean;
}

let loaded: Locks | undefined | "unloaded" = "unloaded";

/** The native addon; undefined on systems that it has no binary for. */
function locks(): Locks | undefined {
  if (loaded === "unloaded") {
    try {
      loaded = createRequire(import.meta.url)("fs-native-extensions") as Locks;
    } catch {
      loaded = undefined;
    }
  }
  return loaded;
}

/**
 * Locks an open, writable file until it is closed.
 *
 * @returns `held` if another open file, of this process or another, has the lock; `unavailable` if the system or the file
 * system does not support locks
 */
export function tryLock(file: FileHandle): "taken" | "held" | "unavailable" {
  try {
    const found = locks();
    if (found === undefined) return "unavailable";
    return found.tryLock(file.fd, LOCKED_BYTE, 1) ? "taken" : "held";
  } catch {
    return "unavailable";
  }
}

/**
 * Whether `path` is still the name of the open file. Only its number in the file system is compared, with all of its 64 bits on
 * Windows: some versions of Node.js give a file two device numbers there, one by its path and one by its handle (libuv#4698).
 */
async function isNamed(path: string, file: FileHandle): Promise<boolean> {
  const [named, opened] = await Promise.all([
    stat(path, { bigint: true }).catch(() => undefined),
    file.stat({ bigint: true }),
  ]);
  return named?.ino === opened.ino;
}

/**
 * Opens `path`, creating it if necessary, and locks it.
 *
 * @returns undefined if another process has the lock
 */
export async function openLocked(path: string): Promise<FileHandle | undefined> {
  for (let attempt = 1; ; attempt++) {
    const file = await open(path, "a+");
    const lock = tryLock(file);
    // Its holder or a cleanup may have removed the file between opening and locking: then the lock is void.
    if (lock === "unavailable" || (lock === "taken" && (await isNamed(path, file)))) return file;
    await file.close();
    if (lock === "held" && attempt >= 3) return undefined;
    if (attempt >= ATTEMPTS) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Creates a temporary file for reading and writing. It is locked while it is open, so that {@link removeDead} does not
 * remove it; the caller renames or removes it.
 *
 * @throws the system's error
 */
export async function createTemporary(folder: string): Promise<{ readonly path: string; readonly file: FileHandle }> {
  for (;;) {
    const path = join(folder, `.silhouette-${randomUUID()}.partial`);
    const file = await open(path, "wx+");
    const lock = tryLock(file);
    if (lock === "unavailable" || (lock === "taken" && (await isNamed(path, file)))) return { path, file };
    await file.close();
  }
}

/** Removes the temporary files and lock files that dead processes have left in `folder`, nothing else. */
export async function removeDead(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isTemporary)) {
    const path = join(folder, name);
    const file = await open(path, "r+").catch(() => undefined);
    if (file === undefined) continue;
    try {
      if (tryLock(file) === "taken") await rm(path, { force: true });
    } catch {
      // A file that cannot be removed stays; it does no harm.
    } finally {
      await file.close();
    }
  }
}
