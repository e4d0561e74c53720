import { readdirSync, readFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it, vi } from "vitest";

import { folderWith } from "../../testing/folders.ts";
import { refusedByWindows, renameFile } from "./windows-files.ts";

const failure = (code: string): Error => Object.assign(new Error(code), { code });

describe("a renamed file", () => {
  it("replaces the one that has the name", async () => {
    const folder = folderWith({ "new.txt": "new", "a.txt": "old" });
    await renameFile(join(folder, "new.txt"), join(folder, "a.txt"));
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("new");
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  it.each(["EPERM", "EACCES", "EBUSY"])(
    "is renamed on Windows once another program has closed it (%s)",
    async (code) => {
      const folder = folderWith({ "new.txt": "new" });
      const busy = vi
        .fn<(from: string, to: string) => Promise<void>>(rename)
        .mockRejectedValueOnce(failure(code))
        .mockRejectedValueOnce(failure(code));
      await renameFile(join(folder, "new.txt"), join(folder, "a.txt"), { platform: "win32", rename: busy });
      expect(readdirSync(folder)).toEqual(["a.txt"]);
      expect(busy).toHaveBeenCalledTimes(3);
    },
  );

  it.each([
    ["linux", "EPERM"],
    ["darwin", "EACCES"],
    ["win32", "ENOSPC"],
  ] as const)("fails at once on %s for %s", async (platform, code) => {
    const refusing = vi.fn<(from: string, to: string) => Promise<void>>(rename).mockRejectedValue(failure(code));
    await expect(renameFile("a", "b", { platform, rename: refusing })).rejects.toThrow(code);
    expect(refusing).toHaveBeenCalledOnce();
  });
});

describe("Windows", () => {
  it.each([
    ["runs\\12:30", 'names on Windows cannot contain ":"'],
    ["cars?.arrow", 'names on Windows cannot contain "?"'],
    ["a|b/run", 'names on Windows cannot contain "|"'],
    ["C:\\run\n", String.raw`names on Windows cannot contain "\n"`],
    ["runs/first. ", 'names on Windows cannot end with a dot or a space, as "first. " does'],
    ["D:\\more...\\run", 'names on Windows cannot end with a dot or a space, as "more..." does'],
    ["nul", "nul is the name of a device on Windows"],
    ["C:\\photos\\Aux\\run", "Aux is the name of a device on Windows"],
    ["con.arrow", "con.arrow is the name of a device on Windows"],
    ["runs/com1", "com1 is the name of a device on Windows"],
  ])("has no file %s", (path, reason) => {
    expect(refusedByWindows(path)).toBe(reason);
  });

  it.each([
    "run",
    ".",
    "..\\runs\\first",
    "C:\\photos\\run 1",
    "C:run",
    "\\\\server\\share\\run",
    "\\\\?\\C:\\runs\\first",
    "runs/",
    ".silhouette/console",
    "com10",
    "naïve/日本",
    "a.b.c",
  ])("may have %s", (path) => {
    expect(refusedByWindows(path)).toBeUndefined();
  });
});
