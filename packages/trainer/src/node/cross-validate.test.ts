// Cross-validation tests every picture once, by a network that has not seen it or a copy of it.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { memory } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";

import type { NetworkBuilder } from "../network/custom-network.ts";
import { folderForAllTests, writeStriped } from "../testing/striped-classes.ts";
import { startBackend } from "./backends/start.ts";
import { crossValidate, type CrossValidateEvent, type CrossValidateOptions } from "./cross-validate.ts";

const folder = folderForAllTests();

beforeAll(async () => {
  await startBackend("wasm");
});

/** A network that trains fast. */
const small: NetworkBuilder = ({ width, height, classes }) => {
  const network = sequential();
  network.add(layers.averagePooling2d({ inputShape: [height, width, 1], poolSize: 4, strides: 4 }));
  network.add(layers.conv2d({ filters: 8, kernelSize: 3, activation: "relu" }));
  network.add(layers.globalMaxPooling2d({}));
  network.add(layers.dense({ units: classes, activation: "softmax" }));
  return network;
};

async function dataset(name: string): Promise<string> {
  const path = join(folder, `${name}.arrow`);
  await writeStriped(path, { labels: ["a", "b"], counts: { train: 8, val: 2, test: 2 }, side: 32 });
  return path;
}

it("every picture of every split is tested once, and the same seed gives the same predictions", async () => {
  const source = await dataset("all");
  const events: CrossValidateEvent[] = [];
  const options = { source, folds: 3, epochs: 2, batch: 4, network: small } as const;
  const before = memory().numTensors;
  const result = await crossValidate({ ...options, onEvent: (event) => events.push(event) });
  expect(memory().numTensors).toBe(before);
  expect(result.metrics.pictures).toBe(24);
  expect(new Set(result.predictions.map(({ path }) => path)).size).toBe(24);
  expect(result.folds.map(({ fold }) => fold)).toEqual([1, 2, 3]);
  // Pictures that are nearly the same are in the same fold.
  for (const { metrics } of result.folds) expect(metrics.pictures).toBeGreaterThan(5);
  expect(result.folds.reduce((sum, { metrics }) => sum + metrics.correct, 0)).toBe(result.metrics.correct);
  expect(events.filter(({ type }) => type === "fold" || type === "foldDone")).toHaveLength(6);
  expect((await crossValidate(options)).predictions).toEqual(result.predictions);
});

it("a signal stops it and frees everything", async () => {
  const source = await dataset("stopped");
  const before = memory().numTensors;
  const stop = new AbortController();
  const running = crossValidate({
    source,
    folds: 2,
    network: small,
    signal: stop.signal,
    onEvent: ({ type }) => type === "step" && stop.abort(),
  });
  await expect(running).rejects.toThrow("aborted");
  expect(stop.signal.aborted).toBe(true);
  expect(memory().numTensors).toBe(before);
});

it.each([
  [{ folds: 1 }, "for folds"],
  [{ folds: 2, epochs: 0 }, "for epochs"],
  [{ recipe: { labelSmoothing: 2 } }, "recipe.labelSmoothing is 2"],
])("refuses %o", async (options, named) => {
  await expect(crossValidate({ source: "nothing", ...options })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining(named) as string,
  });
});

it("refuses more folds than pictures, and says so before it trains", async () => {
  const source = await dataset("few");
  const events: string[] = [];
  const onEvent = ({ type }: CrossValidateEvent): unknown => events.push(type);
  await expect(crossValidate({ source, folds: 25, network: small, onEvent })).rejects.toMatchObject({
    code: "CLASS_UNTESTED",
    message: expect.stringMatching(/each of 25 folds, .* has 24/) as string,
    hint: "Choose fewer folds, or add pictures.",
  });
  expect(events).not.toContain("plan");
});

it("names the classes that some folds do not test, before it trains", async () => {
  const source = join(folder, "rare.arrow");
  await writeStriped(source, { labels: ["a", "b", "c"], counts: { train: [8, 1, 2], val: 0, test: 0 }, side: 32 });
  const events: CrossValidateEvent[] = [];
  const onEvent = (event: CrossValidateEvent): unknown => events.push(event);
  await crossValidate({ source, folds: 3, epochs: 1, batch: 4, network: small, onEvent });
  const classes = [
    { label: "b", pictures: 1, testedIn: 1 },
    { label: "c", pictures: 2, testedIn: 2 },
  ];
  const place = events.findIndex(({ type }) => type === "rareClasses");
  expect(events[place]).toEqual({ type: "rareClasses", folds: 3, classes });
  expect(place).toBeLessThan(events.findIndex(({ type }) => type === "plan"));
  const all = await dataset("common");
  events.length = 0;
  await crossValidate({ source: all, folds: 3, epochs: 1, batch: 4, network: small, onEvent });
  expect(events.map(({ type }) => type)).not.toContain("rareClasses");
});

