// Renames a file, also while other programs look at it: on Windows, virus scanners and search indexers open new files for a moment, in which
// they cannot be renamed or replaced.

import { rename } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

import { systemErrorCode } from "../../values/errors.ts";

/** Milliseconds before each further attempt: about two seconds in all. */
const WAITS = [10, 20, 40, 80, 160, 320, 640, 1280] as const;

/** Errors of a file that another program has open. Missing permissions have the same. */
const OPEN_ELSEWHERE: ReadonlySet<string> = new Set(["EPERM", "EACCES", "EBUSY"]);

/** The system that renames. */
interface System {
  readonly platform: NodeJS.Platform;
  readonly rename: (from: string, to: string) => Promise<void>;
}

/**
 * Gives the file `from` the name `to`, which may be that of a file that it replaces.
 *
 * @throws the system's error, on Windows after several attempts
 */
export async function renameFile(
  from: string,
  to: string,
  { platform, rename: renameOnce }: System = { platform: process.platform, rename },
): Promise<void> {
  for (const wait of platform === "win32" ? WAITS : []) {
    try {
      return await renameOnce(from, to);
    } catch (error) {
      if (!OPEN_ELSEWHERE.has(systemErrorCode(error) ?? "")) throw error;
    }
    await setTimeout(wait);
  }
  return renameOnce(from, to);
}
