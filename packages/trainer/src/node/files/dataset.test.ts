// Writer and reader together: datasets round-trip, and anything else is rejected.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { tableFromArrays, tableToIPC } from "apache-arrow";
import { describe, expect, it } from "vitest";

import { BATCH_ROWS, FORMAT_VERSION, type DatasetDescription, type DatasetRow } from "../../dataset/format.ts";
import { Dataset } from "../../dataset/reader.ts";
import { writeStriped } from "../../testing/striped-classes.ts";
import { openDataset } from "./open-dataset.ts";
import { DatasetWriter } from "./dataset-writer.ts";
import { TrainerError } from "../../values/errors.ts";
import { SPLITS, type Split } from "../../dataset/split.ts";
import { emptyFolder } from "../../testing/folders.ts";
import { arrayBufferBytes } from "../../testing/memory.ts";

const DESCRIPTION: Omit<DatasetDescription, "rows"> = {
  formatVersion: FORMAT_VERSION,
  width: 5,
  height: 3,
  pixelFormat: "binary1",
  labels: ["car", "bus", "オートバイ"],
  preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
  split: { from: "content", seed: 7, fractions: [0.8, 0.1, 0.1], drawn: ["train", "val", "test"] },
};

function row(index: number, bytes = 2): DatasetRow {
  return {
    path: `car/${index}.jpg`,
    label: DESCRIPTION.labels[index % 3] ?? "",
    split: SPLITS[index % 3] ?? "train",
    sourceWidth: 100 + index,
    sourceHeight: 70_000 + index,
    threshold: index % 256,
    pixels: new Uint8Array(bytes).fill(index % 251),
    thumbnail: new Uint8Array(index % 4).fill(index % 253),
  };
}

async function write(path: string, rows: number, description = DESCRIPTION): Promise<void> {
  const writer = await DatasetWriter.create(path, description);
  const bytes = Math.ceil((description.width * description.height) / 8);
  for (let index = 0; index < rows; index++) await writer.write(row(index, bytes));
  await writer.finish();
}

async function readAll(opening: Promise<Dataset>): Promise<{ description: DatasetDescription; rows: DatasetRow[] }> {
  const dataset = await opening;
  try {
    const rows: DatasetRow[] = [];
    for await (const each of dataset) {
      rows.push({ ...each, pixels: each.pixels.slice(), thumbnail: each.thumbnail.slice() });
    }
    return { description: dataset.description, rows };
  } finally {
    await dataset.close();
  }
}

