import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { discover } from "./discover.ts";
import { emptyFolder, folderWith } from "../../testing/folders.ts";

describe("discover", () => {
  it("uses folder names as classes, sorted, in any script", async () => {
    const folder = folderWith({ "バス/1.jpg": "x", "auto/1.jpg": "x", "мотоцикл/1.jpg": "x" });
    const { labels, photographs, layout } = await discover(folder);
    expect(layout).toBe("classes");
    expect(labels).toEqual(["auto", "мотоцикл", "バス"]);
    expect(Array.from(photographs, ({ path, label }) => [path, label])).toEqual([
      ["auto/1.jpg", "auto"],
      ["мотоцикл/1.jpg", "мотоцикл"],
      ["バス/1.jpg", "バス"],
    ]);
  });

  it("treats composed and decomposed accents as the same name", async () => {
    const folder = folderWith({ "cafe\u0301/1.jpg": "x", "tea/1.jpg": "x" });
    expect((await discover(folder, { labels: ["caf\u00e9", "tea"] })).labels[0]).toBe("caf\u00e9");
  });

  it("finds all picture formats in any letter case, also in subfolders, and counts other files by kind", async () => {
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
    const { photographs, ignored } = await discover(folder);
    expect(photographs).toHaveLength(9);
    expect(photographs.find(({ path }) => path === "car/deep/er/c.Png")?.label).toBe("car");
    expect(ignored).toEqual([
      { kind: "hidden", extension: "", count: 2, example: ".cache" },
      { kind: "file", extension: ".txt", count: 1, example: "car/notes.txt" },
      { kind: "file", extension: ".csv", count: 1, example: "list.csv" },
    ]);
  });

  it("uses train, val and test folders as splits", async () => {
    const folder = folderWith({
      "train/car/1.jpg": "x",
      "train/bus/1.jpg": "x",
      "test/bus/2.jpg": "x",
      "val/car/3.jpg": "x",
    });
    const { layout, labels, photographs } = await discover(folder);
    expect(layout).toBe("splits");
    expect(labels).toEqual(["bus", "car"]);
    expect(Array.from(photographs, ({ path, split, label }) => `${path} ${split} ${label}`)).toEqual([
      "test/bus/2.jpg test bus",
      "train/bus/1.jpg train bus",
      "train/car/1.jpg train car",
      "val/car/3.jpg val car",
    ]);
  });

  it.each([
    ["Training", "Testing"],
    ["TRAIN", "Test"],
    ["seg_train", "seg_test"],
    ["training_set", "test_set"],
    ["trainset", "testset"],
  ])("takes %s and %s as splits", async (train, test) => {
    const folder = folderWith({
      [`${train}/car/1.jpg`]: "x",
      [`${train}/bus/1.jpg`]: "x",
      [`${test}/bus/2.jpg`]: "x",
    });
    const { layout, drawn, labels, photographs, notes } = await discover(folder);
    expect({ layout, drawn, labels }).toEqual({ layout: "splits", drawn: [], labels: ["bus", "car"] });
    expect(Object.fromEntries(Array.from(photographs, ({ path, split }) => [path, split]))).toEqual({
      [`${test}/bus/2.jpg`]: "test",
      [`${train}/bus/1.jpg`]: "train",
      [`${train}/car/1.jpg`]: "train",
    });
    expect(notes).toEqual([expect.stringContaining(`${train} is used as train`)]);
  });

  it.each(["val", "valid", "Validation", "dev", "eval"])(
    "draws the test split from train if there is only %s besides, and notes it",
    async (val) => {
      const folder = folderWith({ "train/car/1.jpg": "x", "train/bus/1.jpg": "x", [`${val}/car/2.jpg`]: "x" });
      const { drawn, photographs, notes } = await discover(folder);
      expect(drawn).toEqual(["train", "test"]);
      expect(Object.fromEntries(Array.from(photographs, ({ path, split }) => [path, split]))).toEqual({
        "train/bus/1.jpg": undefined,
        "train/car/1.jpg": undefined,
        [`${val}/car/2.jpg`]: "val",
      });
      expect(notes).toContain("There is no test folder: the test pictures are drawn from train");
    },
  );

  it("draws all splits if train is the only one, or is only accompanied by unlabeled pictures", async () => {
    const train = { "train/car/1.jpg": "x", "train/bus/1.jpg": "x" };
    expect(await discover(folderWith(train))).toMatchObject({
      drawn: ["train", "val", "test"],
      labels: ["bus", "car"],
    });
    const { drawn, labels, ignored } = await discover(folderWith({ ...train, "seg_pred/seg_pred/9.jpg": "x" }));
    expect({ drawn, labels }).toEqual({ drawn: ["train", "val", "test"], labels: ["bus", "car"] });
    expect(ignored).toEqual([{ kind: "folder", extension: "", count: 1, example: "seg_pred" }]);
  });

  it("ignores a test folder without classes, lists its pictures, and draws a test split", async () => {
    const folder = folderWith({ "train/car/1.jpg": "x", "train/bus/1.jpg": "x", "test/7.jpg": "x" });
    const { drawn, skips, notes } = await discover(folder);
    expect(drawn).toEqual(["train", "val", "test"]);
    expect(skips).toMatchObject([{ path: "test/7.jpg", code: "OUTSIDE_CLASSES" }]);
    expect(notes[0]).toBe("test is ignored because it contains no class folders");
  });

  it("ignores pictures without a class next to the splits, and notes it", async () => {
    const splits = { "Training/apple/1.jpg": "x", "Training/pear/1.jpg": "x", "Test/apple/1.jpg": "x" };
    const folder = folderWith({ ...splits, "test-multiple_fruits/1.jpg": "x", "single_prediction/2.jpg": "x" });
    const { labels, notes, ignored } = await discover(folder);
    expect(labels).toEqual(["apple", "pear"]);
    expect(notes).toContain("test-multiple_fruits is ignored because it is not train, val or test");
    expect(ignored).toEqual([{ kind: "folder", extension: "", count: 2, example: "single_prediction" }]);
  });

  it("suggests converting the pictures of a class that are all in an unsupported format", async () => {
    const heic = Buffer.from("\0\0\0\x24ftypheic\0\0\0\0mif1heic", "latin1");
    const folder = folderWith({ "car/IMG_1.HEIC": heic, "bus/1.jpg": "x" });
    await expect(discover(folder)).rejects.toThrow(/none for car; car\/IMG_1\.HEIC is a HEIC photograph: convert it/);
  });

  it("ignores folders without pictures next to the splits", async () => {
    const files = { "train/car/1.jpg": "x", "train/bus/1.jpg": "x", "test/car/1.jpg": "x", "annotations/all.csv": "x" };
    const { layout, ignored } = await discover(folderWith(files));
    expect(layout).toBe("splits");
    expect(ignored).toEqual([{ kind: "folder", extension: "", count: 1, example: "annotations" }]);
  });

  it("uses split folders within each class", async () => {
    const folder = folderWith({ "car/train/1.jpg": "x", "bus/train/1.jpg": "x", "car/test/2.jpg": "x" });
    const { layout, labels, photographs } = await discover(folder);
    expect({ layout, labels }).toEqual({ layout: "splits", labels: ["bus", "car"] });
    expect(Array.from(photographs, ({ path, split, label }) => `${path} ${split} ${label}`)).toEqual([
      "bus/train/1.jpg train bus",
      "car/test/2.jpg test car",
      "car/train/1.jpg train car",
    ]);
  });

  it("skips wrapper folders above the classes, and between splits and classes", async () => {
    const classes = folderWith({
      "archive/photos/car/1.jpg": "x",
      "archive/photos/bus/1.jpg": "x",
      "__MACOSX/archive/photos/car/._1.jpg": "x",
      "archive/README.md": "x",
      ".DS_Store": "x",
    });
    const { labels, photographs, notes, ignored } = await discover(classes);
    expect(labels).toEqual(["bus", "car"]);
    expect(Array.from(photographs, ({ path }) => path)).toEqual([
      "archive/photos/bus/1.jpg",
      "archive/photos/car/1.jpg",
    ]);
    expect(notes).toEqual(["Class folders were found in archive/photos"]);
    expect(ignored).toContainEqual({ kind: "system", extension: "", count: 1, example: "__MACOSX" });
    const nested = folderWith({
      "intel/seg_train/seg_train/car/1.jpg": "x",
      "intel/seg_train/seg_train/bus/1.jpg": "x",
      "intel/seg_test/seg_test/bus/2.jpg": "x",
    });
    expect(await discover(nested)).toMatchObject({ layout: "splits", drawn: [], labels: ["bus", "car"] });
    const one = folderWith({
      "train/car/1.jpg": "x",
      "train/bus/1.jpg": "x",
      "test/bus/day/2.jpg": "x",
      "test/bus/night/2.jpg": "x",
    });
    expect((await discover(one)).labels).toEqual(["bus", "car"]);
  });

  it("does not treat files and folders created by operating systems as pictures or classes", async () => {
    const folder = folderWith({
      "car/1.jpg": "x",
      "bus/1.jpg": "x",
      "@eaDir/car/SYNO_THUMB.jpg": "x",
      "car/@eaDir/1.jpg": "x",
      "car/Thumbs.db": "x",
      "$RECYCLE.BIN/2.jpg": "x",
      "lost+found/3.jpg": "x",
      "System Volume Information/4.jpg": "x",
      ".ipynb_checkpoints/5.jpg": "x",
      "bus/.thumbnails/6.jpg": "x",
    });
    const { labels, photographs, ignored } = await discover(folder);
    expect(labels).toEqual(["bus", "car"]);
    expect(photographs).toHaveLength(2);
    expect(ignored.map(({ kind, count }) => [kind, count])).toEqual([
      ["system", 6],
      ["hidden", 2],
    ]);
  });

  it("identifies files with other extensions by content, and lists pictures in unsupported formats", async () => {
    const jpeg = Buffer.from("\xff\xd8\xff\xe0\0\x10JFIF", "latin1");
    const folder = folderWith({
      "car/plain": jpeg,
      "car/4f2a.download": jpeg,
      "car/saved.JFIF": "x",
      "car/old.jpe": "x",
      "car/telephone.HEIC": Buffer.from("\0\0\0\x24ftypheic\0\0\0\0mif1heic", "latin1"),
      "car/empty.bin": "",
      "car/README": "not a picture",
      "bus/1.jpg": "x",
    });
    const { photographs, skips, ignored } = await discover(folder);
    expect(Array.from(photographs, ({ path }) => path)).toEqual([
      "bus/1.jpg",
      "car/4f2a.download",
      "car/old.jpe",
      "car/plain",
      "car/saved.JFIF",
    ]);
    expect(skips).toEqual([
      { path: "car/telephone.HEIC", code: "FORMAT_NOT_READ", message: expect.stringContaining("JPEG") as string },
    ]);
    expect(ignored.map(({ extension, count }) => [extension, count])).toEqual([
      ["", 1],
      [".bin", 1],
    ]);
  });

  it("recognizes a class that is named train, and notes it", async () => {
    const folder = folderWith({ "train/1.jpg": "x", "bus/1.jpg": "x" });
    const { labels, notes } = await discover(folder);
    expect(labels).toEqual(["bus", "train"]);
    expect(notes).toEqual(["train is treated as a class because it contains no class folders"]);
  });

  it("keeps labels in the given order", async () => {
    const folder = folderWith({ "car/1.jpg": "x", "bus/1.jpg": "x" });
    expect((await discover(folder, { labels: ["car", "bus"] })).labels).toEqual(["car", "bus"]);
  });

  it("lists pictures outside the class folders", async () => {
    const folder = folderWith({ "car/1.jpg": "x", "bus/1.jpg": "x", "stray.jpg": "x" });
    expect((await discover(folder)).skips).toMatchObject([{ path: "stray.jpg", code: "OUTSIDE_CLASSES" }]);
    const splits = folderWith({ "train/car/1.jpg": "x", "train/bus/1.jpg": "x", "train/stray.jpg": "x" });
    expect((await discover(splits)).skips).toMatchObject([{ path: "train/stray.jpg", code: "OUTSIDE_CLASSES" }]);
  });

  it.skipIf(process.platform === "darwin")(
    "keeps one of two files whose names differ only in how accents are encoded",
    async () => {
      const folder = folderWith({ "car/\u00e9.jpg": "x", "car/e\u0301.jpg": "x", "bus/1.jpg": "x" });
      const { photographs, skips } = await discover(folder);
      expect(Array.from(photographs, ({ path }) => path)).toEqual(["bus/1.jpg", "car/\u00e9.jpg"]);
      expect(skips.map(({ path, code }) => [path, code])).toEqual([["car/\u00e9.jpg", "NAME_TWICE"]]);
    },
  );

  it.skipIf(process.platform === "win32")(
    "does not treat a link to the folder itself as a class, and terminates among many links",
    async () => {
      const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
      const folder = folderWith(Object.fromEntries(names.map((name) => [`${name}/1.jpg`, "x"])));
      symlinkSync(".", join(folder, "self"));
      for (const from of names) for (const to of names) symlinkSync(join("..", to), join(folder, from, `to-${to}`));
      const { labels, skips } = await discover(folder);
      expect(labels).toEqual(names);
      expect(skips.find(({ path }) => path === "self")?.code).toBe("LINK_BROKEN");
    },
  );

  it("can be aborted", async () => {
    const folder = folderWith({ "car/1.jpg": "x", "bus/1.jpg": "x" });
    await expect(discover(folder, { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
  });

  it("can be aborted within a folder of many files", async () => {
    const files: Record<string, string> = { "car/1.jpg": "x", "bus/1.jpg": "x" };
    for (let number = 0; number < 1000; number++) files[`car/${number}.txt`] = "x";
    const stop = new AbortController();
    const discovery = discover(folderWith(files), { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 1);
    await expect(discovery).rejects.toThrow("enough");
  });

  it.skipIf(process.platform === "win32")("follows links, and lists broken and circular ones", async () => {
    const folder = folderWith({ "car/1.jpg": "x", "bus/1.jpg": "x" });
    symlinkSync("nowhere.jpg", join(folder, "car", "broken.jpg"));
    symlinkSync("circle.jpg", join(folder, "car", "circle.jpg"));
    symlinkSync("..", join(folder, "car", "up"));
    symlinkSync("1.jpg", join(folder, "car", "2.jpg"));
    const { photographs, skips } = await discover(folder);
    expect(Array.from(photographs, ({ path }) => path)).toContain("car/2.jpg");
    expect(skips.map(({ path, code }) => [path, code])).toEqual([
      ["car/broken.jpg", "LINK_BROKEN"],
      ["car/circle.jpg", "LINK_BROKEN"],
      ["car/up", "LINK_BROKEN"],
    ]);
  });

  it.each<[string, string, Record<string, string>, string]>([
    ["no class folders", "NO_CLASSES", { "1.jpg": "x" }, "Expected class folders in"],
    ["one class", "ONE_CLASS", { "car/1.jpg": "x" }, "found only car"],
    ["a class without pictures", "EMPTY_CLASS", { "car/1.jpg": "x", "bus/notes.txt": "x" }, "none for bus"],
    [
      "a class with test but no training pictures",
      "EMPTY_CLASS",
      { "train/car/1.jpg": "x", "train/van/1.jpg": "x", "test/bus/1.jpg": "x" },
      "none for bus; test/bus/1.jpg is in the test split",
    ],
    [
      "a class next to one that is named train and has folders",
      "LAYOUT_MIXED",
      { "train/steam/1.jpg": "x", "train/diesel/1.jpg": "x", "car/1.jpg": "x" },
      "found car, train",
    ],
    [
      "a folder next to train and test",
      "LAYOUT_MIXED",
      { "train/car/1.jpg": "x", "train/bus/1.jpg": "x", "more/car/1.jpg": "x" },
      "found more, train",
    ],
    [
      "two folders for one split",
      "LAYOUT_MIXED",
      { "train/car/1.jpg": "x", "test/car/1.jpg": "x", "Testing/bus/1.jpg": "x" },
      "both Testing and test are the test split",
    ],
    ["splits without train", "LAYOUT_MIXED", { "val/car/1.jpg": "x", "test/bus/1.jpg": "x" }, "found test, val"],
    ["splits without classes", "LAYOUT_MIXED", { "train/1.jpg": "x", "test/1.jpg": "x" }, "without class folders"],
  ])("rejects %s", async (_, code, files, message) => {
    await expect(discover(folderWith(files))).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
    );
  });

  it.each([[["car"]], [["car", "buss"]], [["car", "bus", "van"]], [["car", "bus", "bus"]]])(
    "rejects the labels %j for car and bus",
    async (labels) => {
      const folder = folderWith({ "car/1.jpg": "x", "bus/1.jpg": "x" });
      await expect(discover(folder, { labels })).rejects.toThrow(expect.objectContaining({ code: "LABELS_MISMATCH" }));
    },
  );

  it("rejects a folder that is missing, a file, or empty", async () => {
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
