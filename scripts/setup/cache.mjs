// Where set-up keeps what is slow to make and can be shared by all clones of one user.

import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { constants, homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** The per-user cache: `~/.cache/silhouette`, or its like on macOS and Windows. Safe to delete at any time. */
export function cacheDirectory() {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (process.platform === "win32")
    return join(LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "silhouette", "Cache");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "silhouette");
  // The specification of XDG has relative paths ignored.
  const isGiven = XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME);
  return join(isGiven ? XDG_CACHE_HOME : join(homedir(), ".cache"), "silhouette");
}

/**
 * Makes a folder of the cache beside its place, and moves it there when it is whole. One that does not get whole is
 * removed, also at Ctrl-C: it can take gigabytes.
 *
 * @param {string} folder in the cache; what is there is replaced
 * @param {(unfinished: string) => Promise<unknown>} make fills an empty folder
 */
export async function makeInCache(folder, make) {
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  const stop = (/** @type {"SIGINT" | "SIGTERM"} */ signal) => {
    // The program that fills it may be ending at this moment, too.
    rmSync(unfinished, { recursive: true, force: true, maxRetries: 10 });
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
  try {
    await make(unfinished);
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, stop);
    await rm(unfinished, { recursive: true, force: true });
  }
}
