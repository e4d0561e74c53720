// A run folder gives back what was written, and says what is wrong with one that it did not write.

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { confusionOf, metricsOf, type Metrics } from "./metrics.ts";
import {
  createRun,
  readConfig,
  readHistory,
  readMetrics,
  RUN_FORMAT_VERSION,
  runPaths,
  writeConfig,
  writeHistory,
  writeMetrics,
  type EpochRecord,
  type RunConfig,
} from "./run-folder.ts";
import { emptyFolder, folderWith } from "./testing/folders.ts";

const CONFIG: RunConfig = {
  formatVersion: RUN_FORMAT_VERSION,
  version: "0.1.0",
  created: "2026-01-02T03:04:05.678Z",
  source: "/photos/автобусы",
  dataset: {
    formatVersion: 1,
    width: 300,
    height: 200,
    pixelFormat: "binary1",
    labels: ["bus", "オートバイ"],
    rows: 30,
    preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
    split: { from: "hash", seed: 7, fractions: [0.8, 0.1, 0.1] },
  },
  fingerprint: "0badc0de",
  counts: { train: [10, 14], val: [1, 2], test: [3, 0] },
  epochs: 40,
  batch: 32,
  seed: 0,
  network: "own",
  backend: "wasm",
  kernelSet: "simd128",
};

const HISTORY: readonly EpochRecord[] = [
  { epoch: 1, loss: 0.1 + 0.2, accuracy: 1 / 3, valLoss: 1.5, valAccuracy: 0.5, seconds: 12.25 },
  { epoch: 2, loss: Number.NaN, accuracy: 0, valLoss: null, valAccuracy: null, seconds: 0 },
];

const METRICS: Metrics = metricsOf(confusionOf(["bus", "bike"], [[0, 0], [0, 1], [0, 0]]), 0.25); // prettier-ignore

const refused = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;

describe("a run folder", () => {
  it("is made with all folders above it, or taken as it is if it is empty", async () => {
    const run = join(emptyFolder(), "runs", "first");
    await createRun(run);
    expect(readdirSync(run)).toEqual([]);
    await createRun(run);
  });

  it("gives back its files as they were written, and has nothing else", async () => {
    const run = emptyFolder();
    await writeConfig(run, CONFIG);
    await writeHistory(run, HISTORY);
    await writeMetrics(run, METRICS);
    expect(await readConfig(run)).toEqual(CONFIG);
    expect(await readHistory(run)).toEqual(HISTORY);
    expect(await readMetrics(run)).toEqual(METRICS);
    expect(readdirSync(run).toSorted()).toEqual(["config.json", "history.json", "metrics.json"]);
  });

  it("takes a dataset whose folders split it, and metrics of no picture", async () => {
    const run = emptyFolder();
    const config: RunConfig = { ...CONFIG, dataset: { ...CONFIG.dataset, split: { from: "folders" } } };
    const metrics = metricsOf(confusionOf(["a", "b"], []), Number.NaN);
    await writeConfig(run, config);
    await writeMetrics(run, metrics);
    expect(await readConfig(run)).toEqual(config);
    expect(await readMetrics(run)).toEqual(metrics);
  });

  it("keeps each thing in a place of its own, within the folder", () => {
    const paths = Object.values(runPaths("run") as unknown as Record<string, string>);
    expect(new Set(paths).size).toBe(6);
    expect(paths.every((path) => path.startsWith(join("run", "/")))).toBe(true);
  });

  it("has no history and no metrics before they are written", async () => {
    const run = emptyFolder();
    await writeConfig(run, CONFIG);
    expect(await readHistory(run)).toEqual([]);
    expect(await readMetrics(run)).toBeUndefined();
  });

  it("refuses a new run where a run is, and says how to go on", async () => {
    const run = emptyFolder();
    await writeConfig(run, CONFIG);
    await expect(createRun(run)).rejects.toThrow(
      expect.objectContaining({ code: "RUN_EXISTS", hint: expect.stringContaining("--resume") as string }),
    );
  });

  it("refuses a new run where other files are, and names one", async () => {
    const run = folderWith({ "notes.txt": "" });
    await expect(createRun(run)).rejects.toThrow(refused("RUN_EXISTS", `${run} holds notes.txt`));
    expect(readdirSync(run)).toEqual(["notes.txt"]);
  });

  it("refuses a new run where it cannot be made", async () => {
    const folder = folderWith({ file: "" });
    const file = join(folder, "file");
    await expect(createRun(file)).rejects.toThrow(refused("OUTPUT_UNWRITABLE", `${file}, but there is a file`));
    const below = join(file, "run");
    await expect(createRun(below)).rejects.toThrow(refused("OUTPUT_UNWRITABLE", `${below}, but its folder is a file`));
    await expect(writeConfig(join(folder, "no"), CONFIG)).rejects.toThrow(refused("OUTPUT_UNWRITABLE", "config.json"));
  });
});

