// Names of files and folders that Windows has a meaning of its own for. Node.js itself can create some of them, which no other program can
// then open or remove.

import { win32 } from "node:path";

/** Characters that no name may contain: a colon would write to a hidden stream of another file. */
// oxlint-disable-next-line no-control-regex -- these are among them
const FORBIDDEN = /[<>:"|?*\u0000-\u001F]/;

/** Devices, also with an extension: `nul`, `CON.txt`. */
const DEVICE = /^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\.|$)/i;

/** Why Windows has no usable file or folder with this path; undefined if it may have one. */
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
