// Training steps learn, repeat byte for byte, leak nothing, and stop before they do harm.

import { crc32 } from "node:zlib";

import { memory, tensor, type Tensor, type Variable } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import type { Backend } from "../backend/operations.ts";
import { withBatch } from "../network/batch.ts";
import { Classifier, type BatchResult } from "../network/classifier.ts";
import { Damage } from "../values/errors.ts";
import { Generator } from "../values/generator.ts";
import { referenceNetwork, SHORTEST_SIDE } from "../network/reference-network.ts";
import type { LoadedPictures } from "../dataset/loaded-pictures.ts";
import { drawingFrom } from "../testing/learning.ts";
import { Learner } from "./learner.ts";
import { folderForAllTests, stripedBatch } from "../testing/striped-classes.ts";

const LABELS = ["car", "bus", "motorcycle"];

const folder = folderForAllTests();

/** Nine pictures with alternating classes. */
let pictures: LoadedPictures;

const FOUR = Int32Array.of(0, 1, 2, 3);

/** A reference network of this seed, disposed of after the test. */
function learnerOf(seed: number): Learner {
  const shape = { width: SHORTEST_SIDE, height: SHORTEST_SIDE, classes: LABELS.length };
  const network = referenceNetwork(shape, Generator.ofSeed(seed));
  const learner = new Learner(new Classifier(network, backend), backend);
  onTestFinished(() => {
    learner.dispose();
    network.dispose();
  });
  return learner;
}

/** CRC-32 of all weights and moments: comparing a million values one by one takes seconds. */
function checksumsOf(learner: Learner): readonly number[] {
  const { weights, optimizer } = learner.state();
  return [...weights, ...Object.values(optimizer.slots).flat()].map(({ values }) =>
    crc32(new Uint8Array(values.buffer)),
  );
}

/** Changes the first value of the network's weight `index`. */
function changeFirst({ classifier }: Learner, index: number, value: number): void {
  const weight = classifier.network.weights[index]?.read() as Variable;
  const values = weight.dataSync<"float32">();
  values[0] = value;
  const changed: Tensor = tensor(values, weight.shape);
  weight.assign(changed);
  changed.dispose();
}

let backend: Backend;

beforeAll(async () => {
  backend = await startBackend("auto");
  pictures = await stripedBatch(folder, { labels: LABELS, counts: { train: 3, val: 0, test: 0 } }, "train");
});

