import { readdirSync, readFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it, vi } from "vitest";

import { folderWith } from "../../testing/folders.ts";
import { renameFile } from "./rename-file.ts";

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
