// Cross-validation tests every picture once, by a network that has not seen it or a copy of it.

import { join } from "node:path";

import { memory } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, expect, it } from "vitest";

import type { NetworkBuilder } from "../network/custom-network.ts";
import { folderForAllTests, writeStriped } from "../testing/striped-classes.ts";
import { startBackend } from "./backends/start.ts";
import { crossValidate, type CrossValidateEvent } from "./cross-validate.ts";

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
