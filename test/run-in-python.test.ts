// A run outside of JavaScript: Python follows docs/formats, and computes every checksum and hash that Node wrote.

import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { newFolder, photographOf, removeFolder, writeFiles } from "./pictures.ts";
import { outputOf, REPOSITORY } from "./programs.ts";
import { SILHOUETTE } from "./silhouette.ts";

/** A Python with pyarrow and TensorBoard; set by `npm test`. */
const PYTHON = process.env["SILHOUETTE_PYTHON"];

const READER = join(REPOSITORY, "test", "read_run.py");

const PHOTOGRAPHS_OF_EACH = 20;

/** The output of read_run.py. */
interface Reading {
  readonly storedAndRecomputed: Readonly<Record<string, readonly [stored: unknown, recomputed: unknown]>>;
  readonly namesOfWeights: readonly string[];
  readonly tensors: readonly string[];
  readonly state: Readonly<Record<string, unknown>>;
  readonly runFormatVersion: number;
  readonly recipe: unknown;
  readonly history: readonly Readonly<Record<string, number>>[];
  readonly table: readonly Readonly<Record<string, number>>[];
  /** By folder and tag. */
  readonly scalars: Readonly<
    Record<string, Readonly<Record<string, readonly (readonly [seconds: number, step: number, value: number])[]>>>
  >;
  /** Seconds since 1970. */
  readonly created: number;
}

describe.skipIf(!PYTHON)("a run in Python (where SILHOUETTE_PYTHON names one that has pyarrow and TensorBoard)", () => {
  let folder: string;
  let reading: Reading;

  beforeAll(async () => {
    folder = newFolder();
    for (let index = 0; index < PHOTOGRAPHS_OF_EACH; index++) {
      writeFiles(join(folder, "my photos"), {
        [`car/${index}.png`]: await photographOf("car", index),
        [`автобус/фото ${index}.png`]: await photographOf("bus", index),
      });
    }
    const args = [
      "train",
      "my photos",
      "--out",
      "run",
      "--recipe",
      "article",
      "--size",
      "94",
      "--epochs",
      "2",
      "--labels",
      "car,автобус",
    ];
    await outputOf(process.execPath, [SILHOUETTE, ...args], { cwd: folder });
    reading = JSON.parse(await outputOf(PYTHON ?? "", [READER, join(folder, "run")])) as Reading;
  });

  afterAll(() => removeFolder(folder));

  it("has the checksums and hashes that Python computes, and in the checkpoint the model's weights", () => {
    const recomputed = Object.entries(reading.storedAndRecomputed).map(([what, [, value]]) => [what, value] as const);
    const stored = Object.entries(reading.storedAndRecomputed).map(([what, [value]]) => [what, value] as const);
    expect(recomputed).toEqual(stored);
    expect(stored.map(([what]) => what)).toEqual([
      "config.json",
      "history.json",
      "model.json",
      "weights",
      "checkpoint",
      "learned",
      "training pictures",
      "validation pictures",
      "test pictures",
      "hashes of train",
      "hashes of val",
      "hashes of test",
      "hashes of testPlaces",
      "weights of the checkpoint",
    ]);
  });

  it("has the same history as JSON, as CSV and for TensorBoard", () => {
    const { history, table, scalars, created } = reading;
    expect(history.map(({ epoch, learningRate }) => [epoch, learningRate])).toEqual([
      [1, 0.001],
      [2, 0.001],
    ]);
    expect(table).toEqual(history);
    const series = (field: string) =>
      history.map((record, index) => {
        const seconds = history.slice(0, index + 1).reduce((sum, each) => sum + (each["seconds"] ?? NaN), created);
        return [seconds, record["epoch"], Math.fround(record[field] ?? NaN)];
      });
    expect(scalars).toEqual({
      train: {
        epoch_loss: series("loss"),
        epoch_accuracy: series("accuracy"),
        epoch_learning_rate: series("learningRate"),
      },
      validation: { epoch_loss: series("valLoss"), epoch_accuracy: series("valAccuracy") },
    });
  });

  it("names the checkpoint's tensors after the model's weights", () => {
    const { namesOfWeights, tensors } = reading;
    const moments = tensors.filter((name) => /^optimizer\.[mv]\//.test(name));
    expect(tensors.slice(0, namesOfWeights.length)).toEqual(namesOfWeights);
    expect(tensors.slice(namesOfWeights.length)).toEqual([...moments, "order"]);
    expect(namesOfWeights).toHaveLength(36);
    // The five means and variances of batch normalization are not trained by Adam.
    expect(moments).toHaveLength(2 * (36 - 10));
  });

  it("has a checkpoint between epochs, with empty sums", () => {
    const sums = { loss: 0, correct: 0, pictures: 0, seconds: 0 };
    const position = { epoch: 2, step: 2, batchesDone: 0, sums };
    expect(reading.state).toMatchObject({ kind: "checkpoint", formatVersion: 4, ...position });
  });

  it("records its recipe, as docs/formats/run.md lists it", () => {
    expect(reading.runFormatVersion).toBe(5);
    expect(reading.recipe).toEqual({
      name: "article",
      input: "otsu",
      freeze: 0,
      optimizer: { method: "adam" },
      learningRate: { schedule: "constant", rate: 0.001, warmupEpochs: 0 },
      stopping: { after: "epochs" },
      model: "last",
      sampling: "uniform",
      classWeights: "uniform",
      labelSmoothing: 0,
      clipNorm: null,
      averagedWeights: null,
      augmentation: null,
      views: 1,
      calibration: "none",
    });
  });
});
