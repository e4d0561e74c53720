// Frozen blocks: what a block is, that training is Keras', and that nothing frozen ever changes, or costs a gradient.

import { readFileSync } from "node:fs";

import { memory, profile, tensor, tensor2d, tensor4d, type Variable } from "@tensorflow/tfjs-core";
import { layers, model, sequential, input, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { describe, expect, it, onTestFinished } from "vitest";

import type { Backend } from "../backend/operations.ts";
import { startBackend } from "../node/backends/start.ts";
import { BACKENDS_HERE } from "../testing/backends.ts";
import { smallSession, SMALL_NETWORK, trained, trainedInTwo, type SmallTraining } from "../testing/small-training.ts";
import { folderForAllTests } from "../testing/striped-classes.ts";
import { Learner } from "../training/learner.ts";
import { ARTICLE } from "../training/recipes.ts";
import { Generator } from "../values/generator.ts";
import { Classifier } from "./classifier.ts";
import { compactNetwork } from "./compact-network.ts";
import { blocksOf, freezeBlocks } from "./frozen-blocks.ts";
import { referenceNetwork } from "./reference-network.ts";

/** `frozen.json`: see golden/make_frozen.py. */
interface Golden {
  readonly rate: number;
  readonly side: number;
  readonly classes: number;
  readonly pictures: number[];
  /** Index of each picture's class. */
  readonly labels: readonly number[];
  /** All weights before training, in the order of the layers. */
  readonly start: readonly number[][];
  readonly cases: readonly {
    readonly freeze: number;
    readonly losses: readonly number[];
    /** All weights after training. */
    readonly weights: readonly (readonly number[])[];
  }[];
}

const GOLDEN = JSON.parse(readFileSync(new URL("../../golden/frozen.json", import.meta.url), "utf8")) as Golden;

const folder = folderForAllTests();

/** The golden network with its weights before training, and some of its blocks frozen. */
function goldenNetwork(freeze: number) {
  const { side, classes } = GOLDEN;
  const network = sequential({
    layers: [
      layers.conv2d({ inputShape: [side, side, 1], filters: 4, kernelSize: 3, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.batchNormalization(),
      layers.conv2d({ filters: 4, kernelSize: 3, useBias: false }),
      layers.batchNormalization(),
      layers.activation({ activation: "relu" }),
      layers.flatten(),
      layers.dense({ units: classes, activation: "softmax" }),
    ],
  });
  onTestFinished(() => void network.dispose());
  for (const [index, variable] of variablesOf(network).entries())
    variable.assign(tensor(GOLDEN.start[index] ?? [], variable.shape));
  freezeBlocks(network, freeze);
  return network;
}

/** All weights, layer by layer. */
function variablesOf(network: ReturnType<typeof sequential>): readonly Variable[] {
  return network.layers.flatMap((layer) => layer.weights.map((weight) => weight.read() as Variable));
}

/** The pictures and labels of the golden batch, disposed of after the test. */
function goldenBatch() {
  const { side, classes, pictures, labels } = GOLDEN;
  const batch = {
    pictures: tensor4d(pictures, [labels.length, side, side, 1]),
    labels: tensor2d(labels.map((label) => Array.from({ length: classes }, (_, index) => Number(index === label)))),
  };
  onTestFinished(() => {
    batch.pictures.dispose();
    batch.labels.dispose();
  });
  return batch;
}

const BATCH_NORMS = [
  { statistics: [4, 5], isFrozenAt: 1 },
  { statistics: [9, 10], isFrozenAt: 2 },
];

describe.each(BACKENDS_HERE)("on %s, a step with frozen blocks", (name) => {
  it.each(GOLDEN.cases)(
    "is Keras' with $freeze of 3 blocks, and changes no bit of them",
    async ({ freeze, losses, weights }) => {
      const backend = await startBackend(name);
      const network = goldenNetwork(freeze);
      const recipe = { ...ARTICLE, optimizer: { method: "sgd", momentum: 0 } } as const;
      const learner = new Learner(new Classifier(network, backend), backend, recipe);
      onTestFinished(() => learner.dispose());
      const batch = goldenBatch();
      const generator = Generator.ofSeed(0);
      for (const loss of losses)
        expect(learner.train(batch, { generator, learningRate: GOLDEN.rate }).loss).toBeCloseTo(loss, 4);
      // Keras keeps moving averages of the statistics; a training here computes them after each epoch.
      const moving = new Set(
        BATCH_NORMS.filter(({ isFrozenAt }) => freeze < isFrozenAt).flatMap(({ statistics }) => statistics),
      );
      const frozen = [0, 6, 11][freeze] ?? 0;
      for (const [index, variable] of variablesOf(network).entries()) {
        const values = variable.dataSync<"float32">();
        if (index < frozen) expect(values).toEqual(Float32Array.from(GOLDEN.start[index] ?? []));
        if (moving.has(index)) continue;
        for (const [place, value] of (weights[index] ?? []).entries()) expect(values[place]).toBeCloseTo(value, 4);
      }
    },
  );
});

describe("a step with frozen blocks", () => {
  /** Names of the kernels of a step. */
  async function kernelsOf(backend: Backend, freeze: number): Promise<readonly string[]> {
    const classifier = new Classifier(goldenNetwork(freeze), backend);
    const batch = goldenBatch();
    const { kernels } = await profile(() => {
      const { gradients } = classifier.gradients(batch, { kind: "training", generator: Generator.ofSeed(0) });
      for (const each of Object.values(gradients)) each.dispose();
    });
    return kernels.map((kernel) => kernel.name);
  }

  it("computes no gradients for them", async () => {
    const backend = await startBackend("wasm");
    const gradients = async (freeze: number) =>
      (await kernelsOf(backend, freeze)).filter((kernel) => /gradient|backprop/i.test(kernel)).toSorted();
    const [all, one, two] = [await gradients(0), await gradients(1), await gradients(2)];
    const norm = "SilhouetteBatchNormGradient";
    expect(all).toEqual(expect.arrayContaining([norm, norm, "SilhouetteConvPoolFilterGradient"]));
    // What the convolution of the second block would pass on to the first is asked for, but never read, and so never computed.
    expect(one).toEqual(["Conv2DBackpropFilter", "Conv2DBackpropInput", norm]);
    expect(two).toEqual([]);
  });
});

describe("a block", () => {
  it("is a layer with a kernel, and those after it up to the next one", async () => {
    await startBackend("wasm");
    const before = memory().numTensors;
    const generator = Generator.ofSeed(0);
    const compact = compactNetwork({ width: 16, height: 16, classes: 2 }, generator);
    const reference = referenceNetwork({ width: 94, height: 94, classes: 2 }, generator);
    const classesOf = (network: typeof compact) =>
      blocksOf(network).map((block) => block.map((layer) => layer.getClassName()));
    expect(classesOf(compact).map(([first]) => first)).toEqual([...Array.from({ length: 5 }, () => "Conv2D"), "Dense"]);
    expect(classesOf(compact)[0]).toEqual(["Conv2D", "MaxPooling2D", "BatchNormalization", "Activation"]);
    expect(classesOf(reference)).toHaveLength(8);
    expect(classesOf(reference)[4]).toEqual(["Conv2D", "MaxPooling2D", "BatchNormalization", "Dropout", "Flatten"]);
    compact.dispose();
    reference.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it("may be in a nested network, or in a branch; layers before the first kernel are in the first block", async () => {
    await startBackend("wasm");
    const start = input({ shape: [8, 8, 1] });
    const scaled = layers.batchNormalization().apply(start) as SymbolicTensor;
    const one = layers.conv2d({ filters: 2, kernelSize: 3 }).apply(scaled) as SymbolicTensor;
    const inner = sequential({
      layers: [layers.conv2d({ inputShape: [8, 8, 1], filters: 2, kernelSize: 3 }), layers.reLU()],
    });
    const other = inner.apply(scaled) as SymbolicTensor;
    const flat = layers.flatten().apply(layers.add().apply([one, other])) as SymbolicTensor;
    const network = model({
      inputs: start,
      outputs: layers.dense({ units: 2, activation: "softmax" }).apply(flat) as SymbolicTensor,
    });
    onTestFinished(() => void network.dispose());
    const [first, second, last, ...others] = blocksOf(network);
    expect(first?.map((layer) => layer.getClassName())).toContain("BatchNormalization");
    expect([...(first ?? []), ...(second ?? [])].filter((layer) => layer.getClassName() === "Conv2D")).toHaveLength(2);
    expect(last?.map((layer) => layer.getClassName())).toEqual(["Dense"]);
    expect(others).toEqual([]);
  });

  it.each([3, 4, 1e9])(
    "must be left to train: %d frozen ones of 3 are refused, and nothing is frozen",
    async (count) => {
      await startBackend("wasm");
      const network = SMALL_NETWORK({ width: 12, height: 12, classes: 2 });
      onTestFinished(() => void network.dispose());
      expect(() => freezeBlocks(network, count)).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: expect.stringContaining("of the 3 blocks") as string,
        }) as Error,
      );
      expect(network.layers.every(({ trainable }) => trainable)).toBe(true);
    },
  );
});

describe("a training with frozen blocks", () => {
  const training = {
    folder,
    recipe: { freeze: 1, optimizer: { method: "adamw", weightDecay: 0.1 }, averagedWeights: 0.5 },
  } satisfies SmallTraining;

  it("changes neither their weights nor their statistics, by decay and averages neither", async () => {
    const { checkpoint } = await trained(await smallSession(training));
    const fresh = await trained(await smallSession({ ...training, recipe: { ...training.recipe, freeze: 0 } }));
    const free = await smallSession({ ...training, recipe: { ...training.recipe, freeze: 2 } });
    const two = await trained(free);
    // Frozen weights come last, in the order of the layers: kernel, bias, scale, offset, mean and variance of the first block.
    const [one, more] = [checkpoint.weights.slice(-8, -2), two.checkpoint.weights];
    expect(checkpoint.weights).toHaveLength(fresh.checkpoint.weights.length);
    const valuesOf = (all: typeof more) => all.map(({ shape, values }) => ({ shape, values }));
    for (const each of valuesOf(one)) expect(valuesOf(more)).toContainEqual(each);
    for (const each of valuesOf(one).slice(0, 1)) expect(valuesOf(fresh.checkpoint.weights)).not.toContainEqual(each);
  });

  it("gives the same, byte for byte, if it is stopped and resumed", async () => {
    const whole = await trained(await smallSession(training));
    expect(await trainedInTwo(training, { epoch: 2, step: 2 })).toEqual(whole);
  });
});
