// A file is there whole, or as it was before.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { emptyFolder, folderWith } from "../../testing/folders.ts";
import { makeFolder, WholeFile, writeWhole } from "./whole-file.ts";

const bytes = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text));

describe("a whole file", () => {
  it("holds all chunks in order, and nothing stands beside it", async () => {
    const folder = emptyFolder();
    await writeWhole(join(folder, "a.txt"), "the text", bytes("one ", "", "two"));
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("one two");
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  it("replaces an older one only when it is finished", async () => {
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

  it("leaves the older one and nothing else if its content cannot be had", async () => {
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

  it("leaves nothing behind if it cannot get its name", async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, "a.txt"));
    await expect(writeWhole(join(folder, "a.txt"), "the text", bytes("new"))).rejects.toThrow(
      expect.objectContaining({
        code: "OUTPUT_UNWRITABLE",
        message: `Expected to write the text to ${join(folder, "a.txt")}, but that is a folder`,
      }),
    );
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  it.each([
    ["nothing/a.txt", "its folder does not exist"],
    ["file/a.txt", "its folder is a file"],
  ])("says why it cannot be written to %s", async (name, reason) => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(writeWhole(join(folder, name), "the text", bytes("new"))).rejects.toThrow(
      expect.objectContaining({ code: "OUTPUT_UNWRITABLE", message: expect.stringContaining(reason) as string }),
    );
  });
});

describe("making a folder", () => {
  it("makes those above it, and leaves one that is there alone", async () => {
    const folder = emptyFolder();
    await makeFolder(join(folder, "a", "b", "c"), "a run");
    writeFileSync(join(folder, "a", "b", "c", "kept.txt"), "x");
    await makeFolder(join(folder, "a", "b", "c"), "a run");
    expect(readdirSync(join(folder, "a", "b", "c"))).toEqual(["kept.txt"]);
  });

  it("takes one that another has made meanwhile for made, as two trainings into one new folder do", async () => {
    const path = join(emptyFolder(), "a", "b");
    const made = await Promise.all(Array.from({ length: 8 }, () => makeFolder(path, "a run")));
    expect(made.flat().toSorted()).toEqual([dirname(path), path]);
  });

  it("ends with an error below a file, and where nothing can be made", async () => {
    const folder = folderWith({ file: "x" });
    await expect(makeFolder(join(folder, "file", "run"), "a run")).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
    if (process.platform === "linux") {
      await expect(makeFolder("/proc/run", "a run")).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
    }
  });
});