describe("a learner", () => {
  it("overfits eight pictures", () => {
    const learner = learnerOf(1);
    const generator = Generator.ofSeed(2);
    const eight = Int32Array.from({ length: 8 }, (_, index) => index);
    const classes = Int32Array.from(eight, (index) => pictures.at(index).label);
    let result: BatchResult = { loss: Number.POSITIVE_INFINITY, predicted: new Int32Array() };
    let first: number | undefined;
    for (let step = 0; step < 60 && result.loss > 0.05; step++) {
      result = withBatch(pictures.take(eight), (batch) => learner.train(batch, drawingFrom(generator)));
      first ??= result.loss;
    }
    // At chance level first: ln 3 is 1.1.
    expect(first).toBeGreaterThan(0.5);
    expect(result.loss).toBeLessThan(0.05);
    expect(result.predicted).toEqual(classes);

    // Predictions stay correct without dropout and with statistics of these pictures.
    const statistics = learner.classifier.populationStatistics();
    withBatch(pictures.take(eight), (batch) => statistics.add(batch.pictures));
    statistics.apply();
    const evaluated = withBatch(pictures.take(eight), (batch) => learner.classifier.evaluate(batch));
    expect(evaluated.loss).toBeLessThan(0.05);
    expect(evaluated.predicted).toEqual(classes);
  });

  it("reports consistent predictions, loss and probabilities", () => {
    const learner = learnerOf(3);
    withBatch(pictures.take(FOUR), (batch) => {
      const { loss, predicted, probabilities: evaluated } = learner.classifier.evaluate(batch);
      const probabilities = learner.classifier.probabilities(batch.pictures);
      const rows = [...FOUR].map((row) => [...probabilities.subarray(3 * row, 3 * row + 3)]);
      for (const row of rows) expect(row.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 6);
      expect([...predicted]).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
      expect([...evaluated]).toEqual([...probabilities]);
      const losses = rows.map((row, index) => -Math.log(row[pictures.at(index).label] ?? 0));
      expect(loss).toBeCloseTo(losses.reduce((sum, each) => sum + each, 0) / 4, 5);
    });
  });

  it("gives the same weights, byte for byte, for the same seeds, and different ones for different seeds", () => {
    const weightsAfter = (seed: number, dropoutSeed: number): readonly number[] => {
      const learner = learnerOf(seed);
      const generator = Generator.ofSeed(dropoutSeed);
      for (let step = 0; step < 3; step++) {
        withBatch(pictures.take(FOUR), (batch) => learner.train(batch, drawingFrom(generator)));
      }
      return checksumsOf(learner);
    };
    const first = weightsAfter(1, 2);
    expect(weightsAfter(1, 2)).toEqual(first);
    expect(weightsAfter(9, 2)).not.toEqual(first);
    expect(weightsAfter(1, 9)).not.toEqual(first);
  });

  it("continues from its state as if it had never stopped", () => {
    const [one, other] = [learnerOf(1), learnerOf(2)];
    const [generator, later] = [Generator.ofSeed(3), Generator.ofSeed(4)];
    const step = (learner: Learner, draws: Generator) =>
      withBatch(pictures.take(FOUR), (batch) => learner.train(batch, drawingFrom(draws)));
    step(one, generator);
    step(one, generator);
    const state = one.state();
    const before = checksumsOf(one);
    other.restore(state);
    later.restore(generator.state);
    expect(checksumsOf(other)).toEqual(before);
    expect(step(other, later)).toEqual(step(one, generator));
    expect(checksumsOf(other)).toEqual(checksumsOf(one));
    // The state is a copy and has not changed.
    other.restore(state);
    expect(checksumsOf(other)).toEqual(before);
  });

  it("rejects the state of another network", () => {
    const shape = { width: SHORTEST_SIDE, height: SHORTEST_SIDE, classes: 2 };
    const network = referenceNetwork(shape, Generator.ofSeed(1));
    const learner = new Learner(new Classifier(network, backend), backend);
    const state = learnerOf(1).state();
    const rejection = Damage;
    expect(() => learner.restore(state)).toThrow(rejection);
    expect(() => learner.restore({ ...state, weights: learner.state().weights })).toThrow(rejection);
    learner.dispose();
    network.dispose();
  });

  it("leaks no tensors in steps, statistics and predictions, and keeps none after it is disposed of", () => {
    const empty = memory().numTensors;
    const shape = { width: SHORTEST_SIDE, height: SHORTEST_SIDE, classes: 3 };
    const network = referenceNetwork(shape, Generator.ofSeed(1));
    const withNetwork = memory().numTensors;
    const learner = new Learner(new Classifier(network, backend), backend);
    const generator = Generator.ofSeed(2);
    const work = (): void =>
      withBatch(pictures.take(Int32Array.of(0, 1)), (batch) => {
        learner.train(batch, drawingFrom(generator));
        learner.classifier.evaluate(batch);
        learner.classifier.probabilities(batch.pictures);
        const statistics = learner.classifier.populationStatistics();
        statistics.add(batch.pictures);
        statistics.apply();
        learner.restore(learner.state());
      });
    work();
    const { numTensors, numBytes, numDataBuffers } = memory();
    for (let round = 0; round < 3; round++) work();
    expect(memory()).toMatchObject({ numTensors, numBytes, numDataBuffers });
    learner.dispose();
    expect(memory().numTensors).toBe(withNetwork);
    network.dispose();
    expect(memory().numTensors).toBe(empty);
  });
});

describe("a training that has diverged", () => {
  const rejection = expect.objectContaining({ code: "LOSS_NOT_FINITE" }) as Error;

  // The kernels of the first convolution and of the first dense layer, and the last bias.
  it.each([
    [0, Number.NaN],
    [20, Number.NaN],
    [25, Number.NaN],
    [0, Number.POSITIVE_INFINITY],
    [25, Number.POSITIVE_INFINITY],
  ])("is rejected without changes if value 0 of weight %i is %d", (index, value) => {
    const learner = learnerOf(1);
    changeFirst(learner, index, value);
    const before = checksumsOf(learner);
    const tensors = memory().numTensors;
    const step = () =>
      withBatch(pictures.take(FOUR), (batch) => learner.train(batch, drawingFrom(Generator.ofSeed(2))));
    expect(step).toThrow(rejection);
    expect(checksumsOf(learner)).toEqual(before);
    expect(learner.state().optimizer.step).toBe(0);
    expect(memory().numTensors).toBe(tensors);
  });

  it("is rejected if population statistics are NaN", () => {
    const learner = learnerOf(1);
    learner.classifier.checkFinite();
    const tensors = memory().numTensors;
    // A moving variance: these come last.
    changeFirst(learner, learner.classifier.network.weights.length - 1, Number.POSITIVE_INFINITY);
    expect(() => learner.classifier.checkFinite()).toThrow(rejection);
    expect(memory().numTensors).toBe(tensors);
  });

  it.each([Number.NaN, Number.NEGATIVE_INFINITY])("is not resumed from a checkpoint with %d", (value) => {
    const learner = learnerOf(1);
    const state = learner.state();
    const damaged = Damage;
    for (const group of [state.weights, ...Object.values(state.optimizer.slots)]) {
      const values = group[3]?.values ?? new Float32Array();
      const [before = 0] = values;
      values[0] = value;
      expect(() => learner.restore(state)).toThrow(damaged);
      values[0] = before;
    }
    learner.restore(state);
  });
});
