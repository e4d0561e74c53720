// Copies are recognized by reading their originals again, which have to be as they were.

import { describe, expect, it } from "vitest";

import { encodeDataset } from "./encoder.ts";
import { FORMAT_VERSION, type DatasetDescription, type DatasetRow } from "./format.ts";
import { surveyPictures } from "./inspected-pictures.ts";
import { preprocessingOf } from "./preprocessing.ts";
import { Dataset } from "./reader.ts";
import { Generator } from "../values/generator.ts";

const DESCRIPTION: Omit<DatasetDescription, "rows"> = {
  formatVersion: FORMAT_VERSION,
  width: 32,
  height: 32,
  pixelFormat: "gray8",
  labels: ["a", "b"],
  preprocessing: preprocessingOf("gray8"),
  split: { from: "folders" },
};

/** Blocks of 8 x 8 pixels, each of its own gray. */
function drawn(seed: number): Uint8Array {
  const generator = Generator.ofSeed(seed);
  const blocks = Array.from({ length: 16 }, () => 10 + Math.floor(generator.uniform() * 230));
  return Uint8Array.from({ length: 1024 }, (_, at) => {
    const [x, y] = [at % 32, Math.floor(at / 32)];
    return blocks[4 * Math.floor(y / 8) + Math.floor(x / 8)] ?? 0;
  });
}

/** The bytes of a dataset of `pictures`, every third of which is labeled b. */
async function bytesOf(pictures: readonly Uint8Array[]): Promise<Uint8Array> {
  const rows = pictures.map((pixels, index): DatasetRow => ({
    path: `${index}.png`,
    label: index % 3 === 0 ? "b" : "a",
    split: index % 2 === 0 ? "train" : "test",
    sourceWidth: 64,
    sourceHeight: 64,
    threshold: 127,
    pixels,
    thumbnail: new Uint8Array(),
  }));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of encodeDataset(DESCRIPTION, rows)) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** 700 pictures, in two record batches, the last of which are copies of pictures from both. */
function withCopies(): readonly Uint8Array[] {
  const pictures = Array.from({ length: 696 }, (_, seed) => drawn(seed));
  const lighter = drawn(5).map((level) => level + 6);
  return [...pictures, drawn(600), lighter, drawn(5), drawn(100)];
}

describe("surveyPictures", () => {
  it("names copies and the pictures that they are copies of, in the order of the pictures", async () => {
    const dataset = await Dataset.open(await bytesOf(withCopies()));
    const { copies, size } = await surveyPictures(dataset);
    expect(size).toBe(700);
    expect(copies).toMatchObject([
      { path: "5.png", label: "a", split: "test", group: 5, kind: "first" },
      { path: "100.png", label: "a", split: "train", group: 100, kind: "first" },
      { path: "600.png", label: "b", split: "train", group: 600, kind: "first" },
      { path: "696.png", label: "b", split: "train", group: 600, kind: "exact" },
      { path: "697.png", label: "a", split: "test", group: 5, kind: "near" },
      { path: "698.png", label: "a", split: "train", group: 5, kind: "exact" },
      { path: "699.png", label: "b", split: "test", group: 100, kind: "exact" },
    ]);
  });

  it("refuses a picture that has changed since it was checked", async () => {
    const bytes = await bytesOf(withCopies());
    const original = drawn(600);
    const at = Buffer.from(bytes).indexOf(original);
    const change = (done: number): void => {
      if (done === 650) bytes[at] = (original[0] ?? 0) + 1;
    };
    await expect(surveyPictures(await Dataset.open(bytes), { onPicture: change })).rejects.toMatchObject({
      code: "DATASET_DAMAGED",
      message: expect.stringContaining("row 600 have changed") as string,
    });
  });
});