describe("a cross-validation that is kept", () => {
  /** Its tables, which are the same however often it was stopped. */
  function resultsIn(out: string): readonly string[] {
    return ["metrics.json", "predictions.csv"].map((name) => readFileSync(join(out, name), "utf8"));
  }

  /** Stops at a step of the fold. */
  async function stopIn(fold: number, options: CrossValidateOptions): Promise<void> {
    const stop = new AbortController();
    let current = 0;
    const running = crossValidate({
      ...options,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === "fold") current = event.fold;
        if (event.type === "step" && current === fold) stop.abort();
      },
    });
    await expect(running).rejects.toThrow("aborted");
  }

  const OPTIONS = { folds: 3, epochs: 2, batch: 4, seed: 3, network: small } as const;

  it("has metrics and predictions by fold, and is the same if it was stopped and continued", async () => {
    const source = await dataset("kept");
    const [whole, stopped] = [join(folder, "whole", "out"), join(folder, "stopped-out")];
    const result = await crossValidate({ ...OPTIONS, source, out: whole });
    const files = [
      "cross-validation.json",
      "fold-1.json",
      "fold-2.json",
      "fold-3.json",
      "metrics.json",
      "predictions.csv",
    ];
    expect(readdirSync(whole).toSorted()).toEqual(files);
    const [metrics = "", table = ""] = resultsIn(whole);
    const folds = result.folds.map(({ fold, metrics: own }) => ({ fold, metrics: own }));
    expect(JSON.parse(metrics)).toEqual({ folds: 3, done: folds, metrics: result.metrics });
    const [header, ...lines] = table.trimEnd().split("\n");
    expect(header).toBe("fold,path,actual,predicted,probability_a,probability_b");
    const expected = result.predictions.map(({ path, label, predicted }) => `${path},${label},${predicted}`);
    expect(lines.map((line) => line.split(",").slice(1, 4).join())).toEqual(expected);

    await stopIn(2, { ...OPTIONS, source, out: stopped });
    const first = ["cross-validation.json", "fold-1.json", "metrics.json", "predictions.csv"];
    expect(readdirSync(stopped).toSorted()).toEqual(first);
    expect(JSON.parse(resultsIn(stopped)[0] ?? "")).toMatchObject({ folds: 3, done: [{ fold: 1 }] });
    await stopIn(3, { source, out: stopped, resume: true, network: small });
    const events: CrossValidateEvent[] = [];
    const onEvent = (event: CrossValidateEvent): unknown => events.push(event);
    const continued = await crossValidate({ source, out: stopped, resume: true, network: small, onEvent });
    const order = events.flatMap((event) =>
      event.type === "fold" || event.type === "foldDone" ? [`${event.type} ${event.fold}`] : [],
    );
    expect(order).toEqual(["foldDone 1", "foldDone 2", "fold 3", "foldDone 3"]);
    expect(resultsIn(stopped)).toEqual(resultsIn(whole));
    expect(continued.predictions).toEqual(result.predictions);
    expect(continued.metrics).toEqual(result.metrics);
    expect((await crossValidate({ source, out: stopped, resume: true, network: small })).metrics).toEqual(
      result.metrics,
    );
  });

  it("begins again if no fold is done, and leaves nothing behind if it cannot begin", async () => {
    const source = await dataset("unbegun");
    const out = join(folder, "unbegun-out");
    await stopIn(1, { ...OPTIONS, source, out });
    expect(readdirSync(out)).toEqual(["cross-validation.json"]);
    await crossValidate({ ...OPTIONS, source, out, epochs: 1 });
    const parent = join(folder, "never");
    await expect(crossValidate({ source: join(folder, "no.arrow"), out: join(parent, "out") })).rejects.toThrow(
      "no.arrow",
    );
    expect(existsSync(parent)).toBe(false);
  });

  it("is refused where there is none, with other settings or pictures, and if a file is damaged", async () => {
    const source = await dataset("refused");
    const out = join(folder, "refused-out");
    const refused = (code: string, message: string) =>
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;
    const again = { source, out, resume: true, network: small } as const;
    await expect(crossValidate(again)).rejects.toThrow(refused("RUN_NOT_FOUND", "cross-validation.json"));
    await expect(crossValidate({ source, resume: true })).rejects.toThrow(refused("INVALID_ARGUMENT", "without out"));
    await stopIn(2, { ...OPTIONS, source, out });
    await expect(crossValidate({ ...OPTIONS, source, out })).rejects.toThrow(refused("RUN_EXISTS", "contains one"));
    await expect(crossValidate({ ...again, seed: 4 })).rejects.toThrow(refused("INVALID_ARGUMENT", "the seed that"));
    await expect(crossValidate({ ...again, folds: 2 })).rejects.toThrow(refused("INVALID_ARGUMENT", "the folds that"));
    const { network: _network, ...without } = again;
    await expect(crossValidate(without)).rejects.toThrow(refused("INVALID_ARGUMENT", "the network that"));
    const other = join(folder, "other.arrow");
    await writeStriped(other, { labels: ["a", "b"], counts: { train: 8, val: 2, test: 2 }, side: 32, seed: 1 });
    await expect(crossValidate({ ...again, source: other })).rejects.toThrow(
      refused("DATASET_MISMATCH", "other.arrow"),
    );
    const kept = join(out, "fold-1.json");
    const text = readFileSync(kept, "utf8");
    writeFileSync(kept, text.replace('"predicted": "a"', '"predicted": "b"'));
    await expect(crossValidate(again)).rejects.toThrow(refused("RUN_DAMAGED", "its checksum does not match"));
    writeFileSync(kept, text);
    const config = join(out, "cross-validation.json");
    writeFileSync(config, readFileSync(config, "utf8").replace('"formatVersion": 1', '"formatVersion": 2'));
    await expect(crossValidate(again)).rejects.toThrow(refused("RUN_VERSION", "has version 2"));
    rmSync(out, { recursive: true });
  });
});
