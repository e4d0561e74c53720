// Trainings on pictures that are read as they are needed: the same as with all of them in memory, for any files that they are in.

import { join } from "node:path";

import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { bytesOf, type ByteSource } from "../dataset/byte-source.ts";
import { encodeDataset } from "../dataset/encoder.ts";
import type { DatasetDescription, DatasetRow } from "../dataset/format.ts";
import { PictureSet } from "../dataset/picture-set.ts";
import { Dataset } from "../dataset/reader.ts";
import { startBackend } from "../node/backends/start.ts";
import { openDataset } from "../node/files/open-dataset.ts";
import { SMALL_NETWORK, trained } from "../testing/small-training.ts";
import { folderForAllTests, writeStriped } from "../testing/striped-classes.ts";
import type { LabeledPrediction } from "./example-predictions.ts";
import { LearnedPictures } from "./learned-pictures.ts";
import { ARTICLE } from "./recipes.ts";
import { configOf } from "./run-config.ts";
import { TrainingSession, type Pictures } from "./session.ts";
import type { Checkpoint } from "./state.ts";

const folder = folderForAllTests();

let rows: readonly DatasetRow[];
let description: Omit<DatasetDescription, "rows">;

beforeAll(async () => {
  const path = join(folder, "stripes.arrow");
  await writeStriped(path, { labels: ["a", "b"], counts: { train: [11, 9], val: 10, test: 8 }, side: 12 });
  const dataset = await openDataset(path);
  const all: DatasetRow[] = [];
  for await (const row of dataset) all.push(row);
  // The splits are mixed, as in a dataset whose splits were drawn, and no two pictures are equal.
  rows = all.map((row, index) => ({ ...(all[(index * 9) % all.length] ?? row), pixels: numbered(row.pixels, index) }));
  ({ description } = dataset);
  await dataset.close();
});

/** Pixels that begin with a number. */
function numbered(pixels: Uint8Array, number: number): Uint8Array {
  return Uint8Array.from(pixels, (byte, at) => (at === 0 ? number : byte));
}

/** Bytes of a file, which can be changed, and whose reads can be made to wait forever. */
class Shard implements ByteSource {
  readonly bytes: Uint8Array;
  isStuck = false;
  readonly #content: ByteSource;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#content = bytesOf(bytes);
  }

  get size(): number {
    return this.bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (this.isStuck) return new Promise(() => undefined);
    return this.#content.read(offset, length);
  }

  async close(): Promise<void> {
    return this.#content.close();
  }
}

/** The rows in `count` files. */
async function shards(count: number): Promise<readonly { readonly path: string; readonly source: Shard }[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const [from, to] = [index, index + 1].map((place) => Math.floor((place * rows.length) / count));
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      for await (const chunk of encodeDataset(description, rows.slice(from, to))) chunks.push(chunk);
      const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
      return { path: `${index}.arrow`, source: new Shard(bytes) };
    }),
  );
}

/** A training of 3 epochs, of 5 steps each, whose pictures are read as they are needed. */
async function sessionOn(
  dataset: Dataset,
  heldBytes = 0,
): Promise<{ readonly session: TrainingSession; readonly pictures: Pictures }> {
  const pictures = await PictureSet.bySplit(dataset, { heldBytes });
  const backend = await startBackend("wasm");
  const recipe = { ...ARTICLE, sampling: "balanced" } as const;
  const settings = { source: "s.arrow", epochs: 3, batch: 4, seed: 3, recipe, network: "custom" } as const;
  const config = configOf({ ...settings, dataset: dataset.description, pictures, backend });
  const session = await TrainingSession.of({ ...config, created: "" }, pictures, backend, SMALL_NETWORK);
  onTestFinished(() => session.dispose());
  return { session, pictures };
}

/** All that a training results in. */
async function resultsOn(dataset: Dataset, heldBytes?: number) {
  const { session, pictures } = await sessionOn(dataset, heldBytes);
  const predictions: LabeledPrediction[] = [];
  const { result, checkpoint } = await trained(session, { onPredictions: (some) => void predictions.push(...some) });
  await dataset.close();
  return { config: session.config, learned: LearnedPictures.of(pictures).encode(), result, checkpoint, predictions };
}

describe("a training whose pictures are read as they are needed", () => {
  it("has the same weights, predictions and files as with all in memory, for any number of files", async () => {
    const expected = await resultsOn(await Dataset.fromShards(await shards(1), "s"), Infinity);
    expect(expected.predictions).toHaveLength(16);
    for (const count of [1, 7]) {
      expect(await resultsOn(await Dataset.fromShards(await shards(count), "s"))).toEqual(expected);
    }
  });

  it("continues in mid-epoch as if it had never stopped", async () => {
    const open = async (): Promise<Dataset> => Dataset.fromShards(await shards(3), "s");
    const expected = await resultsOn(await open());
    const stop = new AbortController();
    let saved: Checkpoint | undefined;
    const first = await sessionOn(await open());
    const running = first.session.run({
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === "step" && event.epoch === 1 && event.step === 3) stop.abort(new Error("enough"));
      },
      onCheckpoint: async (checkpoint) => void (saved = checkpoint),
    });
    await expect(running).rejects.toThrow("enough");
    if (saved === undefined) throw new Error("Expected a checkpoint");
    expect(saved.batchesDone).toBe(3);
    const second = await sessionOn(await open());
    second.session.restore(saved);
    const { result, checkpoint } = await trained(second.session);
    expect({ result, checkpoint }).toEqual({ result: expected.result, checkpoint: expected.checkpoint });
  });

  it("refuses a picture that has changed since it was first read, and names it and its file", async () => {
    const parts = await shards(2);
    const { session } = await sessionOn(await Dataset.fromShards(parts, "s"));
    const picture = rows.findLast(({ split }) => split === "train");
    const bytes = parts[1]?.source.bytes ?? new Uint8Array();
    const at = bytes.findIndex(
      (_, index) => picture?.pixels.every((byte, place) => byte === bytes[index + place]) === true,
    );
    bytes[at] = (bytes[at] ?? 0) ^ 0x80;
    await expect(session.run()).rejects.toMatchObject({
      code: "DATASET_DAMAGED",
      message: `Expected an intact dataset at 1.arrow, but the pixels of ${picture?.path} changed after they were first read`,
    });
  });

  it("can be stopped while it waits for pictures, and has a checkpoint then", async () => {
    const [part] = await shards(1);
    if (part === undefined) throw new RangeError("Expected a shard");
    const { session } = await sessionOn(await Dataset.fromShards([part], "s"));
    const stop = new AbortController();
    let saved: Checkpoint | undefined;
    const running = session.run({
      signal: stop.signal,
      onEvent: ({ type }) => {
        if (type !== "epoch") return;
        part.source.isStuck = true;
        setTimeout(() => stop.abort(new Error("enough")), 50);
      },
      onCheckpoint: async (checkpoint) => void (saved = checkpoint),
    });
    await expect(running).rejects.toThrow("enough");
    expect(saved).toMatchObject({ epoch: 1, batchesDone: 0 });
    expect(saved?.order).toHaveLength(20);
  });
});
