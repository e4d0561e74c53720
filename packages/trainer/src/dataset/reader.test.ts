// A dataset of several files has the rows of all of them, and single pictures are found without reading the others.

import { describe, expect, it } from "vitest";

import { bytesOf, type ByteSource } from "./byte-source.ts";
import { encodeDataset } from "./encoder.ts";
import { BATCH_ROWS, FORMAT_VERSION, type DatasetDescription, type DatasetRow } from "./format.ts";
import { preprocessingOf } from "./preprocessing.ts";
import { Dataset } from "./reader.ts";

const DESCRIPTION: Omit<DatasetDescription, "rows"> = {
  formatVersion: FORMAT_VERSION,
  width: 4,
  height: 2,
  pixelFormat: "gray8",
  labels: ["a", "b"],
  preprocessing: preprocessingOf("gray8"),
  split: { from: "folders" },
};

const ROWS = Array.from({ length: 2 * BATCH_ROWS + 9 }, (_, index): DatasetRow => ({
  path: `${"x".repeat(index % 5)}/写真-${index}.png`,
  label: index % 3 === 0 ? "a" : "b",
  split: "train",
  sourceWidth: 8,
  sourceHeight: 4,
  threshold: index % 256,
  pixels: Uint8Array.from({ length: 8 }, (_unused, at) => (index * 7 + at) % 256),
  thumbnail: new Uint8Array(index % 3),
}));

async function encoded(rows: readonly DatasetRow[], description = DESCRIPTION): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of encodeDataset(description, rows)) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** A source that counts its bytes read and knows whether it is closed. */
class WatchedSource implements ByteSource {
  readonly #content: ByteSource;
  bytesRead = 0;
  closed = 0;

  constructor(content: Uint8Array) {
    this.#content = bytesOf(content);
  }

  get size(): number {
    return this.#content.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.bytesRead += length;
    return this.#content.read(offset, length);
  }

