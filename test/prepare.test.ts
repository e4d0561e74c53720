// `silhouette prepare` as it is met at the command line: what it makes, what it says, and what it does with the wrong
// arguments, the wrong files, and at the wrong moment.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readDataset } from "./datasets.ts";
import {
  carsAndBuses,
  copiesOfCarAndBus,
  DRAWN,
  emptyFolder,
  folderWith,
  newFolder,
  photographOf,
  removeFolder,
  silhouetteOf,
  stateOf,
  writeFiles,
} from "./pictures.ts";
import { hasWritten, run, type Ended, type Running } from "./programs.ts";
import { eventsOf, expectReadable, linesOf, SILHOUETTE, silhouette, startSilhouette } from "./silhouette.ts";

const IS_WINDOWS = process.platform === "win32";

/** Root may read and write whatever the permissions say; Windows has others. */
const HAS_PERMISSIONS = !IS_WINDOWS && process.getuid?.() !== 0;

/** What one progress line looks like. */
const PROGRESS_LINE = /^\d+ of 10 pictures, \d+ a second, (\d+ min )?\d+ s left$/;

/** An `--out` in an empty folder. */
function freshOut(): string {
  return join(emptyFolder(), "data.arrow");
}

/** Nothing in the folder of `out`, hidden files included. */
function expectNothingAt(out: string): void {
  expect(readdirSync(dirname(out))).toEqual([]);
}

/** Only the dataset in the folder of `out`, hidden files included. */
function expectOnly(out: string): void {
  expect(readdirSync(dirname(out))).toEqual([basename(out)]);
}

