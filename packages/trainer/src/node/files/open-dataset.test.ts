import { copyFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import { manifestText, parseManifest, shardFile } from "../../dataset/manifest.ts";
import { emptyFolder, folderWith, photographs } from "../../testing/folders.ts";
import { prepare } from "../photographs/prepare.ts";
import { locatedSource, openDataset } from "./open-dataset.ts";

const SIZE = { width: 8, height: 6 };

/** The files of a dataset in shards, which is prepared once. */
let files: Readonly<Record<string, Uint8Array>> | undefined;
/** A folder with these files. */
let out: string;

beforeEach(async () => {
  files ??= await prepared();
  out = folderWith(files);
});

async function prepared(): Promise<Readonly<Record<string, Uint8Array>>> {
  const folder = folderWith(await photographs(["bus", "car"], 6));
  const made = join(emptyFolder(), "made");
  await prepare({ folder, out: made, shards: 4, size: SIZE, thumbnails: false });
  const names = ["dataset.json", ...[0, 1, 2, 3].map((index) => shardFile(index, 4))];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(made, name))]));
}

/** The paths of the rows of a dataset. */
async function pathsIn(path: string): Promise<readonly string[]> {
  const dataset = await openDataset(path);
  const paths: string[] = [];
  for await (const row of dataset) paths.push(row.path);
  expect(paths).toHaveLength(dataset.rows);
  await dataset.close();
  return paths;
}

function shard(index: number): string {
  return join(out, shardFile(index, 4));
}

const PATHS = ["bus", "car"].flatMap((label) => [0, 1, 2, 3, 4, 5].map((index) => `${label}/00${index}.png`));

