// The operations that this package adds, compared with equivalent stock operations, and misused.

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { canRun, KERNEL_SETS, type KernelSet } from "./engine.ts";
import { adamStep, areFinite, batchNormInTraining, convReluMaxPool, enableTraining } from "./index.ts";
import { distance, generator, tensor, type Generator } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

beforeAll(async () => {
  await enableTraining();
});

/** The gradients of `Σ weights * f(inputs)`. */
function weightedGradients<Inputs extends tf.Tensor[]>(
  f: (...inputs: Inputs) => tf.Tensor,
  inputs: Inputs,
  weights: tf.Tensor,
): tf.Tensor[] {
  return tf.grads((...at: tf.Tensor[]) => tf.sum(tf.mul(f(...(at as Inputs)), weights)))(inputs);
}

describe("convReluMaxPool", () => {
  const composed = (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D): tf.Tensor4D =>
    tf.maxPool(tf.relu(tf.add(tf.conv2d(x, filter, 1, "valid"), bias)), 2, 2, "valid");

  it.each<[x: tf.Tensor4D["shape"], filter: tf.Tensor4D["shape"]]>([
    [
      [2, 12, 10, 1],
      [3, 3, 1, 32],
    ],
    [
      [1, 9, 11, 3],
      [3, 3, 3, 8],
    ],
    [
      [3, 7, 8, 5],
      [5, 2, 5, 12],
    ],
    [
      [1, 4, 5, 4],
      [1, 1, 4, 36],
    ],
    [
      [1, 4, 4, 2],
      [3, 3, 2, 4],
    ],
    [
      [2, 3, 13, 2],
      [2, 4, 2, 20],
    ],
  ])("equals tf.maxPool(tf.relu(tf.add(tf.conv2d))) in values and gradients: %j by %j", (xShape, filterShape) => {
    const next = generator(11);
    const inputs: [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D] = [
      tensor<tf.Rank.R4>(next, xShape),
      tensor<tf.Rank.R4>(next, filterShape),
      tensor<tf.Rank.R1>(next, [filterShape[3]]),
    ];
    const expected = composed(...inputs);
    // Steps of 1/256 and fewer than 256 terms: all sums are exact in f32, so that nothing may differ.
    expect(distance(convReluMaxPool(...inputs), expected)).toBe(0);
    const weights = tensor<tf.Rank.R4>(next, expected.shape);
    const expectedGradients = weightedGradients(composed, inputs, weights);
    for (const [index, gradient] of weightedGradients(convReluMaxPool, inputs, weights).entries()) {
      expect(distance(gradient, expectedGradients[index] ?? tf.scalar(NaN))).toBe(0);
    }
  });

  describe.each(KERNEL_SETS.filter(canRun))("of pictures with one channel, by the %s binary", (kernelSet) => {
    let usual: KernelSet;
    beforeAll(async () => {
      usual = (await enableTraining()).kernelSet;
      await enableTraining({ kernelSet });
    });
    afterAll(async () => {
      await enableTraining({ kernelSet: usual });
    });

    const binary = (next: Generator): number => (next() < 0.5 ? 0 : 1);
    const gray = (next: Generator): number => Math.round(next() * 256) / 256;
    const area = (_: Generator, index: number): number => (Math.floor(index / 37) % 2 === 0 ? 0 : 1);
    const kinds = {
      binary,
      area,
      gray,
      mixed: (next: Generator, index: number) => (index < 700 ? binary : gray)(next),
    };

    it.each(Object.entries(kinds))("equals them for %s ones of any size, in values and gradients", (_, pixel) => {
      for (const [height, width, channels] of [
        [4, 4, 4],
        [5, 4, 32],
        [13, 22, 12],
        [40, 31, 36],
      ] as const) {
        const next = generator(15);
        const values = Float32Array.from({ length: 3 * height * width }, (__, index) => pixel(next, index));
        const inputs: [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D] = [
          tf.tensor4d(values, [3, height, width, 1]),
          tensor<tf.Rank.R4>(next, [3, 3, 1, channels]),
          tensor<tf.Rank.R1>(next, [channels]),
        ];
        const expected = composed(...inputs);
        // Steps of 1/256 and ten terms: sums are exact, and maxima where they should be.
        expect(distance(convReluMaxPool(...inputs), expected)).toBe(0);
        const weights = tensor<tf.Rank.R4>(next, expected.shape);
        const expectedGradients = weightedGradients(composed, inputs, weights);
        for (const [index, gradient] of weightedGradients(convReluMaxPool, inputs, weights).entries()) {
          const expectedGradient = expectedGradients[index] ?? tf.scalar(NaN);
          const scale = Math.max(...tf.abs(expectedGradient).dataSync());
          expect(distance(gradient, expectedGradient)).toBeLessThanOrEqual(1e-5 * scale);
        }
      }
    });

    it("passes on a NaN of the picture to the windows that see it", () => {
      const values = new Float32Array(64).fill(1);
      // Row 3, column 4: seen by all windows of rows 1 to 3 and columns 2 to 4 of the map.
      values[3 * 8 + 4] = NaN;
      const [filter, bias] = [tf.ones<tf.Rank.R4>([3, 3, 1, 4]), tf.zeros<tf.Rank.R1>([4])];
      const y = convReluMaxPool(tf.tensor4d(values, [1, 8, 8, 1]), filter, bias);
      const windows = Array.from({ length: 9 }, (_, index) => [...y.dataSync()].slice(4 * index, 4 * index + 4));
      const isNaNOf = (row: number, column: number): boolean => row <= 1 && column >= 1;
      for (const [index, window] of windows.entries()) {
        expect(window).toEqual(Array(4).fill(isNaNOf(Math.floor(index / 3), index % 3) ? NaN : 9));
      }
    });

    it.each(["filter", "bias"])("passes on a NaN of the %s to its channel", (which) => {
      const [filter, bias] = [new Float32Array(36).fill(1), new Float32Array(4)];
      (which === "filter" ? filter : bias)[2] = NaN;
      for (const value of [1, 0, 0.5]) {
        const x = tf.mul<tf.Tensor4D>(tf.ones([1, 6, 6, 1]), value);
        const y = convReluMaxPool(x, tf.tensor4d(filter, [3, 3, 1, 4]), tf.tensor1d(bias));
        const pixel = [9 * value, 9 * value, NaN, 9 * value];
        expect([...y.dataSync()]).toEqual([pixel, pixel, pixel, pixel].flat());
      }
    });
  });

  it("gives an empty tensor if the map has no whole window, for which the stock pooling crashes", () => {
    const [x, filter, bias] = [
      tf.ones<tf.Rank.R4>([1, 3, 8, 1]),
      tf.ones<tf.Rank.R4>([3, 3, 1, 4]),
      tf.zeros<tf.Rank.R1>([4]),
    ];
    expect(convReluMaxPool(x, filter, bias).shape).toEqual([1, 0, 3, 4]);
  });

  it("gives the gradient of one input alone, and none if the output is not used", () => {
    const next = generator(12);
    const x = tensor<tf.Rank.R4>(next, [1, 6, 6, 2]);
    const filter = tensor<tf.Rank.R4>(next, [3, 3, 2, 4]);
    const bias = tensor<tf.Rank.R1>(next, [4]);
    const alone = tf.grad((b: tf.Tensor) => tf.sum(convReluMaxPool(x, filter, b as tf.Tensor1D)))(bias);
    const [, , among] = tf.grads((a: tf.Tensor, f: tf.Tensor, b: tf.Tensor) =>
      tf.sum(convReluMaxPool(a as tf.Tensor4D, f as tf.Tensor4D, b as tf.Tensor1D)),
    )([x, filter, bias]);
    expect(distance(alone, among ?? tf.scalar(NaN))).toBe(0);
    expect(alone.dataSync().every((value) => value >= 0)).toBe(true);
  });

  const unsupported = expect.objectContaining({ name: "TrainingWasmError", code: "UNSUPPORTED_OPERATION" }) as Error;

  it.each([1, 2, 3, 5, 6])("rejects %i output channels, since it keeps places in whole bytes", (channels) => {
    const [x, filter] = [tf.ones<tf.Rank.R4>([1, 5, 5, 1]), tf.ones<tf.Rank.R4>([3, 3, 1, channels])];
    expect(() => convReluMaxPool(x, filter, tf.zeros([channels]))).toThrow(unsupported);
  });

  it("rejects int32", () => {
    const [x, filter, bias] = [
      tf.ones<tf.Rank.R4>([1, 5, 5, 1]),
      tf.ones<tf.Rank.R4>([3, 3, 1, 4]),
      tf.zeros<tf.Rank.R1>([4]),
    ];
    expect(() => convReluMaxPool(tf.cast(x, "int32"), filter, bias)).toThrow(unsupported);
    expect(() => convReluMaxPool(x, tf.cast(filter, "int32"), bias)).toThrow(unsupported);
    expect(() => convReluMaxPool(x, filter, tf.cast(bias, "int32"))).toThrow(unsupported);
  });

  it.each<[string, tf.Tensor4D["shape"], tf.Tensor4D["shape"], number]>([
    ["a filter for other channels", [1, 5, 5, 2], [3, 3, 3, 4], 4],
    ["a bias for other channels", [1, 5, 5, 2], [3, 3, 2, 4], 8],
    ["an image lower than the filter", [1, 2, 5, 2], [3, 3, 2, 4], 4],
    ["an image narrower than the filter", [1, 5, 2, 2], [3, 3, 2, 4], 4],
  ])("refuses %s", (_, xShape, filterShape, biasLength) => {
    expect(() => convReluMaxPool(tf.ones(xShape), tf.ones(filterShape), tf.zeros([biasLength]))).toThrow(
      "Error in convReluMaxPool",
    );
  });
});