describe("a folder that is no run, or no intact one", () => {
  it("is told from a run, whatever is read of it", async () => {
    const folder = emptyFolder();
    const file = join(folder, "file");
    writeFileSync(file, "");
    for (const run of [folder, join(folder, "nothing"), file]) {
      await expect(readConfig(run)).rejects.toThrow(refused("RUN_NOT_FOUND", run));
      await expect(readHistory(run)).rejects.toThrow(refused("RUN_NOT_FOUND", run));
      await expect(readMetrics(run)).rejects.toThrow(refused("RUN_NOT_FOUND", run));
    }
  });

  it("is refused if it is of another version, and says which", async () => {
    const run = folderWith({ "config.json": '{"formatVersion": 2, "somethingNew": true}' });
    await expect(readConfig(run)).rejects.toThrow(refused("RUN_VERSION", "has version 2"));
  });

  it.each([
    ["a text that is no JSON", "{", "it is no JSON"],
    ["no version", "{}", "formatVersion is missing"],
    ["a list", "[]", "its content is [] instead of an object"],
    ["epochs that are a text", JSON.stringify({ ...CONFIG, epochs: "40" }), 'epochs is "40" instead of'],
    [
      "counts without a split",
      JSON.stringify({ ...CONFIG, counts: { train: [1], val: [1] } }),
      "counts.test is missing",
    ],
    [
      "another gray",
      changedDataset({ preprocessing: { gray: "luma" } }),
      "dataset.preprocessing.background is missing",
    ],
    ["an unknown split", changedDataset({ split: { from: "dice" } }), 'dataset.split.from is "dice"'],
    [
      "an unknown split among those drawn",
      changedDataset({ split: { from: "stratified", seed: 0, fractions: [1, 0, 0], drawn: ["exam"] } }),
      'dataset.split.drawn[0] is "exam"',
    ],
    [
      "two fractions",
      changedDataset({ split: { from: "hash", seed: 0, fractions: [1, 0] } }),
      "dataset.split.fractions",
    ],
  ])("is refused for a configuration with %s", async (_, json, message) => {
    const run = folderWith({ "config.json": json });
    await expect(readConfig(run)).rejects.toThrow(refused("RUN_DAMAGED", message));
    await expect(readConfig(run)).rejects.toThrow(refused("RUN_DAMAGED", join(run, "config.json")));
  });

  it("is refused for a history or metrics that differ", async () => {
    const run = folderWith({
      "history.json": JSON.stringify([HISTORY[0], { ...HISTORY[0], loss: "low" }]),
      "metrics.json": JSON.stringify({ ...METRICS, confusion: [[1], [-1]] }),
    });
    await expect(readHistory(run)).rejects.toThrow(refused("RUN_DAMAGED", '[1].loss is "low" instead of a number'));
    await expect(readMetrics(run)).rejects.toThrow(refused("RUN_DAMAGED", "confusion[1][0] is -1"));
  });

  it("is refused for a history that cannot be opened", async () => {
    const run = emptyFolder();
    mkdirSync(runPaths(run).history);
    await expect(readHistory(run)).rejects.toThrow(refused("RUN_DAMAGED", "it cannot be opened (EISDIR)"));
  });
});

function changedDataset(change: object): string {
  return JSON.stringify({ ...CONFIG, dataset: { ...CONFIG.dataset, ...change } });
}
