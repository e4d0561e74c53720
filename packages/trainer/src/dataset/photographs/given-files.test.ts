import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { discover } from "../../node/photographs/discover.ts";
import { findPhotographs, type Discovery } from "./find-photographs.ts";
import { GivenFiles } from "./given-files.ts";

const PNG = "\u0089PNG\r\n\u001A\n";

/** What is found in a page and on a disk among the same files. */
async function bothWays(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "given-"));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content, "latin1");
    }
    const onDisk = await discover(folder).then(withSlashes, String);
    const given = Object.entries(files).map(([path, content]) => ({
      path,
      content: new Blob([Buffer.from(content, "latin1")]),
    }));
    const tree = new GivenFiles(given, folder);
    const inPage = await findPhotographs(tree, folder, {}).catch(String);
    return { onDisk, inPage, tree, given };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Paths for opening files have the separators of the system on a disk. */
function withSlashes({ photographs, ...found }: Discovery) {
  return {
    ...found,
    photographs: Array.from(photographs, (each) => ({ ...each, file: each.file.replaceAll("\\", "/") })),
  };
}

describe("files given to a page are found as those on a disk", () => {
  it.each([
    ["class folders", { "car/1.jpg": "", "car/more/2.png": "", "bus/a.JPG": "", "bus/b": PNG, "bus/c.bin": "text" }],
    ["splits", { "photos/train/car/1.jpg": "", "photos/train/bus/2.jpg": "", "photos/test/car/3.jpg": "" }],
    [
      "hidden and system files",
      { "car/.1.jpg": "", "car/2.jpg": "", "bus/3.jpg": "", "bus/Thumbs.db": "", ".git/x": "" },
    ],
    ["pictures outside of classes", { "1.jpg": "", "car/2.jpg": "", "bus/3.jpg": "" }],
    ["accents, decomposed", { "cafe\u0301/1.jpg": "", "bus/2.jpg": "" }],
    ["one class", { "car/1.jpg": "", "car/2.jpg": "" }],
    ["nothing", {}],
  ])("with %s", async (_what, files) => {
    const { onDisk, inPage, tree, given } = await bothWays(files);
    if (typeof inPage === "string") {
      expect(inPage).toBe(onDisk);
      return;
    }
    expect(withSlashes(inPage)).toEqual(onDisk);
    for (const { path, file } of inPage.photographs) {
      const content = given.find((each) => each.path.normalize("NFC") === path)?.content;
      expect(tree.contentOf(file)).toBe(content);
    }
  });
});
