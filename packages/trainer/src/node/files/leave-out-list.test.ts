import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { LeftOut } from "../../dataset/leave-out.ts";
import { emptyFolder } from "../../testing/folders.ts";
import { pathsToLeaveOut, writeLeaveOut } from "./leave-out-list.ts";

async function pathsOf(content: string): Promise<readonly string[]> {
  const path = join(emptyFolder(), "list.csv");
  writeFileSync(path, content);
  return pathsToLeaveOut(path);
}

describe("a list of files to leave out", () => {
  it("is read as it was written, with commas, quotes and line breaks in its fields", async () => {
    const path = join(emptyFolder(), "list.csv");
    const files: readonly LeftOut[] = [
      { path: 'a/1, "x".jpg', reason: "copies: are one picture", stays: "a/2.jpg", label: "a", split: "train" },
      { path: "a/3\n4.jpg", reason: "is empty", stays: "", label: null, split: null },
    ];
    await writeLeaveOut(path, files);
    expect(readFileSync(path, "utf8")).toBe(
      'path,reason,stays,label,split\n"a/1, ""x"".jpg",copies: are one picture,a/2.jpg,a,train\n"a/3\n4.jpg",is empty,,,\n',
    );
    expect(await pathsToLeaveOut(path)).toEqual(['a/1, "x".jpg', "a/3\n4.jpg"]);
  });

  it.each<[name: string, content: string]>([
    ["with a byte order mark and CRLF, as Excel writes it", "\uFEFFpath,reason\r\na/1.jpg,x\r\na/ü.jpg,y\r\n"],
    ["with semicolons, as spreadsheets in many languages write it", "reason;path\nx, y;a/1.jpg\n;a/ü.jpg\n"],
    ["with tabs", "path\treason\na/1.jpg\tx\na/ü.jpg\t\n"],
    ["of one column, with empty lines, twice the same, and no last line break", "path\na/1.jpg\n\na/1.jpg\na/ü.jpg"],
    ["with rows that are too short or too long", "reason,path,stays\nx,a/1.jpg\ny,a/ü.jpg,,,\nz\n"],
    ["with a quoted head", '"path","reason"\n"a/1.jpg","x"\n"a/ü.jpg",""\n'],
  ])("is understood %s", async (_, content) => {
    expect(await pathsOf(content)).toEqual(["a/1.jpg", "a/ü.jpg"]);
  });

  it.each<[content: string, message: string]>([
    ["", "with the column path at"],
    ["a/1.jpg\na/2.jpg\n", 'its first line is "a/1.jpg"'],
    ['path\n"a/1.jpg\n', "is not CSV"],
    ["\u0089PNG\r\n\u001A\n", "with the column path"],
  ])("is refused if it is %j", async (content, message) => {
    await expect(pathsOf(content)).rejects.toMatchObject({
      code: "LEAVE_OUT_UNREADABLE",
      message: expect.stringContaining(message) as string,
    });
  });

  it("is refused if it does not exist, or is a folder", async () => {
    const folder = emptyFolder();
    await expect(pathsToLeaveOut(join(folder, "none.csv"))).rejects.toMatchObject({ code: "LEAVE_OUT_NOT_FOUND" });
    await expect(pathsToLeaveOut(folder)).rejects.toMatchObject({ code: "LEAVE_OUT_NOT_FOUND" });
  });
});
