// `silhouette prepare` on the command line: its results for valid photographs and options, and its output.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { readDataset } from "./datasets.ts";
import { expectNothingAt, expectOnly, freshOut } from "./outputs.ts";
import { carsAndBuses, DRAWN, folderWith, photographOf, silhouetteOf, stateOf } from "./pictures.ts";
import { eventsOf, expectReadable, linesOf, silhouette } from "./silhouette.ts";

/** Options for black-and-white pictures at the size at which they were drawn. */
const ARTICLE = ["--recipe", "article", "--size", `${DRAWN.width}x${DRAWN.height}`];

/** The format of a progress line. */
const PROGRESS_LINE = /^\d+ of 10 pictures, \d+ per second, (\d+ min )?\d+ s left$/;

describe("a successful run", () => {
  it("creates a dataset that the trainer opens, with the vehicles' exact pixels", async () => {
    const photos = folderWith(await carsAndBuses(5));
    const out = freshOut();
    const ended = await silhouette(["prepare", photos, "--out", out, ...ARTICLE]);
    expect(ended).toMatchObject({ code: 0, signal: null });

    const { description, rows } = await readDataset(out);
    expect(description).toMatchObject({ ...DRAWN, labels: ["bus", "car"], rows: 10 });
    expect(rows.map(({ path }) => path)).toEqual(
      ["bus", "car"].flatMap((label) => [0, 1, 2, 3, 4].map((number) => `${label}/00${number}.png`)),
    );
    for (const { path, label, mask, sourceWidth, sourceHeight } of rows) {
      expect(label).toBe(dirname(path));
      expect({ width: sourceWidth, height: sourceHeight }).toEqual(DRAWN);
      expect(mask).toEqual(silhouetteOf(label === "bus" ? "bus" : "car"));
    }
    expectOnly(out);
  });

  it("summarizes the dataset on stdout", async () => {
    const photos = folderWith({ ...(await carsAndBuses(5)), "car/notes.txt": "x" });
    const out = freshOut();
    const { stdout } = await silhouette(["prepare", photos, "--out", out, "--split", "0.5,0.3,0.2"]);
    const { rows } = await readDataset(out);
    // The table has these words in each row, whatever its borders.
    const words = linesOf(stdout).map((line) => line.replaceAll(/[^a-z0-9]+/g, " ").trim());
    expect(words).toContain("train val test");
    for (const label of ["bus", "car"]) {
      const counts = ["train", "val", "test"].map(
        (split) => rows.filter((row) => row.label === label && row.split === split).length,
      );
      expect(words).toContain(`${label} ${counts.join(" ")}`);
    }
    expect(stdout).toContain(`${out}: 10 gray pictures of 192 x 192, 0.4 MB\n`);
    expect(stdout).toMatch(/; 1 other file ignored$/m);
  });

  it("reports progress in plain lines on stderr without a terminal", async () => {
    const photos = folderWith(await carsAndBuses(5));
    const ended = await silhouette(["prepare", photos, "--out", freshOut()]);
    expectReadable(ended);
    expect(ended.stdout).not.toMatch(/ of 10 pictures,/);
    const [first, ...progress] = linesOf(ended.stderr);
    expect(first).toBe(`10 pictures of bus, car in ${photos}, split by class`);
    for (const line of progress) expect(line).toMatch(PROGRESS_LINE);
    expect(progress.at(-1)).toMatch(/^10 of 10 pictures, /);
  });

  it("resolves paths from the current folder, with spaces and letters of any script", async () => {
    const photograph = await photographOf("car", 10);
    const folder = folderWith({ "my photos/автобус 1/ä b.png": photograph, "my photos/オートバイ/c.png": photograph });
    const ended = await silhouette(["prepare", "my photos", "--out", "my data.arrow"], { cwd: folder });
    expect(ended.code).toBe(0);
    const { rows } = await readDataset(join(folder, "my data.arrow"));
    expect(rows.map(({ path, label }) => [path, label])).toEqual([
      ["автобус 1/ä b.png", "автобус 1"],
      ["オートバイ/c.png", "オートバイ"],
    ]);
  });

  it("uses the splits of train, val and test folders", async () => {
    const photograph = await photographOf("bus", 10);
    const photos = folderWith({
      "train/car/1.png": photograph,
      "train/bus/2.png": photograph,
      "val/car/3.png": photograph,
      "test/bus/4.png": photograph,
    });
    const out = freshOut();
    expect((await silhouette(["prepare", photos, "--out", out])).code).toBe(0);
    const { description, rows } = await readDataset(out);
    expect(description.split).toEqual({ from: "folders" });
    expect(rows.map(({ path, split }) => `${path} ${split}`)).toEqual([
      "test/bus/4.png test",
      "train/bus/2.png train",
      "train/car/1.png train",
      "val/car/3.png val",
    ]);
  });

  it("reports what it leaves out, by kind and number, and how it interpreted the folders", async () => {
    const photograph = await photographOf("bus", 10);
    const photos = folderWith({
      "archive/Training/car/1.png": photograph,
      "archive/Training/bus/2": photograph,
      "archive/Testing/bus/3.jfif": photograph,
      "archive/Testing/bus/3.txt": "x",
      "archive/Testing/bus/4.txt": "x",
      "archive/Testing/Thumbs.db": "x",
      "__MACOSX/archive/._1.png": "x",
    });
    const { code, stderr, stdout } = await silhouette(["prepare", photos, "--out", freshOut(), "--size", "32"]);
    expect(code).toBe(0);
    expect(stderr).toContain("3 pictures of bus, car in");
    expect(stderr).toContain("Class folders were found in archive\n");
    expect(stderr).toContain("Testing is used as test, Training is used as train\n");
    expect(stderr).toContain("2 .txt files (archive/Testing/bus/3.txt, ...)");
    expect(stderr).toContain("2 system files or folders (__MACOSX, ...)");
    expect(stderr).toContain("Warning: 1 picture is under two labels, such as archive/Testing/bus/3.jfif");
    expect(stdout).toContain("Not tested, for lack of test pictures: car\n");
  });

  it("lists pictures in the same unsupported format together, with a remedy", async () => {
    const heic = Buffer.from("\0\0\0\x24ftypheic\0\0\0\0mif1heic", "latin1");
    const files: Record<string, Uint8Array> = await carsAndBuses(3);
    for (let number = 0; number < 40; number++) files[`car/IMG_${number}.HEIC`] = heic;
    const { code, stderr } = await silhouette(["prepare", folderWith(files), "--out", freshOut(), "--size", "32"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/Skipped 40 files, car\/IMG_0\.HEIC, .* and others: each is a HEIC .* convert it to JPEG/);
  });

  it("reads every format that its help lists", async () => {
    const formats = ["png", "jpeg", "webp", "gif", "tiff", "avif"] as const;
    const files: Record<string, Uint8Array> = { "bus/1.png": await photographOf("bus", 5) };
    for (const format of formats) files[`car/drawn.${format}`] = await photographOf("car", 5, format);
    const out = freshOut();
    await silhouette(["prepare", folderWith(files), "--out", out, ...ARTICLE]);
    const { rows } = await readDataset(out);
    const cars = rows.filter(({ label }) => label === "car");
    expect(cars).toHaveLength(formats.length);
    for (const { mask } of cars) expect(mask).toEqual(silhouetteOf("car"));
    const { stdout: help } = await silhouette(["prepare", "--help"]);
    expect(help).toMatch(/JPEG, PNG, WebP, GIF, TIFF and AVIF/);
  });

  it("overwrites an existing file with the same bytes", async () => {
    const photos = folderWith(await carsAndBuses(5));
    const first = freshOut();
    const second = freshOut();
    writeFileSync(second, "what was there");
    await silhouette(["prepare", photos, "--out", first]);
    await silhouette(["prepare", photos, "--out", second]);
    expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
    expectOnly(second);
  });

  it("changes nothing in the folder of photographs", async () => {
    const photos = folderWith({ ...(await carsAndBuses(3)), "car/empty.png": "", "car/notes.txt": "x" });
    const before = stateOf(photos);
    expect((await silhouette(["prepare", photos, "--out", freshOut()])).code).toBe(0);
    expect((await silhouette(["prepare", photos, "--out", freshOut(), "--strict"])).code).toBe(3);
    expect(stateOf(photos)).toEqual(before);
  });
});

describe("options", () => {
  it("orders the labels as in --labels", async () => {
    const out = freshOut();
    await silhouette(["prepare", folderWith(await carsAndBuses(2)), "--out", out, "--labels", "car,bus"]);
    const { description, rows } = await readDataset(out);
    expect(description.labels).toEqual(["car", "bus"]);
    for (const { path, label } of rows) expect(label).toBe(dirname(path));
  });

  it.each([
    ["64x48", "article", { pixelFormat: "binary1", width: 64, height: 48 }],
    ["17", "article", { pixelFormat: "binary1", width: 17, height: 17 }],
    ["17x20", "compact", { pixelFormat: "gray8", width: 34, height: 40 }],
    ["17x20", "levels", { pixelFormat: "gray8", width: 34, height: 40 }],
  ])("makes pictures of --size %s for --recipe %s", async (size, recipe, expected) => {
    const out = freshOut();
    const photos = folderWith(await carsAndBuses(2));
    const { stdout } = await silhouette(["prepare", photos, "--out", out, "--recipe", recipe, "--size", size]);
    const { description, rows } = await readDataset(out);
    expect(description).toMatchObject(expected);
    expect(stdout).toContain(`pictures of ${expected.width} x ${expected.height},`);
    for (const { mask } of rows) expect(new Set(mask)).toEqual(new Set([0, 1]));
  });

  it("splits by the fractions of --split and the seed of --seed, and records both", async () => {
    const photos = folderWith(await carsAndBuses(20));
    const splitsOf = async (split: string, seed: string) => {
      const out = freshOut();
      const ended = await silhouette([
        "prepare",
        photos,
        "--out",
        out,
        "--size",
        "8",
        "--split",
        split,
        "--seed",
        seed,
      ]);
      expect(ended.code).toBe(0);
      const { description, rows } = await readDataset(out);
      return { from: description.split, splits: rows.map((row) => row.split) };
    };
    const first = await splitsOf("0.5,0.25,0.25", "1");
    const drawn = ["train", "val", "test"];
    expect(first.from).toEqual({ from: "stratified", seed: 1, fractions: [0.5, 0.25, 0.25], drawn });
    expect(drawn.map((split) => first.splits.filter((each) => each === split).length)).toEqual([20, 10, 10]);
    expect(new Set(first.splits)).toEqual(new Set(["train", "val", "test"]));
    expect(await splitsOf("0.5,0.25,0.25", "1")).toEqual(first);
    expect((await splitsOf("0.5,0.25,0.25", "2")).splits).not.toEqual(first.splits);
    expect(new Set((await splitsOf("1,0,0", "1")).splits)).toEqual(new Set(["train"]));
  });

  it("prints its version and help on stdout", async () => {
    const version = await silhouette(["--version"]);
    expect(version).toMatchObject({ code: 0, stderr: "" });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await silhouette(["prepare", "--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const option of ["--out", "--size", "--labels", "--split", "--seed", "--strict", "--json"]) {
      expect(help.stdout).toContain(`  ${option} `);
    }
  });
});

describe("--json", () => {
  it("reports the start, some progress and the end, one event per line", async () => {
    const photos = folderWith(await carsAndBuses(3));
    const out = freshOut();
    const ended = await silhouette(["prepare", photos, "--out", out, "--json", "--labels", "car,bus"]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const events = eventsOf(ended.stdout);
    expect([events.at(0), events.at(-1)]).toMatchObject([{ type: "start" }, { type: "done" }]);
    expect(events[0]).toMatchObject({
      folder: photos,
      total: 6,
      labels: ["car", "bus"],
      layout: "classes",
    });
    // Always the first and the last; those in between at time intervals.
    const progress = events.slice(1, -1);
    expect(progress.every(({ type, total }) => type === "progress" && total === 6)).toBe(true);
    const done = progress.map((each) => Number(each["done"]));
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect([done.at(0), done.at(-1)]).toEqual([1, 6]);
    const { rows } = await readDataset(out);
    const counts = (split: string) =>
      ["car", "bus"].map((label) => rows.filter((row) => row.label === label && row.split === split).length);
    expect(events.at(-1)).toMatchObject({
      out,
      rows: 6,
      width: 192,
      height: 192,
      pixelFormat: "gray8",
      bytes: readFileSync(out).length,
      labels: ["car", "bus"],
      counts: { train: counts("train"), val: counts("val"), test: counts("test") },
      skipped: 0,
      otherFiles: 0,
    });
  });

  it("reports a skipped picture", async () => {
    const photos = folderWith({ ...(await carsAndBuses(2)), "car/empty.jpg": "" });
    const { code, stdout } = await silhouette(["prepare", photos, "--out", freshOut(), "--json"]);
    expect(code).toBe(0);
    const events = eventsOf(stdout);
    expect(events.filter(({ type }) => type === "skip")).toEqual([
      { type: "skip", path: "car/empty.jpg", code: "EMPTY_FILE", message: "is empty" },
    ]);
    expect(events.at(-1)).toMatchObject({ type: "done", rows: 4, skipped: 1 });
  });

  it.each<[string, string[], number, string, RegExp, RegExp]>([
    ["arguments that make no sense", ["--size", "abc"], 2, "USAGE", /argument 'abc' is invalid/, /--help/],
    ["values out of their range", ["--size", "0"], 2, "INVALID_ARGUMENT", /^Expected a whole number/, /width/],
    [
      "input that cannot be used",
      ["--labels", "car,van"],
      3,
      "LABELS_MISMATCH",
      /car,van$/,
      /Use bus,car in any order/,
    ],
  ])("ends with an error event for %s, and with text on stderr", async (_, extra, code, name, message, hint) => {
    const out = freshOut();
    const photos = folderWith(await carsAndBuses(1));
    const ended = await silhouette(["prepare", photos, "--out", out, "--json", ...extra]);
    expect(ended.code).toBe(code);
    const last = eventsOf(ended.stdout).at(-1);
    expect(last).toEqual({
      type: "error",
      code: name,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
    expect(ended.stderr).toContain(String(last?.["message"]));
    expectReadable(ended);
    expectNothingAt(out);
  });

  it("ends with an error event for a picture that --strict does not skip", async () => {
    const out = freshOut();
    const photos = folderWith({ ...(await carsAndBuses(2)), "car/zz.jpg": "no picture" });
    const ended = await silhouette(["prepare", photos, "--out", out, "--json", "--strict"]);
    expect(ended.code).toBe(3);
    const events = eventsOf(ended.stdout);
    expect(events[0]).toMatchObject({ type: "start", total: 5 });
    expect(events.at(-1)).toMatchObject({ type: "error", code: "PICTURE_UNUSABLE" });
    expect(ended.stderr).toContain("car/zz.jpg");
    expectNothingAt(out);
  });
});