describe("batchNormInTraining", () => {
  const EPSILON = 1e-3;
  const composed = (x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D): tf.Tensor => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, EPSILON);
  };

  it.each<[tf.Tensor4D["shape"]]>([[[2, 5, 4, 3]], [[1, 1, 2, 8]], [[3, 17, 19, 33]], [[1, 64, 64, 1]]])(
    "equals tf.moments and tf.batchNorm in values and gradients: %j",
    (shape) => {
      const next = generator(13);
      const channels = shape[3];
      const inputs: [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D] = [
        tensor<tf.Rank.R4>(next, shape),
        tensor<tf.Rank.R1>(next, [channels]),
        tensor<tf.Rank.R1>(next, [channels]),
      ];
      const { y, mean, variance } = batchNormInTraining(...inputs, EPSILON);
      const moments = tf.moments(inputs[0], [0, 1, 2]);
      expect(distance(mean, moments.mean)).toBeLessThan(1e-6);
      expect(distance(variance, moments.variance)).toBeLessThan(1e-6);
      // Two numbers a channel can be so close that a rounding grows by 1 / √epsilon.
      expect(distance(y, composed(...inputs))).toBeLessThan(1e-5);

      const weights = tensor<tf.Rank.R4>(next, shape);
      const normalized = (...all: typeof inputs): tf.Tensor => batchNormInTraining(...all, EPSILON).y;
      const expectedGradients = weightedGradients(composed, inputs, weights);
      for (const [index, gradient] of weightedGradients(normalized, inputs, weights).entries()) {
        const expected = expectedGradients[index] ?? tf.scalar(NaN);
        const scale = Math.max(...tf.abs(expected).dataSync());
        expect(distance(gradient, expected)).toBeLessThan(1e-4 * scale);
      }
    },
  );

  it("stays accurate if numbers are far from 0 and close to each other", () => {
    const x = tf.add(tensor<tf.Rank.R4>(generator(14), [4, 16, 16, 2]), 1000) as tf.Tensor4D;
    const { y } = batchNormInTraining(x, tf.ones([2]), tf.zeros([2]), EPSILON);
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    expect(distance(mean, tf.zeros([2]))).toBeLessThan(1e-3);
    expect(distance(variance, tf.ones([2]))).toBeLessThan(5e-3);
  });

  it("rejects int32, and parameters for other channels", () => {
    const [x, scale] = [tf.ones<tf.Rank.R4>([1, 2, 2, 3]), tf.ones<tf.Rank.R1>([3])];
    expect(() => batchNormInTraining(tf.cast(x, "int32"), scale, scale, EPSILON)).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_OPERATION" }),
    );
    expect(() => batchNormInTraining(x, tf.ones([2]), scale, EPSILON)).toThrow("Error in batchNormInTraining");
    expect(() => batchNormInTraining(x, scale, tf.ones([4]), EPSILON)).toThrow("Error in batchNormInTraining");
  });
});

