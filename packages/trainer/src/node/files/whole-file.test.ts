// A file is either complete or unchanged.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { emptyFolder, folderWith } from "../../testing/folders.ts";
import { makeFolder, WholeFile, writeWhole } from "./whole-file.ts";

const bytes = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text));

describe("a whole file", () => {
  it("contains all chunks in order, and no other file is left next to it", async () => {
    const folder = emptyFolder();
    await writeWhole(join(folder, "a.txt"), "the text", bytes("one ", "", "two"));
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("one two");
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  it("replaces an existing file only when it is finished", async () => {
    const folder = emptyFolder();
    const path = join(folder, "a.txt");
    writeFileSync(path, "old");
    const file = await WholeFile.create(path, "the text");
    await file.append(Buffer.from("new"));
    expect(readFileSync(path, "utf8")).toBe("old");
    await file.finish();
    await file.discard();
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  it("leaves the existing file and nothing else if its content cannot be read", async () => {
    const folder = emptyFolder();
    const path = join(folder, "a.txt");
    writeFileSync(path, "old");
    function* failing() {
      yield Buffer.from("new");
      throw new Error("no more");
    }
    await expect(writeWhole(path, "the text", failing())).rejects.toThrow("no more");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  it("leaves nothing behind if it cannot be renamed", async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, "a.txt"));
    await expect(writeWhole(join(folder, "a.txt"), "the text", bytes("new"))).rejects.toThrow(
      expect.objectContaining({
        code: "OUTPUT_UNWRITABLE",
        message: `Expected to write the text to ${join(folder, "a.txt")}, but it is a folder`,
      }),
    );
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  it.each([
    ["nothing/a.txt", "its folder does not exist"],
    ["file/a.txt", "its folder is a file"],
  ])("reports why it cannot be written to %s", async (name, reason) => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(writeWhole(join(folder, name), "the text", bytes("new"))).rejects.toThrow(
      expect.objectContaining({ code: "OUTPUT_UNWRITABLE", message: expect.stringContaining(reason) as string }),
    );
  });
});

describe("creating a folder", () => {
  it("creates its parents, and does not change an existing one", async () => {
    const folder = emptyFolder();
    await makeFolder(join(folder, "a", "b", "c"), "a run");
    writeFileSync(join(folder, "a", "b", "c", "kept.txt"), "x");
    await makeFolder(join(folder, "a", "b", "c"), "a run");
    expect(readdirSync(join(folder, "a", "b", "c"))).toEqual(["kept.txt"]);
  });

  it("accepts a folder that another process creates meanwhile, as when two trainings start in one new folder", async () => {
    const path = join(emptyFolder(), "a", "b");
    const made = await Promise.all(Array.from({ length: 8 }, () => makeFolder(path, "a run")));
    expect(made.flat().toSorted()).toEqual([dirname(path), path]);
  });

  it("fails below a file, and where nothing can be created", async () => {
    const folder = folderWith({ file: "x" });
    await expect(makeFolder(join(folder, "file", "run"), "a run")).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
    if (process.platform === "linux") {
      await expect(makeFolder("/proc/run", "a run")).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
    }
  });
});
