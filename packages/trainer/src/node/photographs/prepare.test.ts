import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { init, Preprocessor } from "@silhouette/preprocess-wasm";
import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { openDataset } from "../files/open-dataset.ts";
import { decode } from "./decode.ts";
import type { DatasetRow } from "../../dataset/format.ts";
import type { Skip } from "../../dataset/skip.ts";
import { Generator } from "../../values/generator.ts";
import { prepare } from "./prepare.ts";
import type { PrepareEvent } from "./prepare-events.ts";
import { emptyFolder, folderWith, photographs, squarePng } from "../../testing/folders.ts";

const SIZE = { width: 30, height: 20 };

/** All rows of the dataset `path`. */
async function rowsOf(path: string): Promise<readonly DatasetRow[]> {
  const dataset = await openDataset(path);
  const rows: DatasetRow[] = [];
  for await (const row of dataset) rows.push(row);
  await dataset.close();
  return rows;
}

/** A PNG of noise, unlike any other. */
async function noisePng(seed: number): Promise<Buffer> {
  const generator = Generator.ofSeed(seed);
  const cells = Uint8Array.from({ length: 24 * 18 }, () => 256 * generator.uniform());
  return sharp(cells, { raw: { width: 24, height: 18, channels: 1 } })
    .resize(240, 180)
    .png()
    .toBuffer();
}

