// The reference network: its layers, size and initial weights.

import { crc32 } from "node:zlib";

import { memory, type Tensor } from "@tensorflow/tfjs-core";
import type { Sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import { Generator } from "../values/generator.ts";
import { networkCost, referenceNetwork, seedWeights, type NetworkShape } from "./reference-network.ts";

const SMALLEST: NetworkShape = { width: 94, height: 94, classes: 3 };

/** Shape of the reference article's network. */
const REFERENCE: NetworkShape = { width: 300, height: 300, classes: 3 };

function networkOf(shape: NetworkShape, seed = 0): Sequential {
  const network = referenceNetwork(shape, Generator.ofSeed(seed));
  onTestFinished(() => void network.dispose());
  return network;
}

/** CRC-32 of each weight: comparing millions of numbers one by one takes seconds. */
function checksumsOf(network: Sequential): readonly number[] {
  return network.getWeights().map((weight) => crc32(new Uint8Array(weight.dataSync<"float32">().buffer)));
}

/** Kernels, with the sum of inputs and outputs of each of their units. */
function kernelsOf(network: Sequential): readonly { readonly kernel: Tensor; readonly fans: number }[] {
  return network.layers.flatMap((layer) => {
    const [kernel] = layer.getWeights();
    if (kernel === undefined || !["Conv2D", "Dense"].includes(layer.getClassName())) return [];
    const [inputs = 0, outputs = 0] = kernel.shape.slice(-2);
    return [{ kernel, fans: (layer.getClassName() === "Conv2D" ? 9 : 1) * (inputs + outputs) }];
  });
}

/** Sides and channels of a layer's output. */
function shapeOf({ outputShape }: { readonly outputShape: unknown }): readonly number[] {
  return (outputShape as readonly (number | null)[]).slice(1).map(Number);
}

beforeAll(async () => {
  await startBackend("auto");
});

describe("the reference network", () => {
  it("has 1,050,371 parameters at 300 x 300 and 3 classes, 704 of them not trainable", () => {
    const network = networkOf(REFERENCE);
    expect(network.countParams()).toBe(1_050_371);
    const trained = network.trainableWeights.reduce(
      (sum, { shape }) => sum + shape.reduce<number>((a, b) => a * (b ?? 1), 1),
      0,
    );
    expect(trained).toBe(1_050_371 - 704);
  });

  it("has the layers of the reference, in order", () => {
    const described = networkOf(REFERENCE).layers.map((layer) => {
      const settings = layer.getConfig();
      const shown = ["filters", "units", "rate", "kernelSize", "poolSize", "strides", "padding", "activation"];
      const values = shown
        .filter((name) => name in settings)
        .map((name) => [settings[name] as string | number | number[]].flat().join("x"));
      return [layer.getClassName(), ...values].join(" ");
    });
    const block = (filters: number) => [
      `Conv2D ${filters} 3x3 1x1 valid relu`,
      "MaxPooling2D 2x2 2x2 valid",
      "BatchNormalization",
    ];
    expect(described).toEqual([
      ...[32, 64, 96, 96, 64].flatMap(block),
      "Dropout 0.2",
      "Flatten",
      "Dense 256 relu",
      "Dropout 0.2",
      "Dense 128 relu",
      "Dense 3 softmax",
    ]);
  });

  it("takes pictures of [height, width, 1] and returns a number per class", () => {
    const network = networkOf({ width: 130, height: 94, classes: 7 });
    expect(network.inputs[0]?.shape).toEqual([null, 94, 130, 1]);
    expect(network.outputs[0]?.shape).toEqual([null, 7]);
  });

  it.each([
    [undefined, Generator.ofSeed(0), "an object of options for shape, but received undefined"],
    [{ ...REFERENCE, width: 1e300 }, Generator.ofSeed(0), "a whole number from 1 to 4096 for width"],
    [REFERENCE, 7, "a Generator for generator, but received 7"],
  ])("rejects an invalid shape or generator: %j", (shape, generator, message) => {
    const before = memory().numTensors;
    expect(() => referenceNetwork(shape as NetworkShape, generator as Generator)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) as string }),
    );
    expect(memory().numTensors).toBe(before);
  });

  it("rejects sides below 94, of which nothing would be left", () => {
    expect(shapeOf(networkOf(SMALLEST).layers[14] ?? { outputShape: [] })).toEqual([1, 1, 64]);
    const rejection = expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error;
    for (const change of [{ width: 93 }, { height: 93 }, { width: Number.NaN }]) {
      expect(() => referenceNetwork({ ...SMALLEST, ...change }, Generator.ofSeed(0))).toThrow(rejection);
    }
  });

  it.each([1, 0, Number.NaN])("rejects %d classes", (classes) => {
    expect(() => referenceNetwork({ ...SMALLEST, classes }, Generator.ofSeed(0))).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("2 to 1000000 for classes") as string,
      }),
    );
  });

  it.each([REFERENCE, SMALLEST, { width: 201, height: 118, classes: 5 }])(
    "costs as many multiply-adds and parameters as its layers have at $width x $height",
    (shape) => {
      let inputs = [shape.height, shape.width, 1];
      let expected = 0;
      for (const layer of networkOf(shape).layers) {
        const outputs = shapeOf(layer);
        const each = { Conv2D: 9 * (inputs[2] ?? 0), Dense: inputs[0] ?? 0 }[layer.getClassName()] ?? 0;
        expected += each * outputs.reduce((product, side) => product * side, 1);
        inputs = [...outputs];
      }
      expect(networkCost(shape)).toEqual({
        multiplyAddsPerPicture: expected,
        parameters: networkOf(shape).countParams(),
      });
    },
  );

  it("needs 804 million multiply-adds at 300 x 300 and 3 classes", () => {
    expect(networkCost(REFERENCE).multiplyAddsPerPicture).toBe(804_619_776);
  });
});

