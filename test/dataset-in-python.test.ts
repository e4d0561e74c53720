// A dataset outside of JavaScript: Python reads it with pyarrow, with the same result as Node.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import type { DatasetRow } from "@silhouette/trainer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readDataset, type WholeDataset } from "./datasets.ts";
import { newFolder, spottedPhotographOf, removeFolder, writeFiles, type Files } from "./pictures.ts";
import { outputOf, REPOSITORY } from "./programs.ts";
import { SILHOUETTE } from "./silhouette.ts";

/** A Python with pyarrow; set by `npm test`. */
const PYTHON = process.env["SILHOUETTE_PYTHON"];

const READER = join(REPOSITORY, "test", "read_dataset.py");

/** More than one record batch, the last of which is not full. */
const PHOTOGRAPHS_OF_EACH = 270;

/** A row without its pixels. */
type Facts = Omit<DatasetRow, "pixels" | "thumbnail">;

/** The output of read_dataset.py. */
interface Reading {
  readonly columns: readonly (readonly [name: string, type: string, nullable: boolean])[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly rows: readonly (Facts & {
    readonly crc32: number;
    readonly recomputedCrc32: number;
    readonly sha256OfMask: string;
    readonly sha256OfThumbnail: string;
  })[];
}

describe.skipIf(!PYTHON)("a dataset in Python (where SILHOUETTE_PYTHON names one that has pyarrow)", () => {
  let folder: string;
  let inPython: Reading;
  let inNode: WholeDataset;

  beforeAll(async () => {
    folder = newFolder();
    writeFiles(join(folder, "photos"), await photographs());
    const args = [
      "prepare",
      "photos",
      "--out",
      "data.arrow",
      "--recipe",
      "article",
      "--size",
      "13x11",
      "--labels",
      "car,автобус",
    ];
    await outputOf(process.execPath, [SILHOUETTE, ...args], { cwd: folder });
    const out = join(folder, "data.arrow");
    inNode = await readDataset(out);
    inPython = JSON.parse(await outputOf(PYTHON ?? "", [READER, out])) as Reading;
  });

  afterAll(() => removeFolder(folder));

  it("has the columns and types that are documented", () => {
    expect(inPython.columns).toEqual([
      ["path", "string", false],
      ["label", "dictionary<values=string, indices=int32, ordered=0>", false],
      ["split", "dictionary<values=string, indices=int32, ordered=0>", false],
      ["sourceWidth", "uint32", false],
      ["sourceHeight", "uint32", false],
      ["threshold", "uint8", false],
      ["crc32", "uint32", false],
      ["pixels", "fixed_size_binary[18]", false],
      ["thumbnail", "binary", false],
    ]);
  });

  it("describes itself in JSON, with a checksum, in its metadata", () => {
    const text = inPython.metadata["silhouette"] ?? "";
    expect(JSON.parse(text)).toEqual({
      formatVersion: 3,
      width: 13,
      height: 11,
      pixelFormat: "binary1",
      labels: ["car", "автобус"],
      rows: 2 * PHOTOGRAPHS_OF_EACH,
      preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
      split: { from: "stratified", seed: 0, fractions: [0.8, 0.1, 0.1], drawn: ["train", "val", "test"] },
    });
    expect(JSON.parse(text)).toEqual(inNode.description);
    expect(inPython.metadata["silhouette.crc32"]).toBe(crc32(text).toString(16).padStart(8, "0"));
  });

  it("has the checksum that Python computes in every row", () => {
    expect(inPython.rows).toHaveLength(2 * PHOTOGRAPHS_OF_EACH);
    expect(inPython.rows.map((row) => row.crc32)).toEqual(inPython.rows.map((row) => row.recomputedCrc32));
  });

  it("has the same strings and numbers in Python and in Node", () => {
    const facts = ({ path, label, split, sourceWidth, sourceHeight, threshold }: Facts): Facts => ({
      path,
      label,
      split,
      sourceWidth,
      sourceHeight,
      threshold,
    });
    expect(inPython.rows.map(facts)).toEqual(inNode.rows.map(facts));
    expect(new Set(inPython.rows.map(({ label }) => label))).toEqual(new Set(["car", "автобус"]));
    expect(new Set(inPython.rows.map(({ split }) => split))).toEqual(new Set(["train", "val", "test"]));
  });

  it("has the same pixels and thumbnails in Python and in Node", () => {
    const hashes = inPython.rows.map(({ sha256OfMask }) => sha256OfMask);
    expect(hashes).toEqual(inNode.rows.map(({ mask }) => createHash("sha256").update(mask).digest("hex")));
    const thumbnails = inPython.rows.map(({ sha256OfThumbnail }) => sha256OfThumbnail);
    expect(thumbnails).toEqual(
      inNode.rows.map(({ thumbnail }) => createHash("sha256").update(thumbnail).digest("hex")),
    );
    // If all pictures were equal, rows in the wrong order would go unnoticed.
    expect(new Set(hashes).size).toBeGreaterThan(1);
  });
});

/** Cars and buses, with non-ASCII names. */
async function photographs(): Promise<Files> {
  const files: Record<string, Uint8Array> = {};
  for (let index = 0; index < PHOTOGRAPHS_OF_EACH; index++) {
    files[`car/${index}.png`] = await spottedPhotographOf("car", index);
    files[`автобус/фото ${index}.png`] = await spottedPhotographOf("bus", index);
  }
  return files;
}