  async close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

/** Sources of files with the rows between `ends`. */
async function shards(...ends: readonly number[]) {
  return Promise.all(
    ends.map(async (end, index) => {
      const content = await encoded(ROWS.slice(ends[index - 1] ?? 0, end));
      return { path: `${index}.arrow`, source: new WatchedSource(content) };
    }),
  );
}

/** Where `part` begins in `whole`. */
function placeOf(whole: Uint8Array, part: Uint8Array): number {
  return whole.findIndex((_, index) => part.every((byte, place) => byte === whole[index + place]));
}

async function rowsOf(dataset: Dataset): Promise<readonly DatasetRow[]> {
  const rows: DatasetRow[] = [];
  for await (const row of dataset) rows.push(row);
  return rows;
}

describe("a dataset of several files", () => {
  it.each([
    [[ROWS.length]],
    [[1, ROWS.length]],
    [[BATCH_ROWS, 2 * BATCH_ROWS, ROWS.length]],
    [[3, 4, 600, 1000, ROWS.length]],
  ])("that end at rows %j has all rows in order", async (ends) => {
    const parts = await shards(...ends);
    const dataset = await Dataset.fromShards(parts, "photos");
    expect(dataset.description).toEqual({ ...DESCRIPTION, rows: ROWS.length });
    expect(await rowsOf(dataset)).toEqual(ROWS);
    for (const number of [0, 3, 4, BATCH_ROWS - 1, BATCH_ROWS, 700, ROWS.length - 1]) {
      expect(await dataset.readPixels(number)).toEqual(ROWS[number]?.pixels);
      expect(await dataset.readPath(number)).toBe(ROWS[number]?.path);
    }
    await dataset.close();
    expect(parts.map(({ source }) => source.closed)).toEqual(ends.map(() => 1));
    for (const number of [0, -1, 0.5, ROWS.length]) {
      await expect(dataset.readPixels(number)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });

  it("is refused, and its files are closed, if they were prepared differently", async () => {
    const other = await encoded(ROWS.slice(0, 5), { ...DESCRIPTION, labels: ["b", "a"] });
    const parts = [...(await shards(5)), { path: "other.arrow", source: new WatchedSource(other) }];
    await expect(Dataset.fromShards(parts, "photos")).rejects.toMatchObject({
      code: "DATASET_MISMATCH",
      message: 'Expected files of one dataset, but 0.arrow has the labels ["a","b"], and other.arrow ["b","a"]',
    });
    expect(parts.map(({ source }) => source.closed)).toEqual([1, 1]);
  });

  it("names the file that is damaged", async () => {
    const damaged = await encoded(ROWS.slice(5, 10));
    const at = placeOf(damaged, ROWS[7]?.pixels ?? new Uint8Array());
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    const parts = [...(await shards(5)), { path: "other.arrow", source: new WatchedSource(damaged) }];
    const dataset = await Dataset.fromShards(parts, "photos");
    const message =
      "Expected an intact dataset at other.arrow, but record batch 0 cannot be read: the checksum of row 2 (xx/写真-7.png) does not match";
    await expect(rowsOf(dataset)).rejects.toMatchObject({ code: "DATASET_DAMAGED", message });
  });
});

describe("single pictures of a dataset", () => {
  it("are read without the others", async () => {
    const [part] = await shards(ROWS.length);
    if (part === undefined) throw new RangeError("Expected a shard");
    const dataset = await Dataset.fromShards([part], part.path);
    await dataset.readPixels(1000);
    part.source.bytesRead = 0;
    await dataset.readPixels(1001);
    expect(part.source.bytesRead).toBe(8);
  });

  it("are found inside the file or not at all, whatever the headers of record batches say", async () => {
    const intact = await encoded(ROWS.slice(0, 5));
    const codes = new Set<string>();
    const pixels = placeOf(intact, ROWS[0]?.pixels ?? new Uint8Array());
    // The header of the record batch, and its columns before the pixels.
    for (let offset = pixels - 1100; offset < pixels; offset += 4) {
      for (const word of [-8, 1, 0x7fff_fff8]) {
        const forged = intact.slice();
        new DataView(forged.buffer).setInt32(offset, word, true);
        const read = async (): Promise<string> => {
          const dataset = await Dataset.open(forged);
          const { length } = await dataset.readPixels(4);
          return `${length} bytes, path ${typeof (await dataset.readPath(4))}`;
        };
        codes.add(await read().catch((error: unknown) => (error as { code: string }).code));
      }
    }
    expect([...codes].toSorted()).toEqual(["8 bytes, path string", "DATASET_DAMAGED"]);
  });

  it("reads the rows that are asked for, and only the batches that have them", async () => {
    const files = await Promise.all(
      [ROWS.slice(0, BATCH_ROWS + 5), ROWS.slice(BATCH_ROWS + 5)].map((rows) => encoded(rows)),
    );
    const sources = files.map((file) => new WatchedSource(file));
    const dataset = await Dataset.fromShards(
      sources.map((source, index) => ({ path: `${index}.arrow`, source })),
      "all",
    );
    const read = async (numbers: readonly number[]): Promise<readonly string[]> => {
      const paths: string[] = [];
      for await (const { path } of dataset.rowsAt(numbers)) paths.push(path);
      return paths;
    };
    const asked = [0, 3, BATCH_ROWS - 1, BATCH_ROWS, BATCH_ROWS + 5, ROWS.length - 1];
    expect(await read(asked)).toEqual(asked.map((number) => ROWS[number]?.path));
    const before = sources.map(({ bytesRead }) => bytesRead);
    expect(await read([BATCH_ROWS + 4])).toEqual([ROWS[BATCH_ROWS + 4]?.path]);
    // The last batch of the first file, which has 5 rows.
    const [first = 0, second = 0] = sources.map(({ bytesRead }, index) => bytesRead - (before[index] ?? 0));
    expect(first).toBeLessThan((files[0]?.length ?? 0) / 20);
    expect(second).toBe(0);
    await expect(read([ROWS.length])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
