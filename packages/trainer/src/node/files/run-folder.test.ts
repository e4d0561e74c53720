// Run folders round-trip, and errors say what is wrong with a damaged one.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { confusionOf, metricsOf, type Metrics } from "../../training/metrics.ts";
import { bestEpoch, type EpochRecord } from "../../training/state.ts";
import { readConfig, readHistory, readMetrics, runPaths, writeRunFiles } from "./run-folder.ts";
import { configFile, historyFiles, metricsFile } from "../../model/run-files.ts";
import { encodeConfig, type RunConfig } from "../../training/run-config.ts";
import { emptyFolder, folderWith } from "../../testing/folders.ts";
import { CONFIG, HISTORY } from "../../testing/run-files.ts";

const METRICS: Metrics = metricsOf(confusionOf(["bus", "bike"], [[0, 0], [0, 1], [0, 0]]), 0.25); // prettier-ignore

const refused = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;

describe("a run folder", () => {
  it("round-trips its files, and contains nothing else", async () => {
    const run = emptyFolder();
    await writeRunFiles(run, [configFile(CONFIG)]);
    await writeRunFiles(run, historyFiles(CONFIG, HISTORY));
    await writeRunFiles(run, [metricsFile(METRICS)]);
    expect(await readConfig(run)).toEqual(CONFIG);
    expect(await readHistory(run)).toEqual(HISTORY);
    expect(await readMetrics(run)).toEqual(METRICS);
    expect(readdirSync(run).toSorted()).toEqual([
      "config.json",
      "history.csv",
      "history.json",
      "metrics.json",
      "tensorboard",
    ]);
  });

  it("supports a dataset split by folders, and metrics without pictures", async () => {
    const run = emptyFolder();
    const config: RunConfig = { ...CONFIG, dataset: { ...CONFIG.dataset, split: { from: "folders" } } };
    const metrics = metricsOf(confusionOf(["a", "b"], []), Number.NaN);
    await writeRunFiles(run, [configFile(config)]);
    await writeRunFiles(run, [metricsFile(metrics)]);
    expect(await readConfig(run)).toEqual(config);
    expect(await readMetrics(run)).toEqual(metrics);
  });

  it("keeps each file at a path of its own within the folder", () => {
    const paths = Object.values(runPaths("run") as unknown as Record<string, string>);
    expect(new Set(paths).size).toBe(13);
    expect(paths.every((path) => path.startsWith(join("run", "/")))).toBe(true);
  });

  it("has no history and no metrics before they are written", async () => {
    const run = emptyFolder();
    await writeRunFiles(run, [configFile(CONFIG)]);
    expect(await readHistory(run)).toEqual([]);
    expect(await readMetrics(run)).toBeUndefined();
  });

  it("cannot be written to a folder that does not exist", async () => {
    const none = join(emptyFolder(), "no");
    await expect(writeRunFiles(none, [configFile(CONFIG)])).rejects.toThrow(
      refused("OUTPUT_UNWRITABLE", "config.json"),
    );
  });

  it("detects that the checksum of a configuration was removed", async () => {
    const run = emptyFolder();
    await writeRunFiles(run, [configFile(CONFIG)]);
    const { config } = runPaths(run);
    writeFileSync(config, readFileSync(config, "utf8").replace('"crc32"', '"crc33"'));
    await expect(readConfig(run)).rejects.toMatchObject({ code: "RUN_DAMAGED" });
  });

  it("detects a configuration that was changed, or that has no checksum", async () => {
    const run = emptyFolder();
    await writeRunFiles(run, [configFile(CONFIG)]);
    const { config } = runPaths(run);
    const json = readFileSync(config, "utf8");
    writeFileSync(config, json.replace('"batch": 32', '"batch": 33'));
    await expect(readConfig(run)).rejects.toThrow(refused("RUN_DAMAGED", "checksum"));
    writeFileSync(config, JSON.stringify(CONFIG));
    await expect(readConfig(run)).rejects.toThrow(refused("RUN_DAMAGED", "checksum"));
  });

  it("has its best epoch at the lowest validation loss, the first of equal ones", () => {
    const epoch = (number: number, valLoss: number | null, loss = 1): EpochRecord => ({
      epoch: number,
      loss,
      accuracy: 0,
      valLoss,
      valAccuracy: null,
      learningRate: 0.001,
      seconds: 0,
    });
    expect(bestEpoch([])).toBeUndefined();
    expect(bestEpoch([epoch(1, NaN), epoch(2, 0.5), epoch(3, 0.2), epoch(4, 0.2), epoch(5, 0.3)])).toBe(3);
    expect(bestEpoch([epoch(1, null, 2), epoch(2, null, 1), epoch(3, null, 3)])).toBe(2);
  });
});

describe("a folder that is not a run, or a damaged one", () => {
  it("is distinguished from a run, whatever is read from it", async () => {
    const folder = emptyFolder();
    const file = join(folder, "file");
    writeFileSync(file, "");
    for (const run of [folder, join(folder, "nothing"), file]) {
      await expect(readConfig(run)).rejects.toThrow(refused("RUN_NOT_FOUND", run));
      await expect(readHistory(run)).rejects.toThrow(refused("RUN_NOT_FOUND", run));
      await expect(readMetrics(run)).rejects.toThrow(refused("RUN_NOT_FOUND", run));
    }
  });

  it("is rejected if it has another version, which the error names", async () => {
    const run = folderWith({ "config.json": '{"formatVersion": 3, "somethingNew": true}' });
    await expect(readConfig(run)).rejects.toThrow(refused("RUN_VERSION", "has version 3"));
  });

  it.each([
    ["text that is not JSON", "{", "it is not JSON"],
    ["no version", "{}", "formatVersion is missing"],
    ["a list", "[]", "its content is [] instead of an object"],
    ["epochs that are a string", signed({ ...CONFIG, epochs: "40" }), 'epochs is "40" instead of'],
    ["counts without a split", signed({ ...CONFIG, counts: { train: [1], val: [1] } }), "counts.test is missing"],
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
      changedDataset({ split: { from: "content", seed: 0, fractions: [1, 0], drawn: ["train"] } }),
      "dataset.split.fractions",
    ],
  ])("is rejected for a configuration with %s", async (_, json, message) => {
    const run = folderWith({ "config.json": json });
    await expect(readConfig(run)).rejects.toThrow(refused("RUN_DAMAGED", message));
    await expect(readConfig(run)).rejects.toThrow(refused("RUN_DAMAGED", join(run, "config.json")));
  });

  it("is rejected for a history or metrics that differ", async () => {
    const run = folderWith({
      "history.json": JSON.stringify([HISTORY[0], { ...HISTORY[0], loss: "low" }]),
      "metrics.json": JSON.stringify({ ...METRICS, confusion: [[1], [-1]] }),
    });
    await expect(readHistory(run)).rejects.toThrow(refused("RUN_DAMAGED", '[1].loss is "low" instead of a number'));
    await expect(readMetrics(run)).rejects.toThrow(refused("RUN_DAMAGED", "confusion[1][0] is -1"));
  });

  it("is rejected for a history that cannot be opened", async () => {
    const run = emptyFolder();
    mkdirSync(runPaths(run).history);
    await expect(readHistory(run)).rejects.toThrow(refused("RUN_DAMAGED", "it cannot be opened (EISDIR)"));
  });
});

function changedDataset(change: object): string {
  return signed({ ...CONFIG, dataset: { ...CONFIG.dataset, ...change } });
}

/** A configuration file with a valid checksum, whatever its content. */
function signed(config: object): string {
  return encodeConfig(config as RunConfig);
}