describe("initial weights", () => {
  it("are equal for equal seeds, and different for different seeds", () => {
    const [one, same, other] = [1, 1, 2].map((seed) => networkOf(SMALLEST, seed));
    if (one === undefined || same === undefined || other === undefined) throw new Error("Expected three networks");
    expect(checksumsOf(one)).toEqual(checksumsOf(same));
    expect(changedRanks(checksumsOf(one), other)).toEqual(RANKS_OF_KERNELS);
  });

  it("are within Glorot's limits, reach them, and have Glorot's variance of 2 / (fan in + fan out)", () => {
    const kernels = kernelsOf(networkOf(SMALLEST, 1));
    expect(kernels.map(({ kernel }) => kernel.rank)).toEqual(RANKS_OF_KERNELS);
    for (const { kernel, fans } of kernels) {
      const values = kernel.dataSync<"float32">();
      const limit = Math.fround(Math.sqrt(6 / fans));
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest).toBeLessThanOrEqual(limit);
      expect(largest).toBeGreaterThan(0.95 * limit);
      const mean = values.reduce((sum, value) => sum + value, 0) / kernel.size;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kernel.size;
      // Within five standard deviations: that of a uniform distribution's variance is √(0.8 / n), relatively.
      expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(2 / fans / kernel.size));
      expect(Math.abs((variance * fans) / 2 - 1)).toBeLessThan(5 * Math.sqrt(0.8 / kernel.size));
    }
  });

  it("are 0 for biases and offsets, 1 for scales, 0 and 1 for moving means and variances", () => {
    const constants = networkOf(SMALLEST, 1).layers.map((layer) => {
      const weights = layer.getWeights().filter(({ rank }) => rank === 1);
      return weights.map((weight) => [...new Set(weight.dataSync())]);
    });
    const block = [[[0]], [], [[1], [0], [0], [1]]];
    expect(constants).toEqual([...block, ...block, ...block, ...block, ...block, [], [], [[0]], [], [[0]], [[0]]]);
  });

  it("are drawn again from the generator's state, for kernels only", () => {
    const network = networkOf(SMALLEST, 1);
    const first = checksumsOf(network);
    const generator = Generator.ofSeed(1);
    seedWeights(network, generator);
    expect(changedRanks(first, network)).toEqual([]);
    seedWeights(network, generator);
    expect(changedRanks(first, network)).toEqual(RANKS_OF_KERNELS);
  });
});

/** Of five convolutions and three dense layers. */
const RANKS_OF_KERNELS = [4, 4, 4, 4, 4, 2, 2, 2];

/** Ranks of the weights whose values differ from `before`. */
function changedRanks(before: readonly number[], network: Sequential): readonly number[] {
  const ranks = network.getWeights().map(({ rank }) => rank);
  const now = checksumsOf(network);
  return ranks.filter((_, index) => now[index] !== before[index]);
}