describe("adamStep", () => {
  const SETTINGS = { learningRate: 0.01, beta1: 0.8, beta2: 0.99, epsilon: 1e-3 };

  /** The step as TensorFlow.js' own operations take it, one after the other. */
  const composed = (
    { value, m, v }: Record<"value" | "m" | "v", tf.Tensor>,
    gradient: tf.Tensor,
    step: number,
  ): tf.Tensor[] => {
    const { learningRate, beta1, beta2, epsilon } = SETTINGS;
    const nextM = tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1));
    const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const root = tf.add(tf.sqrt(tf.mul(nextV, 1 / (1 - beta2 ** step))), epsilon);
    return [tf.sub(value, tf.div(tf.mul(nextM, learningRate / (1 - beta1 ** step)), root)), nextM, nextV];
  };

  it.each([[[1]], [[3]], [[2, 5, 7]], [[300, 67]]])("equals the composed operations for weights %j", (shape) => {
    const next = generator(15);
    const weight = { value: tensor(next, shape), m: tensor(next, shape), v: tf.abs(tensor(next, shape)) };
    const gradient = tensor(next, shape);
    for (const step of [1, 2, 10_000]) {
      const { value, m, v } = adamStep(weight, gradient, step, SETTINGS);
      for (const [index, expected] of composed(weight, gradient, step).entries())
        expect(distance([value, m, v][index] ?? tf.scalar(NaN), expected)).toBeLessThan(2e-7);
    }
  });

  it("leaves its inputs unchanged", () => {
    const ones = { value: tf.ones([5]), m: tf.ones([5]), v: tf.ones([5]) };
    const gradient = tf.ones([5]);
    adamStep(ones, gradient, 1, SETTINGS);
    for (const each of [...Object.values(ones), gradient]) expect([...each.dataSync()]).toEqual([1, 1, 1, 1, 1]);
  });

  it("rejects other shapes, int32, and invalid steps", () => {
    const ones = { value: tf.ones([2, 3]), m: tf.ones([2, 3]), v: tf.ones([2, 3]) };
    const gradient = tf.ones([2, 3]);
    expect(() => adamStep(ones, tf.ones([3, 2]), 1, SETTINGS)).toThrow("Error in adamStep");
    const misspelt = { ...SETTINGS, Epsilom: 1 };
    expect(() => adamStep(ones, gradient, 1, misspelt)).toThrow("Did you mean epsilon?");
    expect(() => adamStep({ ...ones, v: tf.ones([3]) }, gradient, 1, SETTINGS)).toThrow("Error in adamStep");
    expect(() => adamStep(ones, tf.cast(gradient, "int32"), 1, SETTINGS)).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_OPERATION" }),
    );
    for (const step of [0, -1, 1.5, NaN]) {
      expect(() => adamStep(ones, gradient, step, SETTINGS)).toThrow(RangeError);
    }
  });
});

