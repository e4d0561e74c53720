// The cache for what takes long to build and can be shared by all clones of a user.

import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { constants, homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** Number of attempts to rename a folder on Windows, and the time between them. */
const RENAME_ATTEMPTS = 20;
const RENAME_WAIT_MS = 500;

/** Folders that are being filled, perhaps several at a time. @type {Set<string>} */
const UNFINISHED = new Set();

/** The per-user cache: `~/.cache/silhouette`, or its equivalent on macOS and Windows. Safe to delete at any time. */
export function cacheDirectory() {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (process.platform === "win32")
    return join(LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "silhouette", "Cache");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "silhouette");
  // The XDG specification requires relative paths to be ignored.
  const isGiven = XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME);
  return join(isGiven ? XDG_CACHE_HOME : join(homedir(), ".cache"), "silhouette");
}

/**
 * Creates a folder of the cache under a temporary name, and renames it once it is complete. Incomplete folders, which may take
 * gigabytes, are removed, also on Ctrl-C.
 *
 * @param {string} folder in the cache; an existing one is replaced
 * @param {(unfinished: string) => Promise<unknown>} make fills an empty folder
 */
export async function makeInCache(folder, make) {
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  UNFINISHED.add(unfinished);
  const stop = (/** @type {"SIGINT" | "SIGTERM"} */ signal) => {
    // The programs that fill them may be terminating at the same time, and still write.
    for (const each of UNFINISHED) rmSync(each, { recursive: true, force: true, maxRetries: 10 });
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
  try {
    await make(unfinished);
    await rm(folder, { recursive: true, force: true });
    await renameFolder(unfinished, folder);
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, stop);
    await rm(unfinished, { recursive: true, force: true });
    UNFINISHED.delete(unfinished);
  }
}

/**
 * Renames a folder. On Windows, that fails as long as another program, such as a virus scanner, has one of its new files open.
 *
 * @param {string} from
 * @param {string} to
 */
async function renameFolder(from, to) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (process.platform !== "win32" || attempt === RENAME_ATTEMPTS) throw error;
      await setTimeout(RENAME_WAIT_MS);
    }
  }
}
