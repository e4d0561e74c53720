import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Picture } from "@silhouette/preprocess-wasm";
import { describe, expect, it } from "vitest";

import {
  chosenRecipe,
  Dataset,
  DatasetBuilder,
  issuesAmong,
  PREPARE_DEFAULTS,
  storedFor,
  type BuiltDataset,
  type DatasetRow,
  type StoredSize,
} from "../browser.ts";
import { decode } from "../node/photographs/decode.ts";
import { discover } from "../node/photographs/discover.ts";
import type { PrepareOptions } from "../node/photographs/preparation.ts";
import { prepare } from "../node/photographs/prepare.ts";
import { emptyFolder, folderWith, photographs, squarePng } from "../testing/folders.ts";
import { Generator } from "../values/generator.ts";
import type { DatasetPicture } from "./dataset-picture.ts";
import { MemoryPictureStore } from "./picture-store.ts";

const STORED: StoredSize = { width: 24, height: 16, pixelFormat: "gray8" };

const { split, seed } = PREPARE_DEFAULTS;

/** A gray picture of noise, unlike that of any other number. */
function noise(number: number): Picture {
  const generator = Generator.ofSeed(number);
  const data = Uint8Array.from({ length: 12 * 8 }, () => 256 * generator.uniform());
  return { data, width: 12, height: 8, channels: 1 };
}

async function bytesOf(built: BuiltDataset): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of built.bytes()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function rowsOf(built: BuiltDataset): Promise<DatasetRow[]> {
  const rows: DatasetRow[] = [];
  for await (const row of built.rows()) rows.push(row);
  return rows;
}

/** A builder with these pictures: their classes by path. */
async function builderWith(labels: Readonly<Record<string, string>>): Promise<DatasetBuilder> {
  const builder = await DatasetBuilder.of(STORED);
  for (const [index, [path, label]] of Object.entries(labels).entries())
    await builder.add({ path, label }, noise(index));
  return builder;
}

