// A picture set has the pictures of the dataset, pixel by pixel.

import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { BATCH_ROWS, FORMAT_VERSION, packedBytes, type DatasetDescription, type DatasetRow } from "./format.ts";
import { openDataset } from "../node/files/open-dataset.ts";
import { DatasetWriter } from "../node/files/dataset-writer.ts";
import { Generator } from "../values/generator.ts";
import { PictureSet } from "./picture-set.ts";
import { SPLITS, type Split } from "./split.ts";
import { emptyFolder } from "../testing/folders.ts";

const LABELS = ["car", "bus", "bike"] as const;

/** The pictures of `splits` among the rows 0, 1, ... that `row` returns. */
async function pictureSet(
  size: { readonly width: number; readonly height: number },
  rows: number,
  row: (index: number) => Partial<DatasetRow>,
  ...splits: readonly Split[]
): Promise<PictureSet> {
  const path = join(emptyFolder(), "data.arrow");
  const description: Omit<DatasetDescription, "rows"> = {
    formatVersion: FORMAT_VERSION,
    ...size,
    pixelFormat: "binary1",
    labels: LABELS,
    preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
    split: { from: "folders" },
  };
  const writer = await DatasetWriter.create(path, description);
  for (let index = 0; index < rows; index++) {
    await writer.write({
      path: `${index}.jpg`,
      label: LABELS[index % 3] ?? "",
      split: "train",
      sourceWidth: 1,
      sourceHeight: 1,
      threshold: 0,
      pixels: new Uint8Array(packedBytes(size)),
      thumbnail: new Uint8Array(),
      ...row(index),
    });
  }
  await writer.finish();
  const dataset = await openDataset(path);
  try {
    return await PictureSet.load(dataset, ...splits);
  } finally {
    await dataset.close();
  }
}

/** The expected pixels, computed one bit at a time. */
function bitOf(packed: Uint8Array, pixel: number): number {
  return ((packed[Math.floor(pixel / 8)] ?? 0) & (1 << (7 - (pixel % 8)))) === 0 ? 0 : 1;
}

describe("a picture set", () => {
  it("unpacks bit 7 first, without padding between rows", async () => {
    const pixels = Uint8Array.of(0b10110_010, 0b01_11000_1);
    const set = await pictureSet({ width: 5, height: 3 }, 1, () => ({ pixels }), "train");
    expect([...(await set.load([0])).pixels()]).toEqual([1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0]);
  });

  it.each([1, 3, 7, 8, 9, 13, 16, 31])("has every pixel of a dataset with pictures %d pixels wide", async (width) => {
    const size = { width, height: 5 };
    const generator = Generator.ofSeed(width);
    const packed = Array.from({ length: 4 }, () =>
      Uint8Array.from({ length: packedBytes(size) }, () => Math.floor(256 * generator.uniform())),
    );
    const set = await pictureSet(size, 4, (index) => ({ pixels: packed[index] ?? new Uint8Array() }), "train");
    const order = [2, 0, 0, 3];
    const expected = order.flatMap((index) =>
      Array.from({ length: 5 * width }, (_, pixel) => bitOf(packed[index] ?? new Uint8Array(), pixel)),
    );
    expect([...(await set.load(Int32Array.from(order))).pixels()]).toEqual(expected);
  });

  it("has one split across record batches, in the dataset's order", async () => {
    const rows = BATCH_ROWS + 5;
    const row = (index: number) => ({
      split: SPLITS[Math.floor(index / 2) % 3] ?? "train",
      pixels: Uint8Array.of(index % 256, 0),
    });
    const set = await pictureSet({ width: 5, height: 3 }, rows, row, "val");
    const expected = Array.from({ length: rows }, (_, index) => index).filter((index) => row(index).split === "val");
    const all = Array.from({ length: set.size }, (_, index) => index);
    expect(await set.paths(all)).toEqual(expected.map((index) => `${index}.jpg`));
    expect([...set.classes]).toEqual(expected.map((index) => index % 3));
    const bits = expected.flatMap((index) => Array.from({ length: 15 }, (_, at) => bitOf(row(index).pixels, at)));
    expect([...(await set.load(all)).pixels()]).toEqual(bits);
  });

  it("can have several splits, also in the dataset's order", async () => {
    const row = (index: number) => ({ split: SPLITS[index % 3] ?? "train" });
    const set = await pictureSet({ width: 4, height: 2 }, 7, row, "test", "train");
    const paths = await set.paths(Array.from({ length: set.size }, (_, index) => index));
    expect(paths).toEqual(["0.jpg", "2.jpg", "3.jpg", "5.jpg", "6.jpg"]);
  });

  it("counts the pictures of each class, including classes without pictures", async () => {
    const row = (index: number) => ({ label: index === 1 ? "car" : "bike" });
    expect((await pictureSet({ width: 4, height: 2 }, 4, row, "train")).counts).toEqual([1, 0, 3]);
  });

  it("has a fingerprint of its paths, labels, pixels and order, and nothing else", async () => {
    const size = { width: 4, height: 2 };
    const fingerprint = async (row: (index: number) => Partial<DatasetRow>) =>
      (await pictureSet(size, 2, row, "train")).fingerprint;
    const same = await fingerprint(() => ({}));
    expect(same).toMatch(/^[0-9a-f]{8}$/);
    expect(await fingerprint(() => ({ threshold: 9, sourceWidth: 9 }))).toBe(same);
    const others = await Promise.all([
      fingerprint((index) => (index === 1 ? { path: "x" } : {})),
      fingerprint((index) => (index === 1 ? { label: "bike" } : {})),
      fingerprint((index) => (index === 1 ? { pixels: Uint8Array.of(1) } : {})),
      fingerprint((index) => ({ path: `${1 - index}.jpg`, label: LABELS[1 - index] ?? "" })),
      fingerprint((index) => (index === 1 ? { split: "val" } : {})),
    ]);
    expect(new Set([same, ...others]).size).toBe(6);
  });

  it("has one-hot labels with a 1 at the index of the class", async () => {
    const set = await pictureSet({ width: 1, height: 1 }, 3, () => ({}), "train");
    expect(set.labels).toEqual(LABELS);
    expect([...(await set.load([2, 0])).oneHot()]).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it("can be empty, and returns no pictures for no indices", async () => {
    const set = await pictureSet({ width: 4, height: 2 }, 2, () => ({}), "test");
    expect([set.size, set.input.width, set.input.height]).toEqual([0, 4, 2]);
    const none = await set.load([]);
    expect([none.pixels().length, none.oneHot().length]).toEqual([0, 0]);
  });

  it.each([-1, 2, 0.5, Number.NaN])("rejects picture %d of 2", async (index) => {
    const set = await pictureSet({ width: 4, height: 2 }, 2, () => ({}), "train");
    const rejection = expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error;
    await expect(set.load([0, index])).rejects.toThrow(rejection);
    await expect(set.paths([index])).rejects.toThrow(rejection);
    const loaded = await set.load([0, 1]);
    expect(() => loaded.at(index)).toThrow(rejection);
    expect(() => loaded.take([index])).toThrow(rejection);
  });
});
