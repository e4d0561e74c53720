// A range test on a small dataset: rates, losses, divergence, and what it leaves behind.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { memory } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";

import type { NetworkBuilder } from "../network/custom-network.ts";
import { folderForAllTests, writeStriped } from "../testing/striped-classes.ts";
import { startBackend } from "./backends/start.ts";
import { writeLearningRates } from "./files/learning-rates-file.ts";
import { findLearningRate, type FindLearningRateEvent } from "./find-learning-rate.ts";

const folder = folderForAllTests();
const source = join(folder, "stripes.arrow");

beforeAll(async () => {
  await startBackend("wasm");
  await writeStriped(source, { labels: ["a", "b"], counts: { train: 9, val: 1, test: 1 }, side: 32 });
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

describe("a learning rate range test", () => {
  it("trains 100 steps at rates from 1e-6 to 1, and gives the same again", async () => {
    const before = memory().numTensors;
    const events: FindLearningRateEvent[] = [];
    const options = { source, batch: 8, network: small } as const;
    const { points, suggestion, config } = await findLearningRate({
      ...options,
      onEvent: (event) => events.push(event),
    });
    expect(memory().numTensors).toBe(before);
    expect(readdirSync(folder)).toEqual(["stripes.arrow"]);
    expect(config).toMatchObject({ batch: 8, recipe: { name: "article" }, network: "custom" });
    expect(points.map(({ step }) => step)).toEqual(points.map((_, index) => index + 1));
    expect(points[0]).toMatchObject({ rate: 1e-6, smoothedLoss: expect.closeTo(points[0]?.loss ?? 0, 6) as number });
    for (const [index, { rate }] of points.entries()) expect(rate / (1e-6 * 1.15 ** index)).toBeCloseTo(1, 9);
    // At the lowest rates nothing is learned; at the suggested one, something is.
    const losses = points.map(({ smoothedLoss }) => smoothedLoss);
    expect(Math.abs((losses[19] ?? 0) / (losses[9] ?? 1) - 1)).toBeLessThan(0.1);
    expect(suggestion?.rate).toBeGreaterThan(1e-4);
    expect(points).toContainEqual(suggestion);
    const rates = events.flatMap((event) => (event.type === "rate" ? [event.rate] : []));
    expect(rates).toEqual(points.map(({ rate }) => rate));
    expect(events[0]).toMatchObject({ type: "plan", stepsPerEpoch: 3 });
    expect((await findLearningRate(options)).points).toEqual(points);
    expect((await findLearningRate({ ...options, seed: 1 })).points).not.toEqual(points);
  });

  it("ends when the loss diverges", async () => {
    const dense: NetworkBuilder = ({ width, height, classes }) => {
      const network = sequential();
      network.add(layers.flatten({ inputShape: [height, width, 1] }));
      network.add(layers.dense({ units: classes, activation: "softmax" }));
      return network;
    };
    const { points } = await findLearningRate({ source, batch: 8, network: dense });
    const losses = points.map(({ smoothedLoss }) => smoothedLoss);
    const lowest = Math.min(...losses);
    expect(points.length).toBeLessThan(100);
    expect(losses.at(-1)).toBeGreaterThan(4 * lowest);
    expect(losses.at(-2)).toBeLessThanOrEqual(4 * lowest);
  });

  it("is stopped by a signal, and frees everything", async () => {
    const before = memory().numTensors;
    const stop = new AbortController();
    const running = findLearningRate({
      source,
      network: small,
      signal: stop.signal,
      onEvent: ({ type }) => type === "rate" && stop.abort(),
    });
    await expect(running).rejects.toThrow("aborted");
    expect(memory().numTensors).toBe(before);
  });

  it("refuses options that it does not have", async () => {
    await expect(findLearningRate({ source, epochs: 3 } as { readonly source: string })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("is written as a table and a plot, which replace earlier ones", async () => {
    const out = join(folder, "deep", "rates");
    const point = { step: 1, rate: 1e-6, loss: 0.5, smoothedLoss: 0.25 };
    await writeLearningRates(out, [point, point], Uint8Array.of(1));
    await writeLearningRates(out, [point], Uint8Array.of(2));
    expect(readdirSync(out).toSorted()).toEqual(["learning-rates.csv", "learning-rates.png"]);
    expect(readFileSync(join(out, "learning-rates.csv"), "utf8")).toBe(
      "step,rate,loss,smoothed_loss\n1,0.000001,0.5,0.25\n",
    );
    expect([...readFileSync(join(out, "learning-rates.png"))]).toEqual([2]);
  });
});
