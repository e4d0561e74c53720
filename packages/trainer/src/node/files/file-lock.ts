// Locks that the operating system holds for an open file, and takes back when the process ends, however it ends.
//
// They are seen by all processes that use the file system by one kernel, in other containers too, and over the network where
// the mount has locks (NFS with lockd, SMB). A stopped process and one whose event loop is blocked keep theirs.

import { randomUUID } from "node:crypto";
import { open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Names of files that are in the making, or that stand for a lock: nobody else's begin and end like this. */
const OURS = /^\.silhouette-.*\.(?:partial|lock)$/;

/** The byte that is locked: far behind what files hold, since Windows lets nobody else read a locked byte. */
const LOCKED_BYTE = 2 ** 40;

/** How often a lock file is taken anew because another process was just removing it. */
const ATTEMPTS = 50;

/** Whether `name` is that of a file in the making or of a lock, of this process, of another or of a dead one. */
export function isTemporary(name: string): boolean {
  return OURS.test(name);
}

interface Locks {
  tryLock(fd: number, offset: number, length: number): boolean;
}

let loaded: Locks | undefined | "unloaded" = "unloaded";

/** The addon; undefined on systems that it has no binary for. */
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
 * Locks an open file, which needs to be writable, until it is closed.
 *
 * @returns `held` if another open file, of this process or another, has the lock; `unavailable` where the system or the
 * file system has no locks
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

/** Whether `path` still is the name of the open file. */
async function isNamed(path: string, file: FileHandle): Promise<boolean> {
  const [named, opened] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  return named?.ino === opened.ino && named.dev === opened.dev;
}

/**
 * Opens `path`, made if it is not there, and locks it.
 *
 * @returns undefined if somebody else has the lock
 */
export async function openLocked(path: string): Promise<FileHandle | undefined> {
  for (let attempt = 1; ; attempt++) {
    const file = await open(path, "a+");
    const lock = tryLock(file);
    // Between opening and locking, its holder or a cleaning process may have removed it: then it locks nothing.
    if (lock === "unavailable" || (lock === "taken" && (await isNamed(path, file)))) return file;
    await file.close();
    if (lock === "held" && attempt >= 3) return undefined;
    if (attempt >= ATTEMPTS) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Makes a file with a name that only files in the making have, for reading and writing. It is locked as long as it is
 * open, so that {@link removeDead} leaves it alone; after that, it is the caller's to rename or remove.
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

/** Removes what processes that are dead by now have left in `folder`: files in the making and locks, nothing else. */
export async function removeDead(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isTemporary)) {
    const path = join(folder, name);
    const file = await open(path, "r+").catch(() => undefined);
    if (file === undefined) continue;
    try {
      if (tryLock(file) === "taken") await rm(path, { force: true });
    } catch {
      // It cannot be removed: then it stays, and is in nobody's way.
    } finally {
      await file.close();
    }
  }
}