describe("DatasetBuilder", () => {
  it.each<[string, string, Partial<PrepareOptions>]>([
    ["gray", "", {}],
    ["black-and-white", "", { recipe: "article", split: [0.5, 0.25, 0.25], seed: 7, labels: ["bus", "car"] }],
    ["colored", "", { input: "rgb", thumbnails: false }],
    ["gray, with validation pictures of its own,", "valid/", {}],
  ])(
    "gives the bytes of prepare() for the same %s pictures, in whatever order they come",
    async (_, given, options) => {
      const files = await photographs(["car", "bus"], 8);
      const copy = files["car/002.png"] ?? Buffer.alloc(0);
      const all = { ...files, "car/copy.png": copy, "bus/broken.png": "no picture" };
      const folder = folderWith(
        given === ""
          ? all
          : {
              ...Object.fromEntries(Object.entries(all).map(([path, content]) => [`train/${path}`, content])),
              ...Object.fromEntries(
                Object.entries(await photographs(["car", "bus"], 3)).map(([path, content]) => [given + path, content]),
              ),
            },
      );
      const out = join(emptyFolder(), "data.arrow");
      const size = { width: 12, height: 8 };
      const summary = await prepare({ folder, out, size, ...options });

      const { recipe, input, thumbnails = true, labels } = options;
      const chosen = chosenRecipe({ ...(recipe && { name: recipe }), ...(input && { input }) }, "compact");
      const builder = await DatasetBuilder.of(storedFor(chosen, size), { thumbnails });
      const found = await discover(folder);
      for (const { path, file, label, split: own } of [...found.photographs].toReversed()) {
        const { picture } = await decode(file);
        if (picture === undefined) continue;
        await builder.add({ path, label, split: own }, picture);
      }
      const built = builder.build({ split, seed, ...options, ...(labels && { labels }) });
      expect((await bytesOf(built)).equals(readFileSync(out))).toBe(true);
      const { counts, duplicates, blank } = summary;
      expect(built).toMatchObject({ counts, duplicates, blank });
      expect(duplicates?.exact).toBeGreaterThan(0);
    },
  );

  it("reports what it made of a picture, and why another cannot be used", async () => {
    const builder = await DatasetBuilder.of(STORED);
    const made = await builder.add({ path: "a/1", label: "a" }, noise(1));
    expect(made).toMatchObject({ sourceWidth: 12, sourceHeight: 8, pixels: { length: 384 } });
    const wide = { data: new Uint8Array(17_000_000), width: 17_000_000, height: 1, channels: 1 } as const;
    expect(await builder.add({ path: "a/2", label: "a" }, wide)).toMatchObject({ code: "PICTURE_TOO_LARGE" });
    expect(builder.pictures).toEqual([{ path: "a/1", label: "a", split: undefined }]);
  });

  it.each(["binary1", "gray8", "rgb8"] as const)(
    "leaves the %s pixels of a picture as they are when it makes others",
    async (pixelFormat) => {
      const builder = await DatasetBuilder.of({ ...STORED, pixelFormat });
      const made = (await builder.add({ path: "a.png", label: "a" }, noise(1))) as DatasetPicture;
      const before = made.pixels.slice();
      await builder.add({ path: "b.png", label: "a" }, noise(2));
      expect(made.pixels).toEqual(before);
    },
  );

  it("builds the same dataset whether other pictures were added and removed meanwhile, or not", async () => {
    const builder = await builderWith({ "a/1": "a", "a/2": "a", "b/1": "b", "b/2": "b" });
    const expected = await bytesOf(builder.build({ split, seed }));
    // The first of two copies, and one beside them.
    await builder.add({ path: "a/0", label: "b" }, noise(1));
    await builder.add({ path: "c/1", label: "c" }, noise(9));
    const between = builder.build({ split, seed });
    expect(between).toMatchObject({
      description: { labels: ["a", "b", "c"] },
      duplicates: { exact: 1, acrossLabels: 1 },
    });
    await builder.remove("a/0");
    await builder.remove("c/1");
    expect((await bytesOf(builder.build({ split, seed }))).equals(expected)).toBe(true);
    await expect(rowsOf(between)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("renames and merges classes, without moving a picture to another split", async () => {
    const paths = Array.from({ length: 20 }, (_, index) => [`car/${index}`, "car"]);
    const builder = await builderWith({ ...Object.fromEntries(paths), "van/1": "van" });
    const before = builder.build({ split, seed }).pictures;
    builder.rename("car", "auto");
    const { pictures } = builder.build({ split, seed });
    const renamed = before.map((each) => ({ ...each, label: each.label === "car" ? "auto" : each.label }));
    expect(pictures).toEqual(renamed);
    builder.rename("van", "auto");
    expect(builder.build({ split, seed })).toMatchObject({ description: { labels: ["auto"] } });
    await expect(rowsOf(builder.build({ split, seed }))).resolves.toHaveLength(21);
  });

  it("draws the splits that no picture has, if only some pictures have one", async () => {
    const builder = await builderWith(
      Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`a/${index}`, "a"])),
    );
    await builder.add({ path: "own/1", label: "a", split: "test" }, noise(50));
    const { description, counts } = builder.build({ split: [0.6, 0.2, 0.2], seed });
    expect(description.split).toMatchObject({ from: "stratified", drawn: ["train", "val"] });
    expect(counts).toEqual({ train: [22], val: [8], test: [1] });
  });

  it("keeps classes without pictures if they are named, for issuesAmong() to report", async () => {
    const builder = await builderWith({ "a/1": "a", "b/1": "b" });
    const { description, pictures, counts } = builder.build({ split, seed, labels: ["b", "c", "a"] });
    expect(description.labels).toEqual(["b", "c", "a"]);
    expect(counts.train).toEqual([1, 0, 1]);
    expect(issuesAmong({ labels: description.labels, pictures, skips: [] })).toEqual([]);
    expect(() => builder.build({ split, seed, labels: ["b", "c"] })).toThrow(
      expect.objectContaining({ code: "LABELS_MISMATCH" }),
    );
  });

  it.each<[string, (builder: DatasetBuilder) => unknown]>([
    ["a path twice", (builder) => builder.add({ path: "a/1", label: "a" }, noise(2))],
    ["no path", (builder) => builder.add({ path: "", label: "a" }, noise(2))],
    ["another split", (builder) => builder.add({ path: "a/2", label: "a", split: "dev" as "val" }, noise(2))],
    ["too few pixels", (builder) => builder.add({ path: "a/2", label: "a" }, { ...noise(2), height: 9 })],
    [
      "a file for a picture",
      (builder) => builder.add({ path: "a/2", label: "a" }, Buffer.alloc(9) as unknown as Picture),
    ],
    ["the removal of another path", (builder) => builder.remove("a/2")],
    ["an empty name", async (builder) => builder.rename("a", "")],
    ["shares beyond 1", async (builder) => builder.build({ split: [0.8, 0.8, 0.1], seed: 0 })],
    ["a negative seed", async (builder) => builder.build({ split: [0.8, 0.1, 0.1], seed: -1 })],
    ["odd sides", () => DatasetBuilder.of({ ...STORED, width: 23 })],
    ["a store that is none", () => DatasetBuilder.of(STORED, { store: {} as unknown as MemoryPictureStore })],
    ["an unknown option", () => DatasetBuilder.of(STORED, { thumbnail: true } as object)],
    ["an unknown format", () => DatasetBuilder.of({ ...STORED, pixelFormat: "gray9" as "gray8" })],
  ])("rejects %s, and stays as it was", async (_, misuse) => {
    const builder = await builderWith({ "a/1": "a" });
    const before = await bytesOf(builder.build({ split, seed }));
    await expect(misuse(builder)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect((await bytesOf(builder.build({ split, seed }))).equals(before)).toBe(true);
  });

  it("forgets a picture that its store cannot keep", async () => {
    const store = new MemoryPictureStore();
    const full = new Error("full");
    store.keep = () => Promise.reject(full);
    const builder = await DatasetBuilder.of(STORED, { store });
    await expect(builder.add({ path: "a/1", label: "a" }, noise(1))).rejects.toBe(full);
    expect(builder.pictures).toEqual([]);
    await expect(bytesOf(builder.build({ split, seed }))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("keeps another picture that took the path of one that its store cannot keep", async () => {
    const store = new MemoryPictureStore();
    const builder = await DatasetBuilder.of(STORED, { store });
    let refuse: (error: Error) => void = () => {};
    const keep = store.keep.bind(store);
    store.keep = () => new Promise((_, reject) => (refuse = reject));
    const first = builder.add({ path: "a/1", label: "a" }, noise(1));
    store.keep = keep;
    await builder.remove("a/1");
    await builder.add({ path: "a/1", label: "b" }, noise(2));
    refuse(new Error("full"));
    await expect(first).rejects.toThrow("full");
    expect(builder.pictures).toMatchObject([{ path: "a/1", label: "b" }]);
  });

  it("is not built from a store that has lost a picture", async () => {
    const store = new MemoryPictureStore();
    const builder = await DatasetBuilder.of(STORED, { store });
    for (const [index, path] of ["a/1", "a/2"].entries()) await builder.add({ path, label: "a" }, noise(index));
    const read = store.read.bind(store);
    store.read = (keys) => read(keys.slice(0, 1));
    const built = builder.build({ split, seed });
    await expect(bytesOf(built)).rejects.toThrow("2 pictures from the store, but it gave 1");
  });

  it("gives a dataset that can be opened", async () => {
    const builder = await DatasetBuilder.of(STORED, { thumbnails: true });
    const { picture = noise(0) } = await decode(await squarePng(3));
    const made = (await builder.add({ path: "a/1", label: "a", split: "test" }, picture)) as DatasetPicture;
    expect(made.thumbnail.length).toBeGreaterThan(600);
    const dataset = await Dataset.open(await bytesOf(builder.build({ split, seed })));
    expect(await dataset.readBatch(0)).toMatchObject([{ path: "a/1", split: "test", thumbnail: made.thumbnail }]);
  });
});