describe("a good run", () => {
  it("makes a dataset that the trainer opens, pixel for pixel the vehicles", async () => {
    const photos = folderWith(await carsAndBuses(5));
    const out = freshOut();
    const ended = await silhouette(["prepare", photos, "--out", out, "--size", `${DRAWN.width}x${DRAWN.height}`]);
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

  it("sums the dataset up on stdout", async () => {
    const photos = folderWith({ ...(await carsAndBuses(5)), "car/notes.txt": "x" });
    const out = freshOut();
    const { stdout } = await silhouette(["prepare", photos, "--out", out, "--split", "0.5,0.3,0.2"]);
    const { rows } = await readDataset(out);
    // Whatever lines are drawn around it, the table has these words in each row.
    const words = linesOf(stdout).map((line) => line.replaceAll(/[^a-z0-9]+/g, " ").trim());
    expect(words).toContain("train val test");
    for (const label of ["bus", "car"]) {
      const counts = ["train", "val", "test"].map(
        (split) => rows.filter((row) => row.label === label && row.split === split).length,
      );
      expect(words).toContain(`${label} ${counts.join(" ")}`);
    }
    expect(stdout).toContain(`${out}: 10 pictures of 300 x 300, 0.1 MB\n`);
    expect(stdout).toMatch(/; 1 other file not looked at$/m);
  });

  it("tells its progress in plain lines on stderr where there is no terminal", async () => {
    const photos = folderWith(await carsAndBuses(5));
    const ended = await silhouette(["prepare", photos, "--out", freshOut()]);
    expectReadable(ended);
    expect(ended.stdout).not.toMatch(/ of 10 pictures,/);
    const [first, ...progress] = linesOf(ended.stderr);
    expect(first).toBe(`10 pictures of bus, car in ${photos}`);
    for (const line of progress) expect(line).toMatch(PROGRESS_LINE);
    expect(progress.at(-1)).toMatch(/^10 of 10 pictures, /);
  });

  it("takes paths from where it runs, with spaces and letters of any script", async () => {
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

  it("takes the splits from folders where there are train, val and test", async () => {
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

  it("reads every format that its help names", async () => {
    const formats = ["png", "jpeg", "webp", "gif", "tiff", "avif"] as const;
    const files: Record<string, Uint8Array> = { "bus/1.png": await photographOf("bus", 5) };
    for (const format of formats) files[`car/drawn.${format}`] = await photographOf("car", 5, format);
    const out = freshOut();
    await silhouette(["prepare", folderWith(files), "--out", out, "--size", "48x36"]);
    const { rows } = await readDataset(out);
    const cars = rows.filter(({ label }) => label === "car");
    expect(cars).toHaveLength(formats.length);
    for (const { mask } of cars) expect(mask).toEqual(silhouetteOf("car"));
    const { stdout: help } = await silhouette(["prepare", "--help"]);
    expect(help).toMatch(/JPEG, PNG, WebP, GIF, TIFF and AVIF/);
  });

  it("writes the same bytes again, over what was there", async () => {
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
  it("takes the labels in the order of --labels", async () => {
    const out = freshOut();
    await silhouette(["prepare", folderWith(await carsAndBuses(2)), "--out", out, "--labels", "car,bus"]);
    const { description, rows } = await readDataset(out);
    expect(description.labels).toEqual(["car", "bus"]);
    for (const { path, label } of rows) expect(label).toBe(dirname(path));
  });

  it.each([
    ["64x48", { width: 64, height: 48 }],
    ["17", { width: 17, height: 17 }],
  ])("makes pictures of --size %s", async (size, expected) => {
    const out = freshOut();
    const { stdout } = await silhouette(["prepare", folderWith(await carsAndBuses(2)), "--out", out, "--size", size]);
    const { description, rows } = await readDataset(out);
    expect(description).toMatchObject(expected);
    expect(stdout).toContain(`4 pictures of ${expected.width} x ${expected.height},`);
    for (const { mask } of rows) expect(new Set(mask)).toEqual(new Set([0, 1]));
  });

  it("splits by the shares of --split and the seed of --seed, and writes both down", async () => {
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
    expect(first.from).toEqual({ from: "hash", seed: 1, fractions: [0.5, 0.25, 0.25] });
    expect(new Set(first.splits)).toEqual(new Set(["train", "val", "test"]));
    expect(await splitsOf("0.5,0.25,0.25", "1")).toEqual(first);
    expect((await splitsOf("0.5,0.25,0.25", "2")).splits).not.toEqual(first.splits);
    expect(new Set((await splitsOf("1,0,0", "1")).splits)).toEqual(new Set(["train"]));
  });

  it("tells its version and its help on stdout", async () => {
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
  it("tells of the start, of each picture and of the end, one event a line", async () => {
    const photos = folderWith(await carsAndBuses(3));
    const out = freshOut();
    const ended = await silhouette(["prepare", photos, "--out", out, "--json", "--labels", "car,bus"]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const events = eventsOf(ended.stdout);
    expect(events.map(({ event }) => event)).toEqual(["start", ...Array<string>(6).fill("progress"), "done"]);
    expect(events[0]).toMatchObject({
      command: "prepare",
      folder: photos,
      total: 6,
      labels: ["car", "bus"],
      layout: "classes",
    });
    expect(events.slice(1, -1).map(({ done, total }) => [done, total])).toEqual(
      [1, 2, 3, 4, 5, 6].map((done) => [done, 6]),
    );
    const { rows } = await readDataset(out);
    const counts = (split: string) =>
      ["car", "bus"].map((label) => rows.filter((row) => row.label === label && row.split === split).length);
    expect(events.at(-1)).toMatchObject({
      out,
      rows: 6,
      width: 300,
      height: 300,
      bytes: readFileSync(out).length,
      labels: ["car", "bus"],
      counts: { train: counts("train"), val: counts("val"), test: counts("test") },
      skipped: 0,
      otherFiles: 0,
    });
  });

  it("tells of a picture that is skipped", async () => {
    const photos = folderWith({ ...(await carsAndBuses(2)), "car/empty.jpg": "" });
    const { code, stdout } = await silhouette(["prepare", photos, "--out", freshOut(), "--json"]);
    expect(code).toBe(0);
    const events = eventsOf(stdout);
    expect(events.filter(({ event }) => event === "skip")).toEqual([
      { event: "skip", path: "car/empty.jpg", code: "EMPTY_FILE", message: "is empty" },
    ]);
    expect(events.at(-1)).toMatchObject({ event: "done", rows: 4, skipped: 1 });
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
      /Use bus,car in the order/,
    ],
  ])("ends with an error event for %s, and with text on stderr", async (_, extra, code, name, message, hint) => {
    const out = freshOut();
    const photos = folderWith(await carsAndBuses(1));
    const ended = await silhouette(["prepare", photos, "--out", out, "--json", ...extra]);
    expect(ended.code).toBe(code);
    const last = eventsOf(ended.stdout).at(-1);
    expect(last).toEqual({
      event: "error",
      code: name,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
    expect(ended.stderr).toContain(String(last?.["message"]));
    expectReadable(ended);
    expectNothingAt(out);
  });

  it("ends with an error event for a picture that --strict does not skip, after the start", async () => {
    const out = freshOut();
    const photos = folderWith({ ...(await carsAndBuses(2)), "car/zz.jpg": "no picture" });
    const ended = await silhouette(["prepare", photos, "--out", out, "--json", "--strict"]);
    expect(ended.code).toBe(3);
    const events = eventsOf(ended.stdout);
    expect(events[0]).toMatchObject({ event: "start", total: 5 });
    expect(events.at(-1)).toMatchObject({ event: "error", code: "PICTURE_UNUSABLE" });
    expect(ended.stderr).toContain("car/zz.jpg");
    expectNothingAt(out);
  });
});

const WRONG_SIZE = [
  /'--size <N\|WxH>' argument '.*' is invalid/,
  /Expected a number of pixels, .* like 300 or 320x240/,
];
const WRONG_SPLIT = [
  /'--split <train,val,test>' argument '.*' is invalid/,
  /Expected three numbers .* like 0\.8,0\.1,0\.1/,
];
const WRONG_SHARES = [
  /three fractions from 0 to 1 for split, the first above 0, with the sum 1, but/,
  /0\.8,0\.1,0\.1/,
];
const WRONG_SEED = [/'--seed <N>' argument '.*' is invalid/, /Expected a whole number of 0 or more/];
const WRONG_LABELS = [/'--labels <a,b,c>' argument '.*' is invalid/, /Expected at least two class names with commas/];
const OTHER_LABELS = [/Expected labels to name each class folder of .* once \(bus,car\), but received/, /Use bus,car/];

describe("misuse", () => {
  let folder: string;
  let photos: string;
  let others: string;

  beforeAll(async () => {
    folder = newFolder();
    photos = join(folder, "photos");
    others = join(folder, "others");
    const photograph = await photographOf("bus", 40);
    writeFiles(photos, { "car/1.png": photograph, "bus/1.png": photograph });
    writeFiles(others, {
      file: "x",
      "one/car/1.png": photograph,
      "broken/bus/1.png": photograph,
      "broken/car/half.png": photograph.subarray(0, photograph.length / 2),
    });
    for (const name of ["empty", "folder.arrow"]) mkdirSync(join(others, name));
  });

  afterAll(() => removeFolder(folder));

  // PHOTOS: a good folder. OUT: an empty folder. OTHERS: a folder with `file`, `folder.arrow/`, and the folders of
  // photographs `empty`, `one` (a class) and `broken` (all of car's).
  it.concurrent.each<[command: string, code: number, messages: readonly RegExp[]]>([
    ["", 2, [/^Usage: silhouette /, /prepare \[options\] <FOLDER>/, /Example:/]],
    ["prepair PHOTOS --out OUT/data.arrow", 2, [/unknown command 'prepair'/, /Did you mean prepare\?/]],
    ["paint", 2, [/unknown command 'paint'/, /--help/]],
    ["prepare PHOTOS --out OUT/data.arrow --sise 64", 2, [/unknown option '--sise'/, /Did you mean --size\?/]],
    ["prepare PHOTOS --otu OUT/data.arrow", 2, [/unknown option '--otu'/, /Did you mean --out\?/]],
    ["prepare --out OUT/data.arrow", 2, [/missing required argument 'FOLDER'/, /--help/]],
    ["prepare PHOTOS PHOTOS --out OUT/data.arrow", 2, [/too many arguments.* Expected 1 argument but got 2/]],
    ["prepare PHOTOS", 2, [/required option '--out <FILE.arrow>' not specified/, /--help/]],
    ["prepare PHOTOS --out", 2, [/option '--out <FILE.arrow>' argument missing/]],
    ["prepare PHOTOS --out OUT/data.arrow --size abc", 2, WRONG_SIZE],
    ["prepare PHOTOS --out OUT/data.arrow --size 64x", 2, WRONG_SIZE],
    ["prepare PHOTOS --out OUT/data.arrow --size -5", 2, WRONG_SIZE],
    ["prepare PHOTOS --out OUT/data.arrow --size=", 2, WRONG_SIZE],
    ["prepare PHOTOS --out OUT/data.arrow --size 0", 2, [/from 1 to 4096 for width but received 0/]],
    ["prepare PHOTOS --out OUT/data.arrow --size 5x99999", 2, [/from 1 to 4096 for height but received 99999/]],
    ["prepare PHOTOS --out OUT/data.arrow --split a,b,c", 2, WRONG_SPLIT],
    ["prepare PHOTOS --out OUT/data.arrow --split 0.8,0.2", 2, WRONG_SPLIT],
    ["prepare PHOTOS --out OUT/data.arrow --split 0.8,,0.2", 2, WRONG_SPLIT],
    ["prepare PHOTOS --out OUT/data.arrow --split 0.8,0.1,0.2", 2, WRONG_SHARES],
    ["prepare PHOTOS --out OUT/data.arrow --split -1,1,1", 2, WRONG_SHARES],
    ["prepare PHOTOS --out OUT/data.arrow --split 0,0.5,0.5", 2, WRONG_SHARES],
    ["prepare PHOTOS --out OUT/data.arrow --seed x", 2, WRONG_SEED],
    ["prepare PHOTOS --out OUT/data.arrow --seed -1", 2, WRONG_SEED],
    ["prepare PHOTOS --out OUT/data.arrow --seed 9007199254740993", 2, [/from 0 to 9007199254740991 for seed/]],
    ["prepare PHOTOS --out OUT/data.arrow --labels car", 2, WRONG_LABELS],
    ["prepare PHOTOS --out OUT/data.arrow --labels car,", 2, WRONG_LABELS],
    ["prepare PHOTOS --out OUT/data.arrow --labels car,van", 3, OTHER_LABELS],
    ["prepare PHOTOS --out OUT/data.arrow --labels car,bus,van", 3, OTHER_LABELS],
    ["prepare PHOTOS --out OUT/data.arrow --labels car,bus,bus", 3, OTHER_LABELS],
    ["prepare OTHERS/missing --out OUT/data.arrow", 3, [/photographs at .*missing, but nothing is there/]],
    ["prepare OTHERS/file --out OUT/data.arrow", 3, [/photographs at .*file, but that is a file/]],
    [
      "prepare OTHERS/empty --out OUT/data.arrow",
      3,
      [/class folders in .*empty, but it has none/, /Put the photographs/],
    ],
    ["prepare OTHERS/one --out OUT/data.arrow", 3, [/at least two class folders in .*one, but found only car/]],
    [
      "prepare OTHERS/broken --out OUT/data.arrow",
      3,
      [/usable pictures of every class .* but all of car were skipped/],
    ],
    [
      "prepare OTHERS/broken --out OUT/data.arrow --strict",
      3,
      [/Expected only usable pictures, but car\/half\.png cannot be decoded/, /Repair or remove it/],
    ],
    [
      "prepare PHOTOS --out OUT/missing/data.arrow",
      4,
      [/data\.arrow, but its folder does not exist/, /Name a file in/],
    ],
    ["prepare PHOTOS --out OTHERS/file/data.arrow", 4, [/data\.arrow, but its folder is a file/, /Name a file in/]],
    ["prepare PHOTOS --out OTHERS/folder.arrow", 4, [/folder\.arrow, but that is a folder/, /Name a file in/]],
    ["prepare PHOTOS --out OUT/data.png", 2, [/a file name that ends in \.arrow .* received .*data\.png/, /example/]],
  ])(
    "`silhouette %s` ends with exit code %i, says what is wrong, and writes nothing",
    async (command, code, messages) => {
      const before = stateOf(others);
      const out = mkdtempSync(join(folder, "out-"));
      const places = { PHOTOS: photos, OTHERS: others, OUT: out };
      const args = command
        .split(" ")
        .filter((word) => word !== "")
        .map((word) => word.replace(/^(PHOTOS|OTHERS|OUT)/, (place) => places[place as keyof typeof places]));
      const ended = await silhouette(args);
      expect(ended).toMatchObject({ code, signal: null, stdout: "" });
      for (const message of messages) expect(ended.stderr).toMatch(message);
      expectReadable(ended);
      expect(readdirSync(out)).toEqual([]);
      expect(stateOf(others)).toEqual(before);
    },
  );

  it.runIf(HAS_PERMISSIONS).each([
    ["photos", 3, "Expected a readable folder at "],
    ["out", 4, "but there is no permission to write there"],
  ] as const)(
    "a folder %s without permission ends with exit code %i (not for root, not on Windows)",
    async (...row) => {
      const [place, code, message] = row;
      const places = { photos: emptyFolder(), out: emptyFolder() };
      writeFiles(places.photos, await carsAndBuses(1));
      chmodSync(places[place], 0);
      const ended = await silhouette(["prepare", places.photos, "--out", join(places.out, "data.arrow")]);
      chmodSync(places[place], 0o700);
      expect(ended).toMatchObject({ code, stdout: "" });
      expect(ended.stderr).toContain(message);
      expectReadable(ended);
      expect(readdirSync(places.out)).toEqual([]);
    },
  );
});

describe("broken pictures", () => {
  it("are skipped, named and counted, and the run succeeds", async () => {
    // Large enough for its second half to be pixels.
    const jpeg = await sharp(await photographOf("car", 20))
      .resize(960, 720)
      .jpeg()
      .toBuffer();
    const photos = folderWith({
      ...(await carsAndBuses(3)),
      "car/drawing.png": `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>`,
      "car/half.jpg": jpeg.subarray(0, jpeg.length / 2),
      "car/huge.png": pngOfSize(60_000, 60_000),
      "car/text.jpg": "no picture",
      "car/zero.jpg": "",
    });
    const out = freshOut();
    const ended = await silhouette(["prepare", photos, "--out", out]);
    expect(ended.code).toBe(0);
    expectReadable(ended);
    expect(skipsIn(ended)).toEqual([
      ["car/drawing.png", "NOT_A_PICTURE"],
      ["car/half.jpg", "PICTURE_DAMAGED"],
      ["car/huge.png", "PICTURE_TOO_LARGE"],
      ["car/text.jpg", "NOT_A_PICTURE"],
      ["car/zero.jpg", "EMPTY_FILE"],
    ]);
    expect(ended.stdout).toMatch(/; 5 skipped$/m);
    expect((await readDataset(out)).rows).toHaveLength(6);
  });

  it.skipIf(IS_WINDOWS)("are links that lead nowhere or in a circle too (symbolic links; not on Windows)", async () => {
    const photos = folderWith(await carsAndBuses(3));
    symlinkSync("000.png", join(photos, "car", "again.png"));
    symlinkSync("nothing.png", join(photos, "car", "broken.png"));
    symlinkSync("circle.png", join(photos, "car", "circle.png"));
    symlinkSync(".", join(photos, "car", "deeper"));
    const out = freshOut();
    const ended = await silhouette(["prepare", photos, "--out", out]);
    expect(ended.code).toBe(0);
    expectReadable(ended);
    expect(skipsIn(ended)).toEqual([
      ["car/broken.png", "LINK_BROKEN"],
      ["car/circle.png", "LINK_BROKEN"],
      ["car/deeper", "LINK_BROKEN"],
    ]);
    expect(ended.stdout).toMatch(/; 3 skipped$/m);
    expect((await readDataset(out)).rows.map(({ path }) => path)).toContain("car/again.png");
  });

  it.runIf(HAS_PERMISSIONS)(
    "are files without permission too (not for root, who may read all, and not on Windows)",
    async () => {
      const photos = folderWith(await carsAndBuses(3));
      chmodSync(join(photos, "car", "001.png"), 0);
      const ended = await silhouette(["prepare", photos, "--out", freshOut()]);
      expect(ended.code).toBe(0);
      expect(skipsIn(ended)).toEqual([["car/001.png", "FILE_UNREADABLE"]]);
      expect(ended.stderr).toContain("EACCES");
    },
  );

  it.skipIf(IS_WINDOWS)("cannot send escape codes or lines of their own by their names (not on Windows)", async () => {
    const photos = folderWith({ ...(await carsAndBuses(2)), "car/\u001B[31mred\nError: all is lost.png": "" });
    const ended = await silhouette(["prepare", photos, "--out", freshOut()]);
    expect(ended.code).toBe(0);
    expect(skipsIn(ended)).toHaveLength(1);
    expectReadable(ended);
    expect(ended.stderr).not.toMatch(/^Error:/m);
  });
});

describe.skipIf(IS_WINDOWS)("a full disk (a limit of the file size stands in for it; not on Windows)", () => {
  it.each([
    ["at the end", 10],
    ["half-way", 600],
  ])("%s: says so, and leaves only what was there", async (_, each) => {
    const photos = folderWith(await copiesOfCarAndBus(each));
    const out = freshOut();
    writeFileSync(out, "what was there");
    // In blocks of 512 or 1,024 bytes; a picture of 300 x 300 has 11,250 bytes.
    const limited = 'ulimit -f 64; exec "$0" "$@"';
    const ended = await run("sh", ["-c", limited, process.execPath, SILHOUETTE, "prepare", photos, "--out", out]);
    expect(ended).toMatchObject({ code: 4, signal: null, stdout: "" });
    expect(ended.stderr).toContain(
      `Error: Expected to write the dataset to ${out}, but the file would become larger than is allowed there ` +
        "[OUTPUT_UNWRITABLE]\nName a file in an existing folder with enough room. Nothing was left behind.\n",
    );
    expectReadable(ended);
    expectOnly(out);
    expect(readFileSync(out, "utf8")).toBe("what was there");
  });
});

describe.skipIf(IS_WINDOWS)("a stop half-way (by signals; not on Windows)", () => {
  /** Starts work of many seconds. */
  async function longWork(out: string, ...extra: string[]): Promise<Running> {
    const photos = folderWith(await copiesOfCarAndBus(100));
    return startSilhouette(["prepare", photos, "--out", out, "--size", "3000", ...extra]);
  }

  it.each([
    ["SIGINT", 130, "Stopped by Ctrl-C"],
    ["SIGTERM", 143, "Stopped by SIGTERM"],
    ["SIGHUP", 129, "Stopped by SIGHUP"],
  ] as const)("by %s ends with exit code %i and one clear line, and leaves nothing", async (signal, code, message) => {
    const out = freshOut();
    const { child, ended } = await longWork(out);
    await hasWritten(child.stderr, " of 200 pictures, ");
    child.kill(signal);
    const { stderr, ...how } = await ended;
    expect(how).toEqual({ code, signal: null, stdout: "" });
    const lines = linesOf(stderr).filter((line) => !/^\d+ of 200 pictures, |^200 pictures of /.test(line));
    expect(lines).toEqual([`Error: ${message} [${signal}]`, "Nothing was written."]);
    expectNothingAt(out);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s ends --json with an error event", async (signal, code) => {
    const out = freshOut();
    writeFileSync(out, "what was there");
    const { child, ended } = await longWork(out, "--json");
    await hasWritten(child.stdout, '"progress"');
    child.kill(signal);
    const { stdout, ...how } = await ended;
    expect(how).toMatchObject({ code, signal: null });
    const events = eventsOf(stdout);
    expect(events[0]).toMatchObject({ event: "start", total: 200 });
    expect(events.at(-1)).toMatchObject({ event: "error", code: signal, hint: "Nothing was written." });
    expectOnly(out);
    expect(readFileSync(out, "utf8")).toBe("what was there");
  });
});

it.skipIf(!existsSync("/dev/full"))(
  "a full disk under the summary is told in one line (where there is /dev/full)",
  async () => {
    const photos = folderWith(await carsAndBuses(2));
    const command = 'exec "$0" "$@" > /dev/full';
    const args = ["-c", command, process.execPath, SILHOUETTE, "prepare", photos, "--out", freshOut()];
    const ended = await run("sh", args);
    expect(ended).toMatchObject({ code: 4, signal: null });
    expectReadable(ended);
    expect(ended.stderr).toContain("Error: Expected to write to the standard output, but that failed (ENOSPC)\n");
  },
);

describe("a reader that has seen enough", () => {
  /** Starts the command and closes one of its outputs as soon as something came, as `head -1` does. */
  async function closedEarly(name: "stdout" | "stderr", args: readonly string[]): Promise<Ended> {
    const { child, ended } = startSilhouette(args);
    child[name].once("data", () => child[name].destroy());
    return ended;
  }

  it("of the events makes no crash", async () => {
    const photos = folderWith(await copiesOfCarAndBus(50));
    const ended = await closedEarly("stdout", ["prepare", photos, "--out", freshOut(), "--json"]);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
  });

  it("of the events finds no half of a dataset, hidden or not", async () => {
    const photos = folderWith(await copiesOfCarAndBus(50));
    const out = freshOut();
    await closedEarly("stdout", ["prepare", photos, "--out", out, "--json"]);
    await expectAllOrNothingAt(out, 100);
  });

  it("of the progress finds no half of a dataset, hidden or not, and no crash", async () => {
    const photos = folderWith(await copiesOfCarAndBus(50));
    const out = freshOut();
    const ended = await closedEarly("stderr", ["prepare", photos, "--out", out]);
    await expectAllOrNothingAt(out, 100);
    expect(ended).toMatchObject({ code: 0, signal: null });
  });

  it("of the summary leaves the dataset whole", async () => {
    const photos = folderWith(await copiesOfCarAndBus(5));
    const out = freshOut();
    const { child, ended } = startSilhouette(["prepare", photos, "--out", out]);
    child.stdout.destroy();
    const how = await ended;
    expect(how).toMatchObject({ code: 0, signal: null });
    expectReadable(how);
    expectOnly(out);
    expect((await readDataset(out)).rows).toHaveLength(10);
  });
});

/** A whole dataset of `rows` or none: to go on without telling and to stop are both right. */
async function expectAllOrNothingAt(out: string, rows: number): Promise<void> {
  const left = readdirSync(dirname(out));
  const found = left.includes(basename(out)) ? (await readDataset(out)).rows.length : 0;
  expect([0, rows]).toContain(found);
  expect(left.filter((name) => name !== basename(out))).toEqual([]);
}

/** Path and code of each skipped picture; the line has to say in words, too, what is wrong. */
function skipsIn({ stderr }: Ended): readonly (readonly [path: string, code: string])[] {
  return [...stderr.matchAll(/^Skipped (.+): it \w+ .+ \[([A-Z_]+)\]$/gm)].map(([, path = "", code = ""]) => [
    path,
    code,
  ]);
}

/** A PNG that promises pixels and has none of them. */
function pngOfSize(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8); // bits a channel
  header.writeUInt8(2, 9); // RGB
  return Buffer.concat([
    Buffer.from("\u0089PNG\r\n\u001A\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync("")),
  ]);
}

/** Length, type, content, and the CRC-32 of the latter two. */
function pngChunk(type: string, content: Uint8Array): Buffer {
  const checked = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const chunk = Buffer.alloc(checked.length + 8);
  chunk.writeUInt32BE(content.length, 0);
  checked.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(checked), chunk.length - 4);
  return chunk;
}
