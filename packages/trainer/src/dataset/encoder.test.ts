import { describe, expect, it } from "vitest";

import { joined } from "../values/checksum.ts";
import { DatasetEncoder, encodeDataset } from "./encoder.ts";
import { BATCH_ROWS, FORMAT_VERSION, type DatasetDescription, type DatasetRow } from "./format.ts";
import { preprocessingOf } from "./preprocessing.ts";
import { Dataset } from "./reader.ts";
import { SPLITS, type Split } from "./split.ts";

const DESCRIPTION: Omit<DatasetDescription, "rows"> = {
  formatVersion: FORMAT_VERSION,
  width: 4,
  height: 2,
  pixelFormat: "gray8",
  labels: ["a", "b"],
  preprocessing: preprocessingOf("gray8"),
  split: { from: "folders" },
};

function row(index: number): DatasetRow {
  return {
    path: `a/${index}.png`,
    label: index % 2 === 0 ? "a" : "b",
    split: "train",
    sourceWidth: 8,
    sourceHeight: 4,
    threshold: index % 256,
    pixels: new Uint8Array(8).fill(index % 251),
    thumbnail: new Uint8Array(index % 3),
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("encodeDataset", () => {
  it("gives bytes that are read back as the same rows", async () => {
    const rows = Array.from({ length: BATCH_ROWS + 3 }, (_, index) => row(index));
    const dataset = await Dataset.open(new Blob(await all(encodeDataset(DESCRIPTION, rows))));
    expect(dataset.description).toEqual({ ...DESCRIPTION, rows: rows.length });
    expect(await all(dataset)).toEqual(rows);
  });

  it("copies pixels and thumbnails, whose arrays may be used again, as may the chunks", async () => {
    const rows = Array.from({ length: 3 * BATCH_ROWS + 1 }, (_, index) => row(index));
    const encoder = new DatasetEncoder(DESCRIPTION);
    const file: Uint8Array<ArrayBuffer>[] = [];
    const keep = (chunks: readonly Uint8Array<ArrayBuffer>[]): void => {
      file.push(...chunks.map((chunk) => chunk.slice()));
      encoder.reuse(chunks);
    };
    const pixels = new Uint8Array(8);
    for (const each of rows) {
      pixels.set(each.pixels);
      const thumbnail = each.thumbnail.slice();
      keep(await encoder.add({ ...each, pixels, thumbnail }));
      pixels.fill(255);
      thumbnail.fill(255);
    }
    keep(await encoder.finish());
    expect(joined(file)).toEqual(joined(await all(encodeDataset(DESCRIPTION, rows))));
  });

  it("hands on the bytes of each record batch before it takes rows of the next", async () => {
    let taken = 0;
    function* rows(): Generator<DatasetRow> {
      while (taken < 3 * BATCH_ROWS) yield row(taken++);
    }
    const takenAtChunks = new Set<number>();
    for await (const chunk of encodeDataset(DESCRIPTION, rows())) if (chunk.length > 0) takenAtChunks.add(taken);
    expect([...takenAtChunks]).toEqual([BATCH_ROWS, 2 * BATCH_ROWS, 3 * BATCH_ROWS]);
  });

  it.each<[string, readonly unknown[], string]>([
    ["no rows", [], "Expected at least one row"],
    ["a row of another class", [{ ...row(0), label: "c" }], "Expected a row with a label of a, b"],
    ["a row that is none", [5], "Expected an object of options"],
  ])("rejects %s", async (_, rows, message) => {
    await expect(all(encodeDataset(DESCRIPTION, rows as DatasetRow[]))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message) as string,
    });
  });
});

describe("DatasetEncoder", () => {
  /** The bytes of a file of `rows`, and the encoder. */
  async function encoded(rows: readonly DatasetRow[]): Promise<{ bytes: Uint8Array; encoder: DatasetEncoder }> {
    const encoder = new DatasetEncoder(DESCRIPTION);
    const chunks: Uint8Array[] = [];
    for (const each of rows) chunks.push(...(await encoder.add(each)));
    chunks.push(...(await encoder.finish()));
    return { bytes: joined(chunks), encoder };
  }

  it.each([1, BATCH_ROWS, 2 * BATCH_ROWS + 7])("divides %d rows as if they had been added so", async (count) => {
    const rows = Array.from({ length: count }, (_, index) => row(index));
    const splits = rows.map((_, index): Split => SPLITS[((index * index) % 5) % 3] ?? "train");
    const expected = await encoded(rows.map((each, index) => ({ ...each, split: splits[index] ?? "train" })));
    const { bytes, encoder } = await encoded(rows.map((each) => ({ ...each, split: "val" })));
    for (const part of encoder.divide(splits)) bytes.set(part.bytes, part.position);
    expect(Buffer.compare(bytes, expected.bytes)).toBe(0);
    expect(encoder.crc32).toBe(expected.encoder.crc32);
  });

  it.each<[string, readonly unknown[]]>([
    ["too few", ["train"]],
    ["too many", ["train", "val", "test"]],
    ["unknown", ["train", "dev"]],
  ])("rejects %s splits", async (_, splits) => {
    const { encoder } = await encoded([row(0), row(1)]);
    expect(() => encoder.divide(splits as Split[])).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("each of the 2 rows") }),
    );
  });
});
