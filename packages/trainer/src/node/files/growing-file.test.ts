// A file that grows stays the same file, and only what is new is written.

import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { emptyFolder } from "../../testing/folders.ts";
import { writeGrowing } from "./growing-file.ts";

const LONGER = Buffer.from("one two three");

describe("a growing file", () => {
  it.each([
    ["is not there yet", undefined],
    ["is empty", ""],
    ["has the beginning", "one two"],
    ["was cut off and then overwritten", "one tw\0\0\0"],
    ["has other content", "six"],
    ["has all of it", "one two three"],
    ["has more", "one two three four"],
  ])("that %s has the content afterwards", async (_what, before) => {
    const path = join(emptyFolder(), "log");
    if (before !== undefined) writeFileSync(path, before);
    await writeGrowing(path, "the log", LONGER);
    expect(readFileSync(path).equals(LONGER)).toBe(true);
  });

  it("is followed by a program that has it open", async () => {
    const path = join(emptyFolder(), "log");
    await writeGrowing(path, "the log", LONGER.subarray(0, 4));
    const { ino } = statSync(path);
    const follower = await open(path);
    expect(String(await follower.readFile())).toBe("one ");
    await writeGrowing(path, "the log", LONGER);
    expect(String(await follower.readFile())).toBe("two three");
    await follower.close();
    expect(statSync(path).ino).toBe(ino);
  });

  it("is an error that names it if it cannot be written", async () => {
    const path = join(emptyFolder(), "log");
    mkdirSync(path);
    await expect(writeGrowing(path, "the log", LONGER)).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
      message: `Expected to write the log to ${path}, but it is a folder`,
    });
  });
});
