// Population statistics equal those of all values at once; and the reason why they are computed.

import { drawingFrom } from "../testing/learning.ts";
import { Learner } from "../training/learner.ts";
import { memory, tensor4d, tidy, type Tensor4D } from "@tensorflow/tfjs-core";
import { input, layers, model, sequential, type LayersModel, type Sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import type { Backend } from "../backend/operations.ts";
import { partsOf, withBatch } from "./batch.ts";
import { Classifier } from "./classifier.ts";
import { Generator } from "../values/generator.ts";
import { referenceNetwork, SHORTEST_SIDE } from "./reference-network.ts";
import { emptyFolder } from "../testing/folders.ts";
import { stripedBatch } from "../testing/striped-classes.ts";

const [HEIGHT, WIDTH, CHANNELS] = [5, 4, 3] as const;

/** A network with only BatchNorm between the pictures and the output. */
function normNetwork(): Sequential {
  const network = sequential();
  network.add(layers.batchNormalization({ inputShape: [HEIGHT, WIDTH, CHANNELS] }));
  network.add(layers.flatten());
  network.add(layers.dense({ units: 2, activation: "softmax" }));
  onTestFinished(() => void network.dispose());
  return network;
}

/** A network with BatchNorm in one of two branches. */
function branchingNorm(): LayersModel {
  const inputs = input({ shape: [HEIGHT, WIDTH, CHANNELS] });
  const norm = layers.batchNormalization().apply(inputs) as typeof inputs;
  return model({ inputs, outputs: layers.add().apply([inputs, norm]) as typeof inputs });
}

/** BatchNorm's scale, offset, mean and variance. */
function normWeights(network: Sequential): readonly number[][] {
  return (network.layers[0]?.getWeights() ?? []).map((weight) => [...weight.dataSync()]);
}

/** Batches of different sizes whose channels are far apart: around 0, 10 and -3. */
function drawnBatches(sizes: readonly number[]): readonly (readonly number[])[] {
  const generator = Generator.ofSeed(1);
  return sizes.map((size, batch) =>
    Array.from({ length: size * HEIGHT * WIDTH * CHANNELS }, (_, at) => {
      const center = [0, 10, -3][at % CHANNELS] ?? 0;
      return Math.fround(center + batch + 4 * generator.uniform());
    }),
  );
}

/** Mean and variance of every channel. */
function statisticsOf(values: readonly number[]): { readonly means: number[]; readonly variances: number[] } {
  const channels = Array.from({ length: CHANNELS }, (_, channel) =>
    values.filter((__, at) => at % CHANNELS === channel),
  );
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const means = channels.map(mean);
  return { means, variances: channels.map((each, channel) => mean(each.map((v) => (v - (means[channel] ?? 0)) ** 2))) };
}

function pictureTensor(values: readonly number[]): Tensor4D {
  return tensor4d([...values], [values.length / HEIGHT / WIDTH / CHANNELS, HEIGHT, WIDTH, CHANNELS]);
}

let backend: Backend;

beforeAll(async () => {
  backend = await startBackend("auto");
});

describe("population statistics", () => {
  it.each([[[6]], [[4, 4, 4]], [[5, 1, 3]]])("over batches of %j equal those of all their values at once", (sizes) => {
    const network = normNetwork();
    const classifier = new Classifier(network, backend);
    const batches = drawnBatches(sizes);
    const tensors = memory().numTensors;
    const statistics = classifier.populationStatistics();
    tidy(() => batches.forEach((values) => statistics.add(pictureTensor(values))));
    statistics.apply();
    const expected = statisticsOf(batches.flat());
    const [scale, offset, mean, variance] = normWeights(network);
    for (let channel = 0; channel < CHANNELS; channel++) {
      const [mu, sigma2] = [expected.means[channel] ?? 0, expected.variances[channel] ?? 0];
      expect(Math.abs((mean?.[channel] ?? 0) - mu)).toBeLessThan(1e-5 * Math.max(1, Math.abs(mu)));
      expect(Math.abs((variance?.[channel] ?? 0) / sigma2 - 1)).toBeLessThan(1e-5);
    }
    expect([scale, offset]).toEqual([
      [1, 1, 1],
      [0, 0, 0],
    ]);
    expect(memory().numTensors).toBe(tensors);
  });

  it.each([
    ["in a chain", () => layers.batchNormalization({ inputShape: [HEIGHT, WIDTH, CHANNELS] })],
    ["in a model with branches", branchingNorm],
    ["of each row", () => layers.timeDistributed({ layer: layers.batchNormalization() })],
  ])("equal those of all values for a nested layer: %s", (_, make) => {
    const network = sequential();
    network.add(layers.reshape({ inputShape: [HEIGHT, WIDTH, CHANNELS], targetShape: [HEIGHT, WIDTH, CHANNELS] }));
    network.add(make());
    network.add(layers.flatten());
    network.add(layers.dense({ units: 2, activation: "softmax" }));
    const classifier = new Classifier(network, backend);
    const batches = drawnBatches([3, 4]);
    const statistics = classifier.populationStatistics();
    tidy(() => batches.forEach((values) => statistics.add(pictureTensor(values))));
    statistics.apply();
    const expected = statisticsOf(batches.flat());
    const [mean, variance] = network.layers[1]?.getWeights().slice(-2) ?? [];
    for (let channel = 0; channel < CHANNELS; channel++) {
      expect(mean?.dataSync()[channel]).toBeCloseTo(expected.means[channel] ?? 0, 3);
      expect((variance?.dataSync()[channel] ?? 0) / (expected.variances[channel] ?? 0)).toBeCloseTo(1, 3);
    }
    network.dispose();
  });

  it("are not negative for values that are all equal", () => {
    const network = normNetwork();
    const classifier = new Classifier(network, backend);
    const statistics = classifier.populationStatistics();
    const same = Array.from({ length: 2 * HEIGHT * WIDTH * CHANNELS }, (_, at) => [0.1, 1e4, -7][at % CHANNELS] ?? 0);
    tidy(() => statistics.add(pictureTensor(same)));
    statistics.apply();
    const [, , mean, variance] = normWeights(network);
    for (const [channel, value] of [0.1, 1e4, -7].entries()) expect((mean?.[channel] ?? 0) / value).toBeCloseTo(1, 5);
    for (const each of variance ?? [-1]) expect(each).toBeGreaterThanOrEqual(0);
  });

  it("change nothing without batches", () => {
    const network = normNetwork();
    const classifier = new Classifier(network, backend);
    const before = normWeights(network);
    classifier.populationStatistics().apply();
    expect(normWeights(network)).toEqual(before);
  });

  it("make a network correct after its first steps, when moving averages would be useless", async () => {
    const labels = ["a", "b", "c"];
    const dataset = { labels, counts: { train: 3, val: 0, test: 2 } };
    const [training, test] = [
      await stripedBatch(emptyFolder(), dataset, "train"),
      await stripedBatch(emptyFolder(), dataset, "test"),
    ];
    const all = (size: number) => Int32Array.from({ length: size }, (_, index) => index);
    const shape = { width: SHORTEST_SIDE, height: SHORTEST_SIDE, classes: labels.length };
    const network = referenceNetwork(shape, Generator.ofSeed(1));
    const classifier = new Classifier(network, backend);
    const learner = new Learner(classifier, backend);
    const generator = Generator.ofSeed(2);
    const evaluated = () => withBatch(test.take(all(test.size)), (batch) => classifier.evaluate(batch));

    for (let step = 0; step < 12; step++) {
      withBatch(training.take(all(training.size)), (batch) => learner.train(batch, drawingFrom(generator)));
    }
    // The initial values 0 and 1, which training does not change.
    const before = evaluated();
    const statistics = classifier.populationStatistics();
    for (const indices of partsOf(all(training.size), { batch: 4 })) {
      withBatch(training.take(indices), ({ pictures }) => statistics.add(pictures));
    }
    statistics.apply();
    const after = evaluated();
    const actual = all(test.size).map((index) => test.at(index).label);
    expect(after.predicted).toEqual(actual);
    expect(before.predicted).not.toEqual(actual);
    expect(after.loss).toBeLessThan(before.loss / 2);
    learner.dispose();
    network.dispose();
  });
});
