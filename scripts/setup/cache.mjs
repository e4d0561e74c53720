// Where set-up keeps what is slow to make and can be shared by all clones of one user.

import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

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
