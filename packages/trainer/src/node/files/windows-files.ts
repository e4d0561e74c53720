// What Windows does to files of its own accord: names have a meaning, and cannot be used; and virus scanners and search indexers open new
// files for a moment, in which they cannot be renamed or replaced.

import { rename } from "node:fs/promises";
import { win32 } from "node:path";
import { setTimeout } from "node:timers/promises";

import { systemErrorCode } from "../../values/errors.ts";

/** Characters that no name may contain: a colon would write to a hidden stream of another file. */
// oxlint-disable-next-line no-control-regex -- these are among them
const FORBIDDEN = /[<>:"|?*\u0000-\u001F]/;

/** Devices, also with an extension: `nul`, `CON.txt`. */
const DEVICE = /^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\.|$)/i;

/**
 * Why Windows has no usable file or folder with this path; undefined if it may have one. Node.js itself can create some, such as `run.`,
 * which no other program can then open or remove.
 */
export function refusedByWindows(path: string): string | undefined {
  const { root } = win32.parse(path);
  for (const name of path.slice(root.length).split(/[\\/]/)) {
    if (name === "." || name === "..") continue;
    const [forbidden] = FORBIDDEN.exec(name) ?? [];
    if (forbidden !== undefined) return `names on Windows cannot contain ${JSON.stringify(forbidden)}`;
    if (/[. ]$/.test(name)) return `names on Windows cannot end with a dot or a space, as ${JSON.stringify(name)} does`;
    if (DEVICE.test(name)) return `${name} is the name of a device on Windows`;
  }
  return undefined;
}

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
