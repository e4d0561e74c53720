// The forward pass equals that of tf.layers: in inference, in training, and for layers that are not computed together.

import {
  div,
  log,
  memory,
  moments,
  mul,
  neg,
  reshape,
  sqrt,
  sum,
  tensor,
  tensor2d,
  tensor4d,
  tidy,
  variableGrads,
  type Scalar,
  type Tensor,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import {
  input as inputOf,
  layers,
  model,
  sequential,
  type Sequential,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import type { Backend } from "../backend/operations.ts";
import { Classifier } from "./classifier.ts";
import { compactNetwork } from "./compact-network.ts";
import { forward } from "./forward.ts";
import { Generator } from "../values/generator.ts";
import { referenceNetwork, SHORTEST_SIDE } from "./reference-network.ts";
import { stagesOf } from "./stages.ts";
import { BACKENDS_HERE } from "../testing/backends.ts";

type Convolution = Partial<Parameters<typeof layers.conv2d>[0]>;
type Pooling = Partial<Parameters<typeof layers.maxPooling2d>[0]>;

const CLASSES = 3;

/** A network with the reference network's kinds of layers, for pictures of 25 x 22; its dropout layers drop nothing. */
function smallNetwork(convolution: Convolution = {}, pooling: Pooling = {}): Sequential {
  const network = sequential();
  network.add(
    layers.conv2d({ inputShape: [25, 22, 1], filters: 8, kernelSize: 3, activation: "relu", ...convolution }),
  );
  network.add(layers.maxPooling2d({ poolSize: 2, strides: 2, ...pooling }));
  network.add(layers.batchNormalization());
  network.add(layers.conv2d({ filters: 4, kernelSize: 3, activation: "relu" }));
  network.add(layers.maxPooling2d({ poolSize: 2, strides: 2 }));
  network.add(layers.batchNormalization({ epsilon: 0.01 }));
  network.add(layers.dropout({ rate: 0 }));
  network.add(layers.flatten());
  network.add(layers.dense({ units: 5, activation: "relu" }));
  network.add(layers.dense({ units: CLASSES, activation: "softmax" }));
  randomize(network, 1);
  onTestFinished(() => void network.dispose());
  return network;
}

/** Draws all weights, so that every bias, offset and scale has an effect; variances stay above 0. */
function randomize(network: Sequential, seed: number): void {
  const generator = Generator.ofSeed(seed);
  tidy(() => {
    for (const layer of network.layers) {
      const isNorm = layer.getClassName() === "BatchNormalization";
      const drawn = layer.getWeights().map((weight) => {
        const reach = weight.rank > 1 ? Math.sqrt(6 / (weight.size / (weight.shape.at(-1) ?? 1))) : 0.5;
        const values = Array.from(weight.dataSync(), () => (isNorm ? 1 : 0) + (2 * generator.uniform() - 1) * reach);
        return tensor(values, weight.shape);
      });
      layer.setWeights(drawn);
    }
  });
}

/** Pictures of numbers from 0 to 1: pictures of only 0 and 1 would have ties of maxima everywhere. */
function picturesFor(network: Sequential, count: number): Tensor4D {
  const [, height = 0, width = 0] = (network.inputs[0]?.shape ?? []) as number[];
  const generator = Generator.ofSeed(2);
  const values = Float32Array.from({ length: count * height * width }, () => generator.uniform());
  const pictures = tensor4d(values, [count, height, width, 1]);
  onTestFinished(() => pictures.dispose());
  return pictures;
}

function labelsFor(count: number): Float32Array {
  return Float32Array.from({ length: count * CLASSES }, (_, at) =>
    at % CLASSES === Math.floor(at / CLASSES) % CLASSES ? 1 : 0,
  );
}

function expectProbabilitiesOfLayers(network: Sequential, count: number): void {
  const pictures = picturesFor(network, count);
  const classifier = new Classifier(network, backend);
  const ours = classifier.probabilities(pictures);
  const theirs = tidy(() => (network.predict(pictures) as Tensor).dataSync());
  // All differ, so that mixing them up would be noticed.
  expect(new Set(ours).size).toBe(count * CLASSES);
  for (const [index, each] of ours.entries()) expect(Math.abs(each - (theirs[index] ?? 0))).toBeLessThan(1e-5);
}

/** √Σ(a - b)² / √Σb². */
function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const squares = (value: (index: number) => number) =>
    Array.from({ length: b.length }, (_, index) => value(index) ** 2).reduce((total, each) => total + each, 0);
  expect(a).toHaveLength(b.length);
  return Math.sqrt(squares((index) => (a[index] ?? 0) - (b[index] ?? 0)) / squares((index) => b[index] ?? 0));
}

/** Networks that are divided into stages differently, with the kinds of their stages up to the first BatchNorm. */
const NETWORKS: readonly (readonly [string, Convolution, Pooling, readonly string[]])[] = [
  ["all layers as in the reference", {}, {}, ["convPool"]],
  ["a stride of 2", { strides: 2 }, {}, ["layer", "layer"]],
  ["7 filters", { filters: 7 }, {}, ["layer", "layer"]],
  ["padding", { padding: "same" }, {}, ["layer", "layer"]],
  ["another activation", { activation: "tanh" }, {}, ["layer", "layer"]],
  ["a convolution without bias", { useBias: false }, {}, ["layer", "layer"]],
  ["pooling of 3", {}, { poolSize: 3 }, ["layer", "layer"]],
  ["pooling by steps of 1", {}, { strides: 1 }, ["layer", "layer"]],
  ["padded pooling", {}, { padding: "same" }, ["layer", "layer"]],
  ["a filter of 5 x 2", { kernelSize: [5, 2] }, {}, ["convPool"]],
];

let backend: Backend;

describe.each(BACKENDS_HERE)("on %s", (backendName) => {
  beforeAll(async () => {
    backend = await startBackend(backendName);
  });

  describe.each(NETWORKS)("a network with %s", (_, convolution, pooling, kinds) => {
    it("has the expected stages", () => {
      const all = stagesOf(smallNetwork(convolution, pooling)).map(({ kind }) => kind);
      expect(all.slice(0, all.indexOf("batchNorm"))).toEqual(kinds);
    });

    it("returns the probabilities of tf.layers", () =>
      expectProbabilitiesOfLayers(smallNetwork(convolution, pooling), 4));

    it("has the loss and the gradients of tf.layers", () => {
      const network = smallNetwork(convolution, pooling);
      const pictures = picturesFor(network, 6);
      const labels = tensor2d(labelsFor(6), [6, CLASSES]);
      const classifier = new Classifier(network, backend);
      const { gradients, loss } = classifier.gradients(
        { pictures, labels },
        { kind: "statistics", report: () => undefined },
      );
      const { value, grads } = variableGrads(() => {
        const probabilities = network.apply(pictures, { training: true }) as Tensor;
        return div<Scalar>(neg(sum(mul(labels, log(probabilities)))), 6);
      });
      expect(Object.keys(gradients).toSorted()).toEqual(Object.keys(grads).toSorted());
      expect(Math.abs(loss - (value.dataSync()[0] ?? 0))).toBeLessThan(1e-5);
      for (const [name, theirs] of Object.entries(grads)) {
        expect([name, relativeDistance(gradients[name]?.dataSync() ?? [], theirs.dataSync()) < 1e-4]).toEqual([
          name,
          true,
        ]);
      }
      tidy(() =>
        [value, labels, ...Object.values(gradients), ...Object.values(grads)].forEach((each) => each.dispose()),
      );
    });
  });

  describe("a network with a dilated convolution, which is not trained", () => {
    it("returns the probabilities of tf.layers", () =>
      expectProbabilitiesOfLayers(smallNetwork({ dilationRate: 2 }), 4));
  });

  describe("the reference network", () => {
    it("returns the probabilities of tf.layers", () => {
      const network = referenceNetwork({ width: 101, height: SHORTEST_SIDE, classes: CLASSES }, Generator.ofSeed(1));
      randomize(network, 2);
      expectProbabilitiesOfLayers(network, 3);
      network.dispose();
    });

    it("has eight stages before it is flattened, and dropout where the reference has it", () => {
      const network = referenceNetwork({ width: 94, height: 94, classes: CLASSES }, Generator.ofSeed(1));
      const kinds = stagesOf(network).map(({ kind }) => kind);
      const blocks = Array.from({ length: 5 }, () => ["convPool", "batchNorm"]).flat();
      expect(kinds).toEqual([...blocks, "dropout", "layer", "layer", "dropout", "layer", "logits"]);
      network.dispose();
    });
  });

  describe("features", () => {
    it("are means and standard deviations of the maps between blocks, as of tf.layers, and what the last layer gets", () => {
      const network = compactNetwork({ width: 48, height: 32, classes: CLASSES }, Generator.ofSeed(1));
      onTestFinished(() => void network.dispose());
      randomize(network, 2);
      const pictures = picturesFor(network, 3);
      const { features } = new Classifier(network, backend).answer(pictures, { features: true });
      tidy(() => {
        const maps = network.layers.filter((layer) => layer.getClassName() === "Activation").slice(0, -1);
        const pooled = network.layers.filter((layer) => layer.getClassName() === "GlobalAveragePooling2D");
        const outputs = [...maps, ...pooled].map(({ output }) => output as SymbolicTensor);
        const probe = model({ inputs: network.inputs, outputs });
        const theirs = (probe.predict(pictures) as Tensor[]).flatMap((each) => {
          if (each.rank === 2) return [each];
          const { mean, variance } = moments(each, [1, 2]);
          return [mean, sqrt(variance)];
        });
        expect(features.map(({ length }) => length / 3)).toEqual([16, 16, 32, 32, 64, 64, 96, 96, 96]);
        for (const [index, each] of theirs.entries()) {
          expect(relativeDistance(features[index] ?? [], each.dataSync())).toBeLessThan(1e-5);
        }
      });
    });

    it("are what the last layer gets alone, if the layers before it have branches", () => {
      const input = inputOf({ shape: [6, 6, 1] });
      const branch = (filters: number) => layers.conv2d({ filters, kernelSize: 3 }).apply(input) as SymbolicTensor;
      const joined = layers.concatenate().apply([branch(2), branch(3)]) as SymbolicTensor;
      const pooled = layers.globalAveragePooling2d({}).apply(joined) as SymbolicTensor;
      const last = layers.dense({ units: CLASSES, activation: "softmax" }).apply(pooled) as SymbolicTensor;
      const network = model({ inputs: input, outputs: last });
      onTestFinished(() => void network.dispose());
      const pictures = tensor4d(new Float32Array(2 * 36).fill(1), [2, 6, 6, 1]);
      const classifier = new Classifier(network, backend);
      expect(classifier.answer(pictures, { features: true }).features.map(({ length }) => length)).toEqual([10]);
      pictures.dispose();
    });

    it("are not read unless they are asked for", () => {
      const network = smallNetwork({}, {});
      expect(new Classifier(network, backend).answer(picturesFor(network, 2)).features).toEqual([]);
    });
  });

  describe("dropout", () => {
    const RATE = 0.2;
    const UNITS = 400;

    /** A network whose logits are the values after dropout. */
    function droppingNetwork(rate: number): Sequential {
      const network = sequential();
      network.add(layers.flatten({ inputShape: [20, 20, 1] }));
      network.add(layers.dropout({ rate }));
      network.add(layers.dense({ units: UNITS, activation: "softmax", kernelInitializer: "identity" }));
      onTestFinished(() => void network.dispose());
      return network;
    }

    function dropped(generator: Generator, rate = RATE): Float32Array {
      const stages = stagesOf(droppingNetwork(rate));
      return tidy(() => {
        const ones = tensor4d(new Float32Array(5 * UNITS).fill(1), [5, 20, 20, 1]);
        return forward(stages, backend.operations, ones, { kind: "training", generator }).logits.dataSync<"float32">();
      });
    }

    it("sets its share of the values to 0, and scales the others to preserve the mean", () => {
      const values = [...dropped(Generator.ofSeed(1))];
      const kept = Math.fround(1 / (1 - RATE));
      expect(new Set(values)).toEqual(new Set([0, kept]));
      // The standard deviation of the share is 0.009.
      expect(Math.abs(values.filter((value) => value === 0).length / values.length - RATE)).toBeLessThan(0.04);
      expect(Math.abs(values.reduce((total, value) => total + value, 0) / values.length - 1)).toBeLessThan(0.05);
    });

    it("drops different values in every pass and picture, and the same for the same seed", () => {
      const generator = Generator.ofSeed(1);
      const [first, second] = [dropped(generator), dropped(generator)];
      expect(second).not.toEqual(first);
      const rows = Array.from({ length: 5 }, (_, row) => first.subarray(row * UNITS, (row + 1) * UNITS).join(""));
      expect(new Set(rows).size).toBe(5);
      expect(dropped(Generator.ofSeed(1))).toEqual(first);
      expect(dropped(Generator.ofSeed(2))).not.toEqual(first);
    });

    it("drops and draws nothing at a rate of 0", () => {
      const generator = Generator.ofSeed(1);
      const { state } = generator;
      expect(new Set(dropped(generator, 0))).toEqual(new Set([1]));
      expect(generator.state).toEqual(state);
    });

    it("drops nothing in inference, nor in statistics passes", () => {
      const stages = stagesOf(droppingNetwork(RATE));
      tidy(() => {
        const ones = tensor4d(new Float32Array(UNITS).fill(1), [1, 20, 20, 1]);
        for (const pass of [{ kind: "evaluation" }, { kind: "statistics", report: () => undefined }] as const) {
          expect(new Set(forward(stages, backend.operations, ones, pass).logits.dataSync())).toEqual(new Set([1]));
        }
      });
    });
  });

  describe("a rejected network", () => {
    const rejection = (message: string) =>
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(message) as string,
      }) as Error;

    function endingWith(...last: Parameters<Sequential["add"]>[0][]): Sequential {
      const network = sequential();
      network.add(layers.flatten({ inputShape: [2, 2, 1] }));
      for (const each of last) network.add(each);
      onTestFinished(() => void network.dispose());
      return network;
    }

    it("does not end with softmax", () => {
      const before = memory().numTensors;
      expect(() => new Classifier(endingWith(), backend)).toThrow(rejection("but it ends with Flatten"));
      expect(memory().numTensors).toBe(before);
      const dense = (activation: "relu" | "softmax") => layers.dense({ units: 2, activation });
      expect(() => stagesOf(endingWith(dense("relu")))).toThrow(rejection("ends with Dense"));
      expect(() => stagesOf(endingWith(dense("softmax"), layers.dropout({ rate: 0.5 })))).toThrow(rejection("Dropout"));
      expect(() => stagesOf(sequential())).toThrow(rejection("empty"));
      expect(stagesOf(endingWith(dense("softmax")))).toHaveLength(2);
    });
  });

  describe("a network with a separate softmax layer", () => {
    it.each([
      ["Activation", () => layers.activation({ activation: "softmax" })],
      ["Softmax", () => layers.softmax()],
    ])("has the logits before it: %s", (_, end) => {
      const network = sequential();
      network.add(layers.flatten({ inputShape: [2, 2, 1] }));
      network.add(layers.dense({ units: 3 }));
      network.add(end());
      onTestFinished(() => void network.dispose());
      expect(stagesOf(network).map(({ kind }) => kind)).toEqual(["layer", "layer"]);
      expectProbabilitiesOfLayers(network, 2);
    });
  });

  describe("BatchNorm over any axis, with or without scale and offset", () => {
    it.each([
      [1, {}],
      [2, {}],
      [3, { scale: false }],
      [-1, { center: false }],
      [2, { scale: false, center: false }],
    ])(
      "over axis %i, with %j, has mean 0 and variance 1 in training, and the population's in use",
      (axis, settings) => {
        const network = sequential();
        network.add(layers.batchNormalization({ inputShape: [4, 3, 2], axis, epsilon: 1e-6, ...settings }));
        network.add(layers.flatten());
        network.add(layers.dense({ units: 24, activation: "softmax", kernelInitializer: "identity" }));
        const classifier = new Classifier(network, backend);
        onTestFinished(() => {
          network.dispose();
        });
        const generator = Generator.ofSeed(1);
        const shape = [5, 4, 3, 2] as const;
        const values = Float32Array.from({ length: 120 }, (_, at) => (at % 7) + 3 * generator.uniform());
        tidy(() => {
          const pictures = tensor4d(values, [...shape]);
          const pass = { kind: "statistics", report: () => undefined } as const;
          const normed = reshape(forward(stagesOf(network), backend.operations, pictures, pass).logits, [...shape]);
          const axes = [0, 1, 2, 3].filter((each) => each !== (axis + 4) % 4);
          const { mean, variance } = moments(normed, axes);
          for (const each of mean.dataSync()) expect(Math.abs(each)).toBeLessThan(1e-4);
          for (const each of variance.dataSync()) expect(Math.abs(each - 1)).toBeLessThan(1e-4);
          const statistics = classifier.populationStatistics();
          statistics.add(pictures);
          statistics.apply();
          const inUse = forward(stagesOf(network), backend.operations, pictures, { kind: "evaluation" }).logits;
          expect(relativeDistance(inUse.dataSync(), normed.dataSync())).toBeLessThan(1e-4);
        });
      },
    );
  });
});
