// What a recipe says, step by step; and that a run goes by the recipe that it records.

import { memory } from "@tensorflow/tfjs-core";
import { expect, it, onTestFinished } from "vitest";

import { withBatch } from "../network/batch.ts";
import { Classifier } from "../network/classifier.ts";
import { referenceNetwork, SHORTEST_SIDE } from "../network/reference-network.ts";
import { startBackend } from "../node/backends/start.ts";
import { CONFIG } from "../testing/run-files.ts";
import { folderForAllTests, stripedPictures } from "../testing/striped-classes.ts";
import { Generator } from "../values/generator.ts";
import { weightsOf } from "./class-weights.ts";
import { fit } from "./fit.ts";
import { rateOf } from "./learning-rate.ts";
import { Learner } from "./learner.ts";
import { ARTICLE, recipeShape } from "./recipe.ts";
import { START, type EpochRecord } from "./state.ts";
import { configOf } from "./run-config.ts";
import { isOver } from "./stopping.ts";

const folder = folderForAllTests();

const record = (epoch: number): EpochRecord => ({
  epoch,
  loss: 1,
  accuracy: 0.5,
  valLoss: null,
  valAccuracy: null,
  seconds: 1,
});

it("the article's recipe has one rate, ends after its epochs, weighs all classes alike, and changes no picture", () => {
  const { learningRate, stopping, classWeights, augmentation } = ARTICLE;
  for (const step of [1, 2, 40]) expect(rateOf(learningRate, { epoch: 3, step, steps: 40, epochs: 5 }, [])).toBe(0.001);
  expect(
    [0, 4, 5, 6].map((done) =>
      isOver(
        stopping,
        5,
        Array.from({ length: done }, (_, at) => record(at + 1)),
      ),
    ),
  ).toEqual([false, false, true, true]);
  expect([...weightsOf(classWeights, [900, 3])]).toEqual([1, 1]);
  expect(augmentation).toBeNull();
});

it("a recipe comes back from its JSON, and another one is refused by its name", () => {
  expect(recipeShape(JSON.parse(JSON.stringify(ARTICLE)), "recipe")).toEqual(ARTICLE);
  expect(() => recipeShape({ ...ARTICLE, augmentation: "warp" }, "recipe")).toThrow('recipe.augmentation is "warp"');
  const learningRate = { schedule: "cosine", rate: 1 };
  expect(() => recipeShape({ ...ARTICLE, learningRate }, "recipe")).toThrow('recipe.learningRate.schedule is "cosine"');
});

it("the weight of a class multiplies what its pictures add to the loss, and a weight of 1 changes no bit", async () => {
  const backend = await startBackend("wasm");
  const pictures = await stripedPictures(
    folder,
    { labels: ["a", "b"], counts: { train: 2, val: 0, test: 0 } },
    "train",
  );
  const network = referenceNetwork({ width: SHORTEST_SIDE, height: SHORTEST_SIDE, classes: 2 }, Generator.ofSeed(1));
  const classifier = new Classifier(network, backend);
  onTestFinished(() => void network.dispose());
  const lossOf = (indices: Int32Array, ...weights: number[]): number =>
    withBatch(pictures, indices, (batch) => classifier.evaluate(batch).loss, {
      classWeights: Float32Array.from(weights),
    });
  const [first, second] = [0, 1].map((index) =>
    withBatch(pictures, Int32Array.of(index), (batch) => classifier.evaluate(batch).loss),
  );
  const both = Int32Array.of(0, 1);
  expect(lossOf(both, 1, 1)).toBe(withBatch(pictures, both, (batch) => classifier.evaluate(batch).loss));
  expect(lossOf(both, 3, 0.5)).toBeCloseTo((3 * (first ?? 0) + 0.5 * (second ?? 0)) / 2, 5);
});

it("the loop goes by the rate of its recipe: with a rate of almost nothing the weights stay", async () => {
  const backend = await startBackend("wasm");
  const training = await stripedPictures(
    folder,
    { labels: ["a", "b"], counts: { train: 4, val: 0, test: 0 } },
    "train",
  );
  const before = memory().numTensors;
  const afterEpochAt = async (rate: number): Promise<number> => {
    const network = referenceNetwork({ width: SHORTEST_SIDE, height: SHORTEST_SIDE, classes: 2 }, Generator.ofSeed(1));
    const learner = new Learner(new Classifier(network, backend), backend);
    const kernel = (): Float32Array => network.trainableWeights[0]?.read().dataSync<"float32">() ?? new Float32Array();
    const start = kernel();
    const history = await fit({
      learner,
      recipe: { ...ARTICLE, learningRate: { schedule: "constant", rate, warmupEpochs: 0 } },
      training,
      validation: training.filter(() => false),
      sample: Int32Array.of(0, 1, 2, 3),
      epochs: 1,
      batch: 4,
      minBatch: 1,
      generator: Generator.ofSeed(2),
      from: START,
      history: [],
    });
    expect(history.map(({ epoch }) => epoch)).toEqual([1]);
    const moved = Math.max(...kernel().map((value, index) => Math.abs(value - (start[index] ?? 0))));
    learner.dispose();
    network.dispose();
    return moved;
  };
  expect(await afterEpochAt(1e-12)).toBeLessThan(1e-9);
  expect(await afterEpochAt(0.01)).toBeGreaterThan(0.005);
  expect(memory().numTensors).toBe(before);
});

it("a run is configured only with whole numbers of epochs and pictures, and a seed", async () => {
  const training = await stripedPictures(
    folder,
    { labels: ["a", "b"], counts: { train: 2, val: 0, test: 0 } },
    "train",
  );
  const pictures = { train: training, val: training, test: training };
  const backend = { name: "wasm", kernelSet: "simd128" } as const;
  const settings = { source: "a", epochs: 1, batch: 1, seed: 0, recipe: ARTICLE, network: "reference" } as const;
  const run = { ...settings, dataset: CONFIG.dataset, pictures, backend };
  expect(configOf(run)).toMatchObject({ epochs: 1, recipe: ARTICLE, kernelSet: "simd128" });
  for (const wrong of [{ epochs: 0 }, { batch: 1.5 }, { seed: -1 }]) {
    expect(() => configOf({ ...run, ...wrong })).toThrow(Object.keys(wrong)[0]);
  }
});