describe("prepare", () => {
  it("writes each photograph as binarized by the preprocessor, sorted by path", async () => {
    const folder = folderWith(await photographs(["car", "bus"], 4));
    const out = join(emptyFolder(), "data.arrow");
    const summary = await prepare({ folder, out, recipe: "article", size: SIZE, labels: ["car", "bus"] });
    expect(summary.rows).toBe(8);

    const dataset = await openDataset(out);
    const rows = await dataset.readBatch(0);
    await dataset.close();
    expect(dataset.description).toMatchObject({ ...SIZE, labels: ["car", "bus"], rows: 8, pixelFormat: "binary1" });
    expect(rows.map(({ path }) => path)).toEqual(rows.map(({ path }) => path).toSorted());
    await init();
    const preprocessor = new Preprocessor(SIZE);
    for (const row of rows) {
      const { picture } = await decode(join(folder, row.path));
      const pixels = new Uint8Array(preprocessor.packedBytes);
      const threshold = picture && preprocessor.binarize(picture, pixels);
      expect(row).toMatchObject({
        label: row.path.split("/")[0],
        sourceWidth: 48,
        sourceHeight: 36,
        threshold,
        pixels,
      });
    }
  });

  it("keeps a thumbnail of each photograph: upright, on white, at most 160 pixels wide and high, in color", async () => {
    const drawn = (width: number, height: number, background: string) =>
      sharp({ create: { width, height, channels: 4, background } });
    const turned = await drawn(400, 100, "#c00000").jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const folder = folderWith({
      "a/clear.png": await drawn(300, 600, "#00000000").png().toBuffer(),
      "a/large.jpg": await drawn(800, 600, "#0000ff").jpeg().toBuffer(),
      "b/gray.png": await noisePng(1),
      "b/small.png": await drawn(20, 10, "#00ff00").png().toBuffer(),
      "b/turned.jpg": turned,
      "b/wide.png": await drawn(5000, 1, "#00ff00").png().toBuffer(),
    });
    const out = join(emptyFolder(), "data.arrow");
    await prepare({ folder, out, size: SIZE });
    const rows = await rowsOf(out);
    const thumbnails = await Promise.all(
      rows.map(async ({ path, thumbnail }) => {
        const { format, width, height, space } = await sharp(thumbnail).metadata();
        const { channels } = await sharp(thumbnail).stats();
        return [path, format, width, height, space, channels.map(({ mean }) => Math.round(mean / 50))];
      }),
    );
    expect(thumbnails).toEqual([
      ["a/clear.png", "jpeg", 80, 160, "srgb", [5, 5, 5]],
      ["a/large.jpg", "jpeg", 160, 120, "srgb", [0, 0, 5]],
      ["b/gray.png", "jpeg", 160, 120, "srgb", [3, 3, 3]],
      ["b/small.png", "jpeg", 20, 10, "srgb", [0, 5, 0]],
      ["b/turned.jpg", "jpeg", 40, 160, "srgb", [4, 0, 0]],
      ["b/wide.png", "jpeg", 160, 1, "srgb", [0, 5, 0]],
    ]);
  });

  it("keeps no thumbnails without them, and everything else as with them", async () => {
    const folder = folderWith(await photographs(["car", "bus"], 4));
    const [shown, bare] = [join(emptyFolder(), "shown.arrow"), join(emptyFolder(), "bare.arrow")];
    await prepare({ folder, out: shown, size: SIZE });
    await prepare({ folder, out: bare, size: SIZE, thumbnails: false });
    const [one, other] = [await rowsOf(shown), await rowsOf(bare)];
    expect(one.every(({ thumbnail }) => thumbnail.length > 300)).toBe(true);
    expect(other).toEqual(one.map((row) => ({ ...row, thumbnail: new Uint8Array() })));
  });

  it("writes the same bytes whatever the concurrency", async () => {
    const folder = folderWith(await photographs(["a", "b", "c"], 12));
    const out = emptyFolder();
    const [first, ...others] = await Promise.all(
      [1, 2, 7, 40].map(async (concurrency) => {
        const file = join(out, `${concurrency}.arrow`);
        await prepare({ folder, out: file, size: SIZE, concurrency });
        return readFileSync(file);
      }),
    );
    for (const other of others) expect(first?.equals(other)).toBe(true);
  });

  it.runIf(process.platform !== "win32")("keeps rows whose split is not known yet in an unnamed file", async () => {
    const folder = folderWith(await photographs(["a", "b"], 5));
    const out = emptyFolder();
    const names: string[][] = [];
    await prepare({
      folder,
      out: join(out, "data.arrow"),
      size: SIZE,
      onEvent: ({ type }) => {
        if (type === "progress") names.push(readdirSync(out).filter((name) => name.endsWith(".partial")));
      },
    });
    expect(names).toHaveLength(10);
    for (const each of names) expect(each).toHaveLength(1);
  });

  it("treats undefined options as omitted", async () => {
    const folder = folderWith(await photographs(["car", "bus"], 3));
    const outs = ["left.arrow", "undefined.arrow"].map((name) => join(emptyFolder(), name));
    for (const [index, out] of outs.entries()) {
      const undefinedOnes = { labels: undefined, split: undefined, seed: undefined } as object;
      await prepare({ folder, out, size: SIZE, ...(index === 1 && undefinedOnes) });
    }
    const [left, given] = outs.map((out) => readFileSync(out));
    expect(given).toEqual(left);
  });

  it("splits differently with another seed", async () => {
    const folder = folderWith(await photographs(["a", "b"], 20));
    const out = join(emptyFolder(), "data.arrow");
    const splitsOf = async (seed: number) => {
      await prepare({ folder, out, size: SIZE, split: [0.5, 0.25, 0.25], seed });
      return (await rowsOf(out)).map(({ split }) => split);
    };
    expect(await splitsOf(1)).not.toEqual(await splitsOf(2));
    expect(await splitsOf(1)).toEqual(await splitsOf(1));
  });

  it("tests every class of three or more pictures, with the given fraction", async () => {
    const classes = Array.from({ length: 12 }, (_, place) => `class ${place}`);
    const files: Record<string, Uint8Array> = {};
    for (const [place, label] of classes.entries()) {
      for (let index = 0; index < 2 + place; index++)
        files[`${label}/${index}.png`] = await noisePng(100 * place + index);
    }
    const { counts, labels } = await prepare({
      folder: folderWith(files),
      out: join(emptyFolder(), "data.arrow"),
      size: SIZE,
    });
    for (const [index, label] of labels.entries()) {
      const pictures = 2 + classes.indexOf(label);
      expect(counts.test[index]).toBe(pictures === 2 ? 0 : Math.max(Math.round(0.1 * pictures), 1));
      expect(counts.val[index]).toBe(pictures === 2 ? 0 : Math.round(0.1 * pictures));
    }
  });

  it("keeps duplicates of a picture in any format and size in one split, and counts them", async () => {
    const files: Record<string, Uint8Array> = {};
    for (let index = 0; index < 20; index++) {
      const picture = await noisePng(index);
      const label = index < 10 ? "a" : "b";
      files[`${label}/${index}.png`] = picture;
      files[`${label}/${index} (1).png`] = picture;
      files[`${label}/small/${index}.jpg`] = await sharp(picture).resize(160, 120).jpeg({ quality: 60 }).toBuffer();
    }
    files["b/wrong.png"] = await noisePng(0);
    const out = join(emptyFolder(), "data.arrow");
    const events: PrepareEvent[] = [];
    const options = { folder: folderWith(files), out, split: [0.5, 0.25, 0.25] as const };
    const { duplicates } = await prepare({ ...options, onEvent: (event) => events.push(event) });
    expect(duplicates).toMatchObject({ exact: 21, near: 20, acrossLabels: 1, acrossSplits: 0 });
    expect(duplicates?.groups).toHaveLength(20);
    const reported = events.filter(({ type }) => type === "warnings");
    expect(reported).toMatchObject([
      {
        warnings: [
          { kind: "copies-across-labels", count: 1 },
          { kind: "copies", count: 19 },
        ],
      },
    ]);
    const splits = new Map((await rowsOf(out)).map(({ path, split }) => [path, split]));
    for (const group of duplicates?.groups ?? []) {
      expect(new Set(group.paths.map((path) => splits.get(path)))).toEqual(new Set(group.splits));
      expect(group.splits).toHaveLength(1);
    }
    expect(new Set(splits.values()).size).toBe(3);
  });

  it("counts duplicates across splits that are defined by folders", async () => {
    const [first, second, third] = [await noisePng(1), await noisePng(2), await noisePng(3)];
    const folder = folderWith({
      "train/a/1.png": first,
      "train/b/1.png": second,
      "test/a/1.png": first,
      "test/b/1.png": third,
    });
    const { duplicates, counts } = await prepare({ folder, out: join(emptyFolder(), "data.arrow"), size: SIZE });
    expect(duplicates).toMatchObject({
      exact: 1,
      acrossSplits: 1,
      groups: [{ paths: ["test/a/1.png", "train/a/1.png"], labels: ["a"], splits: ["train", "test"] }],
    });
    expect(counts).toEqual({ train: [1, 1], val: [0, 0], test: [1, 1] });
  });

  it("draws the test split from the training pictures if there is no test folder", async () => {
    const pictures = await photographs(["train/a", "train/b", "val/a", "val/b"], 20);
    const [folder, out] = [folderWith(pictures), join(emptyFolder(), "data.arrow")];
    const options = { folder, out, size: SIZE };
    expect((await prepare(options)).counts).toEqual({ train: [18, 18], val: [20, 20], test: [2, 2] });
    const half = await prepare({ ...options, split: [0.4, 0.2, 0.4], seed: 1 });
    expect(half.counts).toEqual({ train: [10, 10], val: [20, 20], test: [10, 10] });
    const dataset = await openDataset(out);
    await dataset.close();
    expect(dataset.description.split).toEqual({
      from: "stratified",
      seed: 1,
      fractions: [0.4, 0.2, 0.4],
      drawn: ["train", "test"],
    });
  });

  it("rejects a split or a seed if folders define the splits", async () => {
    const pictures = await photographs(["train/a", "train/b", "test/a"], 1);
    const [folder, out] = [folderWith(pictures), join(emptyFolder(), "data.arrow")];
    for (const options of [{ split: [0.8, 0.1, 0.1] as const }, { seed: 0 }]) {
      await expect(prepare({ folder, out, size: SIZE, ...options })).rejects.toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
    expect((await prepare({ folder, out, size: SIZE })).counts).toEqual({ train: [1, 1], val: [0, 0], test: [1, 0] });
  });

  it("skips unusable files, reports them, and continues", async () => {
    const folder = folderWith({ ...(await photographs(["a", "b"], 3)), "a/empty.jpg": "", "b/text.png": "hello" });
    const out = join(emptyFolder(), "data.arrow");
    const skips: Skip[] = [];
    const done: number[] = [];
    const summary = await prepare({
      folder,
      out,
      size: SIZE,
      onEvent: (event) => {
        if (event.type === "progress") done.push(event.done);
        if (event.type !== "skip") return;
        const { type: _type, ...skip } = event;
        skips.push(skip);
      },
    });
    expect(summary.rows).toBe(6);
    expect(skips.map(({ path, code }) => `${path} ${code}`)).toEqual([
      "a/empty.jpg EMPTY_FILE",
      "b/text.png NOT_A_PICTURE",
    ]);
    expect(summary.skips).toEqual(skips);
    expect(done).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("skips a picture that decodes but is too wide for the preprocessor", async () => {
    const wide = { width: 17_000_000, height: 1, channels: 3, background: "red" } as const;
    const png = await sharp({ create: wide, limitInputPixels: false }).png().toBuffer();
    const folder = folderWith({ ...(await photographs(["a", "b"], 1)), "a/wide.png": png });
    const { rows, skips } = await prepare({ folder, out: join(emptyFolder(), "data.arrow"), size: SIZE });
    expect(rows).toBe(2);
    expect(skips).toMatchObject([{ path: "a/wide.png", code: "PICTURE_TOO_LARGE" }]);
  });

  it("fails on the first unusable picture with strict, and leaves nothing behind", async () => {
    const folder = folderWith({ ...(await photographs(["a", "b"], 3)), "a/empty.jpg": "" });
    const out = emptyFolder();
    await expect(prepare({ folder, out: join(out, "data.arrow"), size: SIZE, strict: true })).rejects.toThrow(
      expect.objectContaining({
        code: "PICTURE_UNUSABLE",
        message: expect.stringContaining("a/empty.jpg is empty") as string,
      }),
    );
    expect(readdirSync(out)).toEqual([]);
  });

  it("rejects a class that has only unusable pictures, and leaves nothing behind", async () => {
    const folder = folderWith({ "a/1.png": await squarePng(5), "b/1.png": "hello" });
    const out = emptyFolder();
    await expect(prepare({ folder, out: join(out, "data.arrow"), size: SIZE })).rejects.toThrow(
      expect.objectContaining({ code: "EMPTY_CLASS", hint: expect.not.stringContaining("leave out") as string }),
    );
    await expect(prepare({ folder, out: join(out, "data.arrow"), size: SIZE, leaveOut: ["b/1.png"] })).rejects.toThrow(
      expect.objectContaining({ code: "EMPTY_CLASS", hint: expect.stringContaining("leave out fewer") as string }),
    );
    expect(readdirSync(out)).toEqual([]);
  });

  it("throws the signal's reason when it is aborted, and leaves nothing behind", async () => {
    const folder = folderWith(await photographs(["a", "b"], 10));
    const out = emptyFolder();
    const stop = new AbortController();
    const reason = new Error("enough");
    const onEvent = (event: PrepareEvent) => event.type === "progress" && event.done === 5 && stop.abort(reason);
    const stopped = prepare({ folder, out: join(out, "data.arrow"), size: SIZE, signal: stop.signal, onEvent });
    await expect(stopped).rejects.toBe(reason);
    expect(readdirSync(out)).toEqual([]);
  });

  it.each([
    [{ size: { width: 0, height: 5 } }],
    [{ size: { width: 5, height: 4097 } }],
    [{ seed: -1 }],
    [{ seed: 0.5 }],
    [{ split: [0.5, 0.5, 0.5] as const }],
    [{ concurrency: 0 }],
  ])("rejects %j before reading the folder", async (options) => {
    const out = join(emptyFolder(), "data.arrow");
    await expect(prepare({ folder: "nothing", out, ...options })).rejects.toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(existsSync(out)).toBe(false);
  });
});