describe("openDataset", () => {
  it("opens a folder of shards, its description, or a pattern as one dataset, in the order of the rows", async () => {
    expect(await pathsIn(out)).toEqual(PATHS);
    expect(await pathsIn(join(out, "dataset.json"))).toEqual(PATHS);
    expect(await pathsIn(join(out, "shards", "*.arrow"))).toEqual(PATHS);
  });

  it.each([
    ["*-of-00004.arrow", 0, 12],
    ["0000[12]-of-*.arrow", 3, 9],
    ["{00003-of-00004,00002-of-00004}.arrow", 6, 12],
    ["0000?-of-00004.arrow", 0, 12],
    ["00001-of-00004.arrow", 3, 6],
  ])("opens the shards that match %s", async (pattern, from, to) => {
    expect(await pathsIn(join(out, "shards", pattern))).toEqual(PATHS.slice(from, to));
  });

  it("opens a file whose name looks like a pattern, and matches parentheses as they are", async () => {
    const odd = join(out, "shards", "[a] (1).arrow");
    renameSync(shard(1), odd);
    expect(await pathsIn(odd)).toEqual(PATHS.slice(3, 6));
    expect(await pathsIn(join(out, "shards", "* (?).arrow"))).toEqual(PATHS.slice(3, 6));
  });

  it("opens more shards than are open at a time", async () => {
    const folder = folderWith(await photographs(["bus", "car"], 50));
    const many = join(emptyFolder(), "many");
    await prepare({ folder, out: many, shards: 100, size: SIZE, thumbnails: false });
    const dataset = await openDataset(join(many, "shards", "*.arrow"));
    const batches = await Promise.all(Array.from({ length: 100 }, (_, index) => dataset.readBatch(99 - index)));
    const pixels = await Promise.all(Array.from({ length: 100 }, async (_, index) => dataset.readPixels(index)));
    await dataset.close();
    expect(pixels).toEqual(batches.map(([row]) => row?.pixels).toReversed());
  });

  it.each<[string, () => void, string, RegExp]>([
    ["a shard that is missing", () => rmSync(shard(2)), "DATASET_NOT_FOUND", /00002-of-00004\.arrow.*ENOENT/],
    ["a shard that was cut", () => truncateSync(shard(2), 900), "DATASET_DAMAGED", /00002.*has 900 bytes instead of/],
    [
      "shards that were swapped",
      () => {
        renameSync(shard(1), join(out, "other"));
        renameSync(shard(2), shard(1));
        renameSync(join(out, "other"), shard(2));
      },
      "DATASET_DAMAGED",
      /00001-of-00004\.arrow, but its rows are not those of this shard/,
    ],
    [
      "a shard of another dataset",
      () => {
        const text = readFileSync(join(out, "dataset.json"), "utf8");
        const { description, shards } = parseManifest(text, "dataset.json");
        const others = shards.map((each, index) => (index === 3 ? { ...each, crc32: "00000000" } : each));
        writeFileSync(join(out, "dataset.json"), manifestText({ description, shards: others }));
      },
      "DATASET_DAMAGED",
      /00003-of-00004\.arrow.* instead of 00000000/,
    ],
    [
      "another description than its shards",
      () => {
        const text = readFileSync(join(out, "dataset.json"), "utf8");
        const { description, shards } = parseManifest(text, "dataset.json");
        writeFileSync(
          join(out, "dataset.json"),
          manifestText({ description: { ...description, labels: ["a", "b"] }, shards }),
        );
      },
      "DATASET_DAMAGED",
      /its shards have another description/,
    ],
    [
      "a description that was cut",
      () => truncateSync(join(out, "dataset.json"), 400),
      "DATASET_DAMAGED",
      /does not end/,
    ],
    ["a foreign dataset.json", () => writeFileSync(join(out, "dataset.json"), "{}\n"), "NOT_A_DATASET", /another file/],
  ])("refuses a folder with %s", async (_, damage, code, message) => {
    damage();
    await expect(openDataset(out)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it("refuses a shard whose pixels were changed once they are read", async () => {
    const bytes = readFileSync(shard(0));
    bytes.writeUInt8(bytes.readUInt8(1400) ^ 1, 1400);
    writeFileSync(shard(0), bytes);
    await expect(pathsIn(out)).rejects.toMatchObject({ code: "DATASET_DAMAGED" });
  });

  it("refuses a pattern that no file matches, and files that were prepared differently", async () => {
    const unmatched = openDataset(join(out, "shards", "*-of-00009.arrow"));
    await expect(unmatched).rejects.toMatchObject({
      code: "DATASET_NOT_FOUND",
      message: expect.stringMatching(/match .* none among the 4 files/) as string,
    });
    const missing = openDataset(join(out, "nowhere", "*.arrow"));
    await expect(missing).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
    const folder = folderWith(await photographs(["bus", "car"], 3));
    await prepare({ folder, out: join(out, "shards", "other.arrow"), size: SIZE });
    const mixed = openDataset(join(out, "shards", "*.arrow"));
    await expect(mixed).rejects.toMatchObject({ code: "DATASET_MISMATCH" });
  });

  it("refuses a pattern that finds the shards of two preparations, or a file and its copy", async () => {
    const folder = folderWith(await photographs(["bus", "car"], 3));
    const other = join(emptyFolder(), "other");
    await prepare({ folder, out: other, shards: 3, size: SIZE, thumbnails: false });
    const stray = join(out, "shards", "00002-of-00003.arrow");
    copyFileSync(join(other, "shards", "00002-of-00003.arrow"), stray);
    const pattern = join(out, "shards", "*.arrow");
    await expect(openDataset(pattern)).rejects.toMatchObject({
      code: "DATASET_MISMATCH",
      message: expect.stringMatching(
        / shards of several, such as 0000\d-of-00004.arrow and 00002-of-00003.arrow$/,
      ) as string,
    });
    expect(await pathsIn(join(out, "shards", "*-of-00004.arrow"))).toEqual(PATHS);
    expect(await pathsIn(out)).toEqual(PATHS);

    rmSync(stray);
    copyFileSync(shard(1), join(out, "shards", "00001-of-00004 (1).arrow"));
    await expect(openDataset(pattern)).rejects.toMatchObject({
      code: "DATASET_MISMATCH",
      message: expect.stringMatching(/00001-of-00004.arrow has the rows of .*00001-of-00004 \(1\).arrow$/) as string,
    });
    expect(await pathsIn(out)).toEqual(PATHS);
  });

  it("refuses a folder of photographs, and an incomplete preparation, with what to do", async () => {
    await expect(openDataset(emptyFolder())).rejects.toMatchObject({ code: "NOT_A_DATASET" });
    const folder = folderWith(await photographs(["bus", "car"], 6));
    const stopped = join(emptyFolder(), "stopped");
    const controller = new AbortController();
    const preparing = prepare({
      folder,
      out: stopped,
      shards: 4,
      size: SIZE,
      signal: controller.signal,
      onEvent: ({ type }) => type === "shard" && controller.abort(new Error("enough")),
    });
    await expect(preparing).rejects.toThrow("enough");
    const error = {
      code: "DATASET_INCOMPLETE",
      hint: expect.stringContaining(`prepare ${folder} --out ${stopped} --shards 4`) as string,
    };
    await expect(openDataset(stopped)).rejects.toMatchObject(error);
    await expect(locatedSource(stopped)).rejects.toMatchObject(error);
    // As by another program.
    writeFileSync(join(stopped, ".silhouette-preparation", "settings.json"), "{}");
    await expect(openDataset(stopped)).rejects.toMatchObject({ code: "DATASET_INCOMPLETE" });
  });
});

describe("locatedSource", () => {
  it("names the description of a folder of shards, and leaves everything else", async () => {
    expect(await locatedSource(out)).toBe(join(out, "dataset.json"));
    for (const each of ["photos", "photos.arrow", join(out, "shards", "*.arrow"), join(out, "dataset.json")]) {
      expect(await locatedSource(each)).toBe(each);
    }
  });
});
