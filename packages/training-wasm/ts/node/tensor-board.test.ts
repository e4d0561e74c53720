// What TensorBoard reads of a training; without Python, only which files are there.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { enableTraining } from "../index.ts";
import { layers as tfl, tf } from "../testing/tensorflow.ts";
import { summaryFileWriter, tensorBoard, type TensorBoardOptions } from "./index.ts";

const python = process.env["SILHOUETTE_PYTHON"];

/** What TensorBoard finds in a folder, by tag. */
interface Found {
  /** Steps and values. */
  readonly scalars: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  /** Steps, and buckets from left to right: edges and counts. */
  readonly histograms: Readonly<Record<string, readonly (readonly [number, readonly (readonly number[])[]])[]>>;
}

/** Reads as TensorBoard's server does, which turns all kinds of summaries into tensors. */
const READER = `
import json, pathlib, sys
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util

found = {"scalars": {}, "histograms": {}}
plugins = {}
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    for event in EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            plugins.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
            found[plugins[value.tag]].setdefault(value.tag, []).append((event.step, tensor_util.make_ndarray(value.tensor).tolist()))
json.dump(found, sys.stdout)
`;
const found = (logdir: string): Found =>
  JSON.parse(execFileSync(python ?? "", ["-c", READER, logdir], { encoding: "utf8" })) as Found;
const newFolder = (): string => mkdtempSync(join(tmpdir(), "silhouette-tensor-board-"));

beforeAll(async () => {
  await enableTraining({ threads: 1 });
});

/** Two epochs of two batches, with validation. */
async function trained(callbacks: tfl.CustomCallback | tfl.CustomCallback[]): Promise<tfl.History> {
  const model = tfl.sequential({ layers: [tfl.layers.dense({ inputShape: [3], units: 2, name: "only" })] });
  model.compile({ optimizer: "sgd", loss: "meanSquaredError", metrics: ["mae"] });
  const data = [tf.randomNormal([8, 3]), tf.randomNormal([8, 2])] as const;
  const history = await model.fit(...data, {
    epochs: 2,
    batchSize: 4,
    verbose: 0,
    validationData: [tf.randomNormal([4, 3]), tf.randomNormal([4, 2])],
    callbacks,
  });
  expect(Object.keys(history.history)).toContain("val_loss");
  return history;
}

async function logged(options?: TensorBoardOptions): Promise<{ logdir: string; history: Record<string, number[]> }> {
  const logdir = newFolder();
  const { history } = await trained(tensorBoard(logdir, options));
  return { logdir, history: history as Record<string, number[]> };
}

describe("tensorBoard", () => {
  it("writes one file of the training and one of the validation, into folders that it creates", async () => {
    const { logdir } = await logged();
    expect(readdirSync(logdir).toSorted()).toEqual(["train", "val"]);
    for (const name of ["train", "val"])
      expect(readdirSync(join(logdir, name))).toEqual([
        expect.stringMatching(/^events\.out\.tfevents\.\d{10}\..*\.v2$/),
      ]);
  });

  it.skipIf(python === undefined)("writes losses and metrics by epoch, as the history has them", async () => {
    const { logdir, history } = await logged();
    const [train, validation] = [found(join(logdir, "train")), found(join(logdir, "val"))];
    expect(Object.keys(train.scalars).toSorted()).toEqual(["epoch_loss", "epoch_mae"]);
    expect(Object.keys(validation.scalars).toSorted()).toEqual(["epoch_loss", "epoch_mae"]);
    const expected = (name: string): unknown => history[name]?.map((value, index) => [index + 1, Math.fround(value)]);
    expect(train.scalars["epoch_loss"]).toEqual(expected("loss"));
    expect(validation.scalars["epoch_mae"]).toEqual(expected("val_mae"));
  });

  it.skipIf(python === undefined)("writes them by batch, too, and histograms of the weights, if asked to", async () => {
    const { logdir } = await logged({ updateFreq: "batch", histogramFreq: 1 });
    const { scalars, histograms } = found(join(logdir, "train"));
    expect(Object.keys(scalars).toSorted()).toEqual(["batch_loss", "batch_mae", "epoch_loss", "epoch_mae"]);
    expect(scalars["batch_loss"]?.map(([step]) => step)).toEqual([1, 2, 3, 4]);
    // Later models of the same names are numbered.
    const [, kernel] = Object.entries(histograms).find(([tag]) => tag.startsWith("only/kernel")) ?? [];
    expect(kernel?.map(([step]) => step)).toEqual([1, 2]);
    const counts = kernel?.[0]?.[1].map(([, , count = NaN]) => count) ?? [];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(6);
  });

  it("works beside other callbacks, first or last, in fitDataset's and fit's arrays", async () => {
    const other = new tfl.CustomCallback({});
    for (const order of [0, 1]) {
      const logdir = newFolder();
      const callbacks = order === 0 ? [tensorBoard(logdir), other] : [other, tensorBoard(logdir)];
      await trained(callbacks);
      expect(readdirSync(logdir).toSorted()).toEqual(["train", "val"]);
    }
  });

  it("works in another copy of tf.layers, which takes it for a plain object with its methods", async () => {
    const logdir = newFolder();
    await trained(new tfl.CustomCallback(tensorBoard(logdir)));
    expect(readdirSync(logdir).toSorted()).toEqual(["train", "val"]);
  });

  it("throws a RangeError for unknown options and values", () => {
    expect(() => tensorBoard("logs", { histogramfreq: 1 } as TensorBoardOptions)).toThrow(
      "Did you mean histogramFreq?",
    );
    expect(() => tensorBoard("logs", { updateFreq: "step" as "batch" })).toThrow("epoch or batch, but received step");
    expect(() => tensorBoard("logs", { histogramFreq: -1 })).toThrow(RangeError);
    expect(() => tensorBoard(5 as unknown as string)).toThrow("logdir to be the path of a folder, but received 5");
  });
});

