import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { discover } from "./discover.ts";
import { emptyFolder, folderWith } from "./testing/folders.ts";

describe("discover", () => {
  it("takes folder names as classes, alphabetically, in any script", async () => {
    const folder = folderWith({ "バス/1.jpg": "x", "auto/1.jpg": "x", "мотоцикл/1.jpg": "x" });
    const { labels, photographs, layout } = await discover(folder);
    expect(layout).toBe("classes");
    expect(labels).toEqual(["auto", "мотоцикл", "バス"]);
    expect(photographs.map(({ path, label }) => [path, label])).toEqual([
      ["auto/1.jpg", "auto"],
      ["мотоцикл/1.jpg", "мотоцикл"],
      ["バス/1.jpg", "バス"],
    ]);
  });

  it("takes accents apart from their letters and joined as one name", async () => {
    const folder = folderWith({ "cafe\u0301/1.jpg": "x", "tea/1.jpg": "x" });
    expect((await discover(folder, { labels: ["caf\u00e9", "tea"] })).labels[0]).toBe("caf\u00e9");
  });

  it("finds all picture formats in any case, in subfolders too, and counts what else is there by kind", async () => {
    const folder = folderWith({
      "car/a.JPG": "x",
      "car/b.jpeg": "x",
      "car/deep/er/c.Png": "x",
      "car/d.webp": "x",
      "car/e.gif": "x",
      "car/f.TIF": "x",
      "car/g.tiff": "x",
      "car/h.avif": "x",
      "car/notes.txt": "x",
      "car/.hidden.jpg": "x",
      ".cache/x.jpg": "x",
      "bus/a.jpg": "x",
      "list.csv": "x",
    });
    const { photographs, leftOut } = await discover(folder);
    expect(photographs).toHaveLength(9);
    expect(photographs.find(({ path }) => path === "car/deep/er/c.Png")?.label).toBe("car");
    expect(leftOut).toEqual([
      { kind: "hidden", ending: "", count: 2, example: ".cache" },
      { kind: "file", ending: ".txt", count: 1, example: "car/notes.txt" },
      { kind: "file", ending: ".csv", count: 1, example: "list.csv" },
    ]);
  });

  it("takes train, val and test folders as splits", async () => {
    const folder = folderWith({
      "train/car/1.jpg": "x",
      "train/bus/1.jpg": "x",
      "test/bus/2.jpg": "x",
      "val/car/3.jpg": "x",
    });
    const { layout, labels, photographs } = await discover(folder);
    expect(layout).toBe("splits");
    expect(labels).toEqual(["bus", "car"]);
    expect(photographs.map(({ path, split, label }) => `${path} ${split} ${label}`)).toEqual([
      "test/bus/2.jpg test bus",
      "train/bus/1.jpg train bus",
      "train/car/1.jpg train car",
      "val/car/3.jpg val car",
    ]);
  });

  it("knows a class that is called train", async () => {
    const folder = folderWith({ "train/1.jpg": "x", "bus/1.jpg": "x" });
    expect((await discover(folder)).labels).toEqual(["bus", "train"]);
  });

  it("takes labels in the order in which they are given", async () => {
    const folder = folderWith({ "car/1.jpg": "x", "bus/1.jpg": "x" });
    expect((await discover(folder, { labels: ["car", "bus"] })).labels).toEqual(["car", "bus"]);
  });

  it("names pictures that lie outside the class folders", async () => {
    const folder = folderWith({ "car/1.jpg": "x", "bus/1.jpg": "x", "stray.jpg": "x" });
    expect((await discover(folder)).skips).toMatchObject([{ path: "stray.jpg", code: "OUTSIDE_CLASSES" }]);
    const splits = folderWith({ "train/car/1.jpg": "x", "train/bus/1.jpg": "x", "train/stray.jpg": "x" });
    expect((await discover(splits)).skips).toMatchObject([{ path: "train/stray.jpg", code: "OUTSIDE_CLASSES" }]);
  });

  it("takes one of two names that differ only in how accents are written", async () => {
    const folder = folderWith({ "car/\u00e9.jpg": "x", "car/e\u0301.jpg": "x", "bus/1.jpg": "x" });
    const { photographs, skips } = await discover(folder);
    expect(photographs.map(({ path }) => path)).toEqual(["bus/1.jpg", "car/\u00e9.jpg"]);
    expect(skips.map(({ path, code }) => [path, code])).toEqual([["car/\u00e9.jpg", "NAME_TWICE"]]);
  });

  it("makes no class of a link to the folder itself, and does not lose its way among links", async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const folder = folderWith(Object.fromEntries(names.map((name) => [`${name}/1.jpg`, "x"])));
    symlinkSync(".", join(folder, "self"));
    for (const from of names) for (const to of names) symlinkSync(join("..", to), join(folder, from, `to-${to}`));
    const { labels, skips } = await discover(folder);
    expect(labels).toEqual(names);
    expect(skips.find(({ path }) => path === "self")?.code).toBe("LINK_BROKEN");
  });

  it("can be stopped", async () => {
    const folder = folderWith({ "car/1.jpg": "x", "bus/1.jpg": "x" });
    await expect(discover(folder, { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
  });

  it("follows links, and names those that lead nowhere or round in a circle", async () => {
    const folder = folderWith({ "car/1.jpg": "x", "bus/1.jpg": "x" });
    symlinkSync("nowhere.jpg", join(folder, "car", "broken.jpg"));
    symlinkSync("circle.jpg", join(folder, "car", "circle.jpg"));
    symlinkSync("..", join(folder, "car", "up"));
    symlinkSync("1.jpg", join(folder, "car", "2.jpg"));
    const { photographs, skips } = await discover(folder);
    expect(photographs.map(({ path }) => path)).toContain("car/2.jpg");
    expect(skips.map(({ path, code }) => [path, code])).toEqual([
      ["car/broken.jpg", "LINK_BROKEN"],
      ["car/circle.jpg", "LINK_BROKEN"],
      ["car/up", "LINK_BROKEN"],
    ]);
  });

  it.each<[string, string, Record<string, string>, string]>([
    ["no class folders", "NO_CLASSES", { "1.jpg": "x" }, "Expected class folders in"],
    ["one class", "ONE_CLASS", { "car/1.jpg": "x" }, "found only car"],
    ["a class without pictures", "EMPTY_CLASS", { "car/1.jpg": "x", "bus/notes.txt": "x" }, "none of bus"],
    [
      "a class to test but not to learn",
      "EMPTY_CLASS",
      { "train/car/1.jpg": "x", "train/van/1.jpg": "x", "test/bus/1.jpg": "x" },
      "none of bus",
    ],
    [
      "a folder beside train and test",
      "LAYOUT_MIXED",
      { "train/car/1.jpg": "x", "train/bus/1.jpg": "x", "more/car/1.jpg": "x" },
      "found more, train",
    ],
    [
      "two folders for one split",
      "LAYOUT_MIXED",
      { "train/car/1.jpg": "x", "test/car/1.jpg": "x", "Testing/bus/1.jpg": "x" },
      "Testing and test are both for test",
    ],
    ["splits without train", "LAYOUT_MIXED", { "val/car/1.jpg": "x", "test/bus/1.jpg": "x" }, "found test, val"],
    ["splits without classes", "LAYOUT_MIXED", { "train/1.jpg": "x", "test/1.jpg": "x" }, "without class folders"],
  ])("refuses %s", async (_, code, files, message) => {
    await expect(discover(folderWith(files))).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
    );
  });

  it.each([[["car"]], [["car", "buss"]], [["car", "bus", "van"]], [["car", "bus", "bus"]]])(
    "refuses the labels %j for car and bus",
    async (labels) => {
      const folder = folderWith({ "car/1.jpg": "x", "bus/1.jpg": "x" });
      await expect(discover(folder, { labels })).rejects.toThrow(expect.objectContaining({ code: "LABELS_MISMATCH" }));
    },
  );

  it("refuses a folder that is missing, a file, or empty", async () => {
    const folder = folderWith({ "file.jpg": "x" });
    mkdirSync(join(folder, "empty"));
    const refused = (path: string) => discover(path);
    await expect(refused(join(folder, "nothing"))).rejects.toThrow(
      expect.objectContaining({ code: "FOLDER_NOT_FOUND" }),
    );
    await expect(refused(join(folder, "file.jpg"))).rejects.toThrow(
      expect.objectContaining({ code: "FOLDER_NOT_FOUND" }),
    );
    await expect(refused(emptyFolder())).rejects.toThrow(expect.objectContaining({ code: "NO_CLASSES" }));
  });
});