describe("areFinite", () => {
  it("is true of all finite numbers, of none, and of no tensors", () => {
    const extremes = tf.tensor1d([0, -0, 3.4028234663852886e38, -3.4028234663852886e38, 1.4e-45]);
    expect(areFinite([extremes, tf.scalar(1), tf.ones([300, 67]), tf.ones([0, 3])])).toBe(true);
    expect(areFinite([])).toBe(true);
  });

  it.each([NaN, Infinity, -Infinity])("finds a single %d anywhere, and keeps no tensors", (bad) => {
    const size = 20_000;
    for (const index of [0, 1, 4095, 4096, 12_345, size - 1]) {
      const values = new Float32Array(size).fill(1);
      values[index] = bad;
      const tensors = [tf.ones([7]), tf.tensor1d(values), tf.ones([2, 2])];
      const before = tf.memory();
      expect(areFinite(tensors)).toBe(false);
      // As the first and as the last, too.
      expect(areFinite(tensors.slice(1))).toBe(false);
      expect(areFinite(tensors.slice(0, 2))).toBe(false);
      expect(tf.memory()).toEqual(before);
      tf.dispose(tensors);
    }
  });

  it("rejects int32", () => {
    expect(() => areFinite([tf.ones([2]), tf.ones([2], "int32")])).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_OPERATION" }),
    );
  });
});