describe("summaryFileWriter", () => {
  it.skipIf(python === undefined)("writes numbers, and histograms with TensorBoard's edges", () => {
    const logdir = newFolder();
    const writer = summaryFileWriter(logdir);
    writer.scalar("wave", 0.5, 3);
    writer.scalar("wave", tf.scalar(-0.25), 4);
    writer.histogram("spread", tf.tensor1d([0, 1, 1, 2, 4, NaN, Infinity]), 7, 4);
    writer.histogram("same", tf.tensor1d([2, 2, 2, 2, 2]), 1);
    writer.flush();
    const { scalars, histograms } = found(logdir);
    expect(scalars).toEqual({
      wave: [
        [3, 0.5],
        [4, -0.25],
      ],
    });
    expect(histograms["spread"]).toEqual([
      [
        7,
        [
          [0, 1, 1],
          [1, 2, 2],
          [2, 3, 1],
          [3, 4, 1],
        ],
      ],
    ]);
    expect(histograms["same"]?.[0]?.[1]).toEqual([[2, 2, 5]]);
  });

  it("returns the same writer for a folder, so that one file has all events", () => {
    const logdir = newFolder();
    expect(summaryFileWriter(logdir)).toBe(summaryFileWriter(logdir));
    summaryFileWriter(logdir).scalar("one", 1, 1);
    const [name = ""] = readdirSync(logdir);
    const { length } = readFileSync(join(logdir, name));
    summaryFileWriter(logdir).scalar("one", 2, 2);
    expect(readdirSync(logdir)).toEqual([name]);
    expect(readFileSync(join(logdir, name)).length).toBeGreaterThan(length);
  });

  it("throws a RangeError for steps and values that are none", () => {
    const writer = summaryFileWriter(newFolder());
    for (const step of [1.5, -1, Number.NaN])
      expect(() => writer.scalar("one", 1, step)).toThrow(
        `step to be a whole number of 0 or more, but received ${step}`,
      );
    expect(() => writer.scalar("one", "1" as unknown as number, 1)).toThrow("value to be a number or a tensor");
  });

  // Node.js' own way to make folders never returns there.
  it.runIf(process.platform === "linux")("throws OUTPUT_UNWRITABLE where no folder can be made", () => {
    expect(() => summaryFileWriter("/proc/none/logs").scalar("one", 1, 1)).toThrow(
      expect.objectContaining({ name: "TrainingWasmError", code: "OUTPUT_UNWRITABLE" }) as Error,
    );
  });

  it("throws OUTPUT_UNWRITABLE if the folder is a file", () => {
    const file = join(newFolder(), "taken");
    writeFileSync(file, "mine");
    expect(() => summaryFileWriter(file).scalar("one", 1, 1)).toThrow(
      expect.objectContaining({ name: "TrainingWasmError", code: "OUTPUT_UNWRITABLE" }) as Error,
    );
  });
});
