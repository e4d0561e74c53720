// Faults are planted among drawn scenes, and all of them are found, and nothing else.

import { readdirSync } from "node:fs";
import { join } from "node:path";

import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";

import type { DataIssue } from "../dataset/issues.ts";
import { leftOutOf } from "../dataset/leave-out.ts";
import { emptyFolder, folderWith, writeFiles } from "../testing/folders.ts";
import { folderForAllTests } from "../testing/striped-classes.ts";
import { Generator } from "../values/generator.ts";
import { csvText } from "../values/csv-table.ts";
import { openDataset } from "./files/open-dataset.ts";
import { inspect, type InspectEvent } from "./inspect.ts";
import { prepare } from "./photographs/prepare.ts";

const folder = folderForAllTests();

/** A scene with as much detail as a photograph: soft shapes of all sizes. */
async function scene(seed: number): Promise<Buffer> {
  const generator = Generator.ofSeed(seed);
  const below = (limit: number): number => Math.floor(generator.uniform() * limit);
  const shapes = Array.from({ length: 40 }, (_, index) => {
    const size = index < 8 ? 40 + below(100) : 3 + below(20);
    const color = `rgb(${below(256)},${below(256)},${below(256)})`;
    return `<ellipse cx="${below(320)}" cy="${below(240)}" rx="${size}" ry="${3 + below(size)}" fill="${color}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240"><rect width="320" height="240" fill="#9ab"/>${shapes.join("")}</svg>`;
  return sharp(Buffer.from(svg)).flatten().png({ compressionLevel: 1 }).toBuffer();
}

async function plain(level: number, speck?: number): Promise<Buffer> {
  const background = { r: level, g: level, b: level };
  const wall = sharp({ create: { width: 320, height: 240, channels: 3, background } });
  if (speck === undefined) return wall.png().toBuffer();
  const dot = await sharp({ create: { width: speck, height: speck, channels: 3, background: "white" } })
    .png()
    .toBuffer();
  return wall
    .composite([{ input: dot, left: 70, top: 90 }])
    .png()
    .toBuffer();
}

const FILES: Record<string, Buffer> = {};
let photos: string;

beforeAll(async () => {
  let seed = 0;
  for (const split of ["train", "test"]) {
    for (const label of ["a", "b"]) {
      for (let index = 0; index < 10; index++) FILES[`${split}/${label}/${index}.png`] = await scene(seed++);
    }
  }
  const again = (path: string): Sharp => sharp(FILES[path]);
  FILES["test/a/small.jpg"] = await again("train/a/0.png").resize(200).jpeg({ quality: 60 }).toBuffer();
  FILES["train/b/large.webp"] = await again("train/a/1.png").resize(440).webp({ quality: 50 }).toBuffer();
  FILES["train/b/lighter.png"] = await again("train/b/2.png").linear(1.05, 4).png().toBuffer();
  FILES["test/b/mirrored.jpg"] = await again("test/b/3.png").flop().jpeg({ quality: 80 }).toBuffer();
  FILES["train/a/gray.png"] = await plain(128);
  FILES["train/a/speck.png"] = await plain(90, 9);
  FILES["train/b/noise.png"] = await noise();
  FILES["train/b/tiny.png"] = await sharp(await scene(900))
    .resize(40, 20)
    .png()
    .toBuffer();
  FILES["train/b/broken.jpg"] = Buffer.from("not a picture");
  photos = join(folder, "photos");
  writeFiles(photos, FILES);
});

async function noise(): Promise<Buffer> {
  const generator = Generator.ofSeed(1);
  const levels = Uint8Array.from({ length: 320 * 240 }, () => Math.floor(256 * generator.uniform()));
  return sharp(levels, { raw: { width: 320, height: 240, channels: 1 } })
    .png()
    .toBuffer();
}

/** Kind and paths of each issue. */
function briefly(issues: readonly DataIssue[]): readonly string[] {
  return issues.map(({ kind, pictures }) => `${kind}: ${pictures.map(({ path }) => path).join(" ")}`);
}

const COPIES = {
  labels: "copies-across-labels: train/a/1.png train/b/large.webp",
  splits: "copies-across-splits: test/a/small.jpg train/a/0.png",
  others: ["copies: test/b/3.png test/b/mirrored.jpg", "copies: train/b/2.png train/b/lighter.png"],
};
const SILHOUETTES = ["blank-silhouette: train/a/gray.png", "blank-silhouette: train/a/speck.png"];
const LOOKS = ["fragmented-silhouette: train/b/noise.png", "odd-size: train/b/tiny.png"];

describe("inspect", () => {
  it("finds all planted faults of a folder, the most serious first, and no others", async () => {
    const events: InspectEvent[] = [];
    const { issues, counts, pictures, labels, predicted, examples } = await inspect({
      source: photos,
      onEvent: (event) => events.push(event),
    });
    expect(briefly(issues)).toEqual([
      COPIES.labels,
      COPIES.splits,
      "unusable-file: train/b/broken.jpg",
      ...SILHOUETTES,
      ...COPIES.others,
      ...LOOKS,
    ]);
    expect({ pictures, labels, predicted }).toEqual({ pictures: 48, labels: ["a", "b"], predicted: null });
    expect(counts).toEqual({ train: [12, 14], val: [0, 0], test: [11, 11] });
    expect(examples.size).toBe(0);
    expect(events.filter(({ type }) => type === "issue")).toEqual(issues.map((issue) => ({ type: "issue", ...issue })));
    expect(events.map(({ type }) => type)).not.toContain("warnings");
    expect(events).toContainEqual({ type: "inspected", done: 48, total: 48 });
  });

  it("finds the same in a dataset file, apart from unusable files, and returns examples with silhouettes and thumbnails", async () => {
    const source = join(emptyFolder(), "photos.arrow");
    await prepare({ folder: photos, out: source });
    const { issues, examples, size } = await inspect({ source, examples: 1 });
    expect(briefly(issues)).toEqual([COPIES.labels, COPIES.splits, ...SILHOUETTES, ...COPIES.others, ...LOOKS]);
    expect([...examples.keys()].toSorted()).toEqual([
      "test/a/small.jpg",
      "test/b/3.png",
      "test/b/mirrored.jpg",
      "train/a/0.png",
      "train/a/1.png",
      "train/a/gray.png",
      "train/b/large.webp",
      "train/b/noise.png",
      "train/b/tiny.png",
    ]);
    expect(size).toEqual({ width: 192, height: 192 });
    expect(examples.get("train/a/gray.png")?.silhouette).toEqual(new Uint8Array((192 * 192) / 8).fill(255));
    const thumbnail = await sharp(examples.get("train/a/0.png")?.thumbnail ?? undefined).metadata();
    expect(thumbnail).toMatchObject({ format: "jpeg", width: 160, height: 120 });
    expect((await inspect({ source: photos, examples: 1 })).examples).toEqual(examples);
  });

  it("finds copies and blank silhouettes among black-and-white and colored pictures", async () => {
    for (const options of [{ recipe: "article", size: { width: 96, height: 96 } }, { input: "rgb" }] as const) {
      const source = join(emptyFolder(), "photos.arrow");
      await prepare({ folder: photos, out: source, ...options });
      expect(briefly((await inspect({ source })).issues)).toEqual(
        expect.arrayContaining([COPIES.splits, ...SILHOUETTES]),
      );
    }
  });

  it("finds labels that predictions contradict, and none that were corrected since", async () => {
    const rows = Object.keys(FILES).flatMap((path) => {
      const [, label = "", name = ""] = path.split("/");
      if (name === "broken.jpg") return [];
      // 4.png is sure to be of the other class, 5.png is doubtful, and 6.png was moved here from the other class.
      const own = name === "4.png" ? 0.02 : name === "5.png" ? 0.45 : 0.9;
      const actual = name === "6.png" ? other(label) : label;
      const probabilities = label === "a" ? [own, 1 - own] : [1 - own, own];
      return [["1", path, actual, label, ...probabilities.map(String)]];
    });
    const run = folderWith({
      "predictions.csv": csvText([["fold", "path", "actual", "predicted", "probability_a", "probability_b"], ...rows]),
    });
    const { issues, predicted } = await inspect({ source: photos, run });
    const wrong = issues.filter(({ kind }) => kind === "wrong-label");
    expect(briefly(wrong)).toEqual(
      ["train/a", "train/b", "test/a", "test/b"].map((place) => `wrong-label: ${place}/4.png`),
    );
    expect(wrong[0]).toMatchObject({
      severity: "error",
      note: "is labeled a, but predicted as b with probability 0.98",
      measure: { name: "margin", value: expect.closeTo(0.96, 9) as number },
    });
    expect(predicted).toBe(44);
  });

  it("lists files whose omission leaves nothing serious", async () => {
    const { issues } = await inspect({ source: photos });
    const leaveOut = leftOutOf(issues).map(({ path }) => path);
    const out = join(emptyFolder(), "photos.arrow");
    const { rows, skips, duplicates } = await prepare({ folder: photos, out, leaveOut });
    expect(rows).toBe(48 - leaveOut.length + 1);
    expect([skips, duplicates?.groups]).toEqual([[], []]);
    expect(briefly((await inspect({ source: out })).issues)).toEqual(LOOKS);
  });

  it("refuses runs without predictions, and predictions of other pictures, classes or kinds", async () => {
    const table = (text: string): string => folderWith({ "predictions.csv": text });
    const codeFor = async (run: string): Promise<unknown> =>
      inspect({ source: photos, run }).then(
        () => "none",
        (error: unknown) => (error as { readonly code?: string }).code,
      );
    expect(await codeFor(emptyFolder())).toBe("PREDICTIONS_NOT_FOUND");
    expect(await codeFor(table("x,y\n"))).toBe("PREDICTIONS_DAMAGED");
    expect(await codeFor(table("path,actual,predicted,probability_a,probability_b\ntrain/a/0.png,a,a,2,0\n"))).toBe(
      "PREDICTIONS_DAMAGED",
    );
    expect(await codeFor(table("path,actual,predicted,probability_a,probability_b\ntrain/a/0.png,a,a,,0\n"))).toBe(
      "PREDICTIONS_DAMAGED",
    );
    expect(await codeFor(table("path,actual,predicted,probability_a\ntrain/a/0.png,a,a,1\n"))).toBe("LABELS_MISMATCH");
    expect(await codeFor(table("path,actual,predicted,probability_a,probability_b\nq,a,a,1,0\n"))).toBe(
      "PREDICTIONS_MISMATCH",
    );
  });

  it("finds classes on opposite grounds, in photographs and black-and-white datasets", async () => {
    const files: Record<string, Buffer> = {};
    for (let index = 0; index < 40; index++) {
      const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="60" height="40" fill="#ddd"/><circle cx="${20 + index / 2}" cy="20" r="${6 + (index % 7)}"/></svg>`;
      const drawn = sharp(Buffer.from(drawing)).flatten();
      files[`${index < 20 ? "a" : "b"}/${index}.png`] = await (index < 20 ? drawn : drawn.negate()).png().toBuffer();
    }
    const folders = folderWith(files);
    const prepared = join(emptyFolder(), "article.arrow");
    await prepare({ folder: folders, out: prepared, recipe: "article" });
    for (const source of [folders, prepared]) {
      const { issues } = await inspect({ source });
      expect(issues.filter(({ kind }) => kind === "opposite-grounds")).toMatchObject([
        {
          severity: "warning",
          measure: { name: "difference", value: 1 },
          note: "a has a light ground in 100 % of its silhouettes, b in 0 %",
        },
      ]);
    }
  });

  it("refuses a mistaken run before any photograph is decoded", async () => {
    const types: string[] = [];
    const working = inspect({ source: photos, run: emptyFolder(), onEvent: ({ type }) => types.push(type) });
    await expect(working).rejects.toThrow(expect.objectContaining({ code: "PREDICTIONS_NOT_FOUND" }));
    expect(types).toEqual(["start"]);
  });

  it("refuses a run on other pictures of the same classes before any is decoded or measured", async () => {
    const run = folderWith({
      "predictions.csv":
        "path,actual,predicted,probability_a,probability_b\ntrain/a/0.jpg,a,a,1,0\ntrain/a/0.png,b,b,0,1\n",
    });
    const dataset = join(emptyFolder(), "photos.arrow");
    await prepare({ folder: photos, out: dataset });
    for (const [source, expected] of [
      [photos, ["start"]],
      [dataset, []],
    ] as const) {
      const types: string[] = [];
      const working = inspect({ source, run, onEvent: ({ type }) => types.push(type) });
      await expect(working).rejects.toThrow(
        expect.objectContaining({
          code: "PREDICTIONS_MISMATCH",
          message: `Expected predictions for pictures of ${source} in ${run}, but its 2 are for others, such as train/a/0.jpg`,
        }),
      );
      expect(types).toEqual(expected);
    }
  });

  it("says of a folder without usable pictures that there are none, where they were looked for", async () => {
    const unusable = folderWith({ "a/1.png": "hello", "b/1.png": "hello" });
    await expect(inspect({ source: unusable })).rejects.toThrow(
      expect.objectContaining({
        code: "EMPTY_CLASS",
        message: `Expected usable pictures in ${unusable}, but all pictures of a, b were skipped or left out`,
      }),
    );
    const none = folderWith({ "a/notes.txt": "", "b/notes.txt": "" });
    await expect(inspect({ source: none })).rejects.toThrow(
      expect.objectContaining({
        code: "EMPTY_CLASS",
        message: expect.stringContaining(`folders of ${none}`) as string,
      }),
    );
  });

  it("stops with the signal's reason, and leaves nothing in the folder for temporary files", async () => {
    const reason = new Error("enough");
    await expect(inspect({ source: photos, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

function other(label: string): string {
  return label === "a" ? "b" : "a";
}

describe("files that are left out", () => {
  it("are skipped by a dataset without them", async () => {
    const source = join(emptyFolder(), "photos.arrow");
    await prepare({ folder: photos, out: source });
    const opened = await openDataset(source);
    const paths: string[] = [];
    for await (const { path } of opened.without(new Set(["train/a/gray.png"]))) paths.push(path);
    await opened.close();
    expect(paths).toHaveLength(47);
    expect(paths).not.toContain("train/a/gray.png");
  });

  it("are an error if none of them is in the folder, before anything is written", async () => {
    const to = emptyFolder();
    const working = prepare({ folder: photos, out: join(to, "x.arrow"), leaveOut: ["train/a/O.png"] });
    await expect(working).rejects.toMatchObject({
      code: "LEAVE_OUT_MISMATCH",
      message: expect.stringContaining("did you mean train/a/0.png?") as string,
    });
    expect(readdirSync(to)).toEqual([]);
  });
});