describe("a dataset", () => {
  it.each([1, BATCH_ROWS - 1, BATCH_ROWS, BATCH_ROWS + 1, 3 * BATCH_ROWS])("of %i rows round-trips", async (count) => {
    const path = join(emptyFolder(), "data.arrow");
    await write(path, count);
    const { description, rows } = await readAll(openDataset(path));
    expect(description).toEqual({ ...DESCRIPTION, rows: count });
    expect(rows).toEqual(Array.from({ length: count }, (_, index) => row(index)));
  });

  it("has the same bytes each time", async () => {
    const folder = emptyFolder();
    await write(join(folder, "a.arrow"), 700);
    await write(join(folder, "b.arrow"), 700);
    expect(readFileSync(join(folder, "a.arrow")).equals(readFileSync(join(folder, "b.arrow")))).toBe(true);
  });

  it("supports reading several batches at once", async () => {
    const path = join(emptyFolder(), "data.arrow");
    await write(path, 4 * BATCH_ROWS);
    const dataset = await openDataset(path);
    const batches = await Promise.all([3, 0, 2, 1, 0].map((index) => dataset.readBatch(index)));
    await dataset.close();
    expect(batches.map(([first]) => first?.path)).toEqual([1536, 0, 1024, 512, 0].map((index) => `car/${index}.jpg`));
  });

  it("does not exist before it is finished, nor after it is discarded", async () => {
    const folder = emptyFolder();
    const path = join(folder, "data.arrow");
    const writer = await DatasetWriter.create(path, DESCRIPTION);
    for (let index = 0; index < BATCH_ROWS; index++) await writer.write(row(index));
    expect(existsSync(path)).toBe(false);
    await writer.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("does not change the existing file until the new one is complete", async () => {
    const path = join(emptyFolder(), "data.arrow");
    await write(path, 2);
    const writer = await DatasetWriter.create(path, DESCRIPTION);
    await writer.write(row(0));
    expect((await readAll(openDataset(path))).rows).toHaveLength(2);
    await writer.finish();
    expect((await readAll(openDataset(path))).rows).toHaveLength(1);
  });

  it("gets the splits that are known at its end, and does not exist if there is not one for each row", async () => {
    const folder = emptyFolder();
    const rows = Array.from({ length: BATCH_ROWS + 1 }, (_, index) => row(index));
    const splits = rows.map(({ split }): Split => (split === "train" ? "test" : "train"));
    const [path, other] = [join(folder, "data.arrow"), join(folder, "other.arrow")];
    for (const [file, known] of [
      [path, rows],
      [other, rows.map((each, index) => ({ ...each, split: splits[index] ?? "train" }))],
    ] as const) {
      const writer = await DatasetWriter.create(file, DESCRIPTION);
      for (const each of known) await writer.write(each);
      await writer.finish(file === path ? splits : undefined);
    }
    expect(readFileSync(path).equals(readFileSync(other))).toBe(true);

    const writer = await DatasetWriter.create(join(folder, "short.arrow"), DESCRIPTION);
    await writer.write(row(0));
    await expect(writer.finish([])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await writer.discard();
    expect(readdirSync(folder).toSorted()).toEqual(["data.arrow", "other.arrow"]);
  });

  it("is written in constant memory", async () => {
    const path = join(emptyFolder(), "data.arrow");
    const writer = await DatasetWriter.create(path, { ...DESCRIPTION, width: 300, height: 300 });
    const each = row(1, 11_250);
    const before = arrayBufferBytes();
    let largest = 0;
    for (let index = 0; index < 6_000; index++) {
      await writer.write(each);
      if (index % BATCH_ROWS === 0) largest = Math.max(largest, arrayBufferBytes() - before);
    }
    await writer.finish();
    expect(statSync(path).size).toBeGreaterThan(67_500_000);
    // A batch has 5.8 MB: one is being encoded, one is being written.
    expect(largest).toBeLessThan(20_000_000);
  });

  it.each([
    ["a name without .arrow", "INVALID_ARGUMENT", "data.png", "ends in .arrow"],
    ["a folder that does not exist", "OUTPUT_UNWRITABLE", "nothing/data.arrow", "its folder does not exist"],
  ])("rejects %s", async (_, code, name, message) => {
    await expect(DatasetWriter.create(join(emptyFolder(), name), DESCRIPTION)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
    );
  });

  it.each([
    ["a label", { label: "van" }],
    ["a split", { split: "dev" as "val" }],
    ["too few pixels", { pixels: new Uint8Array(1) }],
    ["too many pixels", { pixels: new Uint8Array(3) }],
  ])("rejects a row with %s that does not match its description", async (_, change) => {
    const writer = await DatasetWriter.create(join(emptyFolder(), "data.arrow"), DESCRIPTION);
    await expect(writer.write({ ...row(0), ...change })).rejects.toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    await writer.discard();
  });

  it.each<[string, object | undefined]>([
    ["nothing", undefined],
    ["a width of -1", { sourceWidth: -1 }],
    ["a height beyond 32 bits", { sourceHeight: 2 ** 32 }],
    ["a threshold of 256", { threshold: 256 }],
    ["no path", { path: 5 }],
    ["pixels in a list", { pixels: [1, 2] }],
    ["a thumbnail of more than 64 KiB", { thumbnail: new Uint8Array(65_537) }],
  ])("rejects a row with %s, which its columns cannot represent", async (_, change) => {
    const writer = await DatasetWriter.create(join(emptyFolder(), "data.arrow"), DESCRIPTION);
    const given = change && { ...row(0), ...change };
    await expect(writer.write(given as DatasetRow)).rejects.toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    await writer.discard();
  });

  it("rejects reading rows that do not exist, and reading after it is closed", async () => {
    const path = join(emptyFolder(), "data.arrow");
    await write(path, 3);
    const dataset = await openDataset(path);
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error;
    for (const index of [-1, 1, 0.5, Number.NaN]) await expect(dataset.readBatch(index)).rejects.toThrow(refused);
    await dataset.close();
    await expect(dataset.readBatch(0)).rejects.toThrow(refused);
  });

  it("must not be empty", async () => {
    const writer = await DatasetWriter.create(join(emptyFolder(), "data.arrow"), DESCRIPTION);
    await expect(writer.finish()).rejects.toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    await writer.discard();
  });
});

describe("a damaged dataset", () => {
  /** The outcome of reading a file of `content`: an error code, or the same rows as `expected`. */
  async function codeOf(path: string, content: Uint8Array, expected?: unknown): Promise<string> {
    writeFileSync(path, content);
    return outcomeOf(openDataset(path), expected);
  }

  /** The same of content in memory: thousands are read sooner than thousands of files are written. */
  async function codeOfBytes(content: Uint8Array<ArrayBuffer>, expected: unknown): Promise<string> {
    return outcomeOf(Dataset.open(content), expected);
  }

  async function outcomeOf(opening: Promise<Dataset>, expected: unknown): Promise<string> {
    try {
      const read = await readAll(opening);
      expect(read).toEqual(expected);
      return "same";
    } catch (error) {
      if (error instanceof TrainerError) return error.code;
      throw error;
    }
  }

  it("is rejected wherever a byte is flipped, unless the flip does not affect what is read", async () => {
    const path = join(emptyFolder(), "data.arrow");
    await write(path, 2);
    const intact = readFileSync(path);
    const expected = await readAll(openDataset(path));
    const codes: Record<string, number> = {};
    for (let offset = 0; offset < intact.length; offset++) {
      for (const mask of [1 << (offset % 8), 0xff]) {
        const flipped = Uint8Array.from(intact);
        flipped[offset] = (flipped[offset] ?? 0) ^ mask;
        const code = await codeOfBytes(flipped, expected);
        codes[code] = (codes[code] ?? 0) + 1;
      }
    }
    expect(Object.keys(codes).toSorted()).toEqual(["DATASET_DAMAGED", "NOT_A_DATASET", "same"]);
  });

  it("is rejected wherever it is truncated", async () => {
    const path = join(emptyFolder(), "data.arrow");
    await write(path, 3);
    const intact = readFileSync(path);
    for (let length = 0; length < intact.length; length += 7) {
      expect(await codeOf(path, intact.subarray(0, length))).toBe(length < 6 ? "NOT_A_DATASET" : "DATASET_DAMAGED");
    }
  });

  it("is rejected immediately, whatever offsets and lengths its footer declares", async () => {
    const path = join(emptyFolder(), "data.arrow");
    await write(path, 2);
    const intact = readFileSync(path);
    const expected = await readAll(openDataset(path));
    const codes = new Set<string>();
    const footer = intact.length - 10 - intact.readInt32LE(intact.length - 10);
    for (let offset = footer; offset < intact.length - 6; offset += 4) {
      for (const word of [-8, 8, 0x7fff_fff8]) {
        const forged = Uint8Array.from(intact);
        new DataView(forged.buffer).setInt32(offset, word, true);
        codes.add(await codeOfBytes(forged, expected));
      }
    }
    expect([...codes].toSorted()).toEqual(["DATASET_DAMAGED", "NOT_A_DATASET", "same"]);
  });

  it.each([
    ["labels that do not match its rows", '"bus"', '"bux"'],
    ["a label twice", '"bus"', '"car"'],
    ["an unknown pixel format", '"binary1"', '"binary9"'],
    ["a seed that is not a number", '"seed":7', '"seed":{'],
    ["no height", '"height":3', '"height":0'],
  ])("is rejected if its description has %s, with a valid checksum", async (_, before, after) => {
    const path = join(emptyFolder(), "data.arrow");
    await write(path, 3);
    const intact = readFileSync(path).toString("latin1");
    const [json = ""] = /\{"formatVersion".*?"rows":3\}/.exec(intact) ?? [];
    const forged = json.replace(before, after);
    const checksum = (text: string): string => crc32(Buffer.from(text, "latin1")).toString(16).padStart(8, "0");
    const content = intact.replaceAll(json, forged).replaceAll(checksum(json), checksum(forged));
    expect(content).not.toBe(intact);
    expect(await codeOf(path, Buffer.from(content, "latin1"))).toBe("DATASET_DAMAGED");
  });

  it.skipIf(process.platform === "win32")("is rejected if it is a pipe, which might never be written to", async () => {
    const path = join(emptyFolder(), "pipe.arrow");
    execFileSync("mkfifo", [path]);
    await expect(openDataset(path)).rejects.toThrow(expect.objectContaining({ code: "NOT_A_DATASET" }));
  });

  it("is rejected if it has another version, which the error names", async () => {
    const path = join(emptyFolder(), "data.arrow");
    await write(path, 3, { ...DESCRIPTION, formatVersion: 1 });
    await expect(openDataset(path)).rejects.toThrow(
      expect.objectContaining({ code: "DATASET_VERSION", message: expect.stringContaining("has version 1") as string }),
    );
  });

  it("is rejected if it is not a file, not an Arrow file, or written by another program", async () => {
    const folder = emptyFolder();
    await expect(openDataset(join(folder, "nothing.arrow"))).rejects.toThrow(
      expect.objectContaining({ code: "DATASET_NOT_FOUND" }),
    );
    await expect(openDataset(folder)).rejects.toThrow(expect.objectContaining({ code: "NOT_A_DATASET" }));
    const path = join(folder, "data.arrow");
    expect(await codeOf(path, Buffer.from("hello"))).toBe("NOT_A_DATASET");
    expect(await codeOf(path, new Uint8Array())).toBe("NOT_A_DATASET");
    expect(await codeOf(path, tableToIPC(tableFromArrays({ a: [1, 2] }), "file"))).toBe("NOT_A_DATASET");
  });

  it("is read from bytes, without a copy of them, and from a blob; anything else is rejected", async () => {
    const path = join(emptyFolder(), "small.arrow");
    await writeStriped(path, { labels: ["a", "b"], counts: { train: 2, val: 0, test: 0 } });
    const bytes = new Uint8Array(readFileSync(path));
    for (const content of [bytes, bytes.buffer, new Blob([bytes])]) expect((await Dataset.open(content)).rows).toBe(4);
    const dataset = await Dataset.open(bytes);
    bytes.fill(0);
    await expect(dataset.readBatch(0)).rejects.toMatchObject({ code: "DATASET_DAMAGED" });
    for (const content of [path, undefined, 5, [1, 2], {}]) {
      await expect(Dataset.open(content as unknown as Blob)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("Expected the bytes of a file") as string,
      });
    }
  });
});
