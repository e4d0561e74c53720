// Gradients of TensorFlow.js' operations, and of this package's own, against finite differences on the same backend.

import { assert, boolean, constantFrom, integer, property, tuple } from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { batchNormInTraining, convReluMaxPool, enableTraining } from "./index.ts";
import { expectGradients } from "./testing/finite-differences.ts";
import { generator, spacedTensor, tensor } from "./testing/numbers.ts";
import { layers, tf } from "./testing/tensorflow.ts";

beforeAll(async () => {
  await enableTraining();
});

/**
 * For functions that are linear in each of their numbers. A difference is off by the rounding of F alone: some hundred
 * terms of about 1, 2^-24 each, over a step of 1.
 */
const LINEAR = { step: 1, tolerance: 1e-4 };

/**
 * For smooth ones. A difference is off by step^2 / 6 times the third derivative, of about 10 at most here, and by the
 * rounding of F over the step: 1e-3 and 1e-4.
 */
const SMOOTH = { step: 2 ** -7, tolerance: 2e-3 };

/** For those of straight pieces: linear within a step that meets no kink. */
const PIECEWISE = { step: 2 ** -6, tolerance: 2e-3, skipKinks: true };

const seeds = integer({ min: 1, max: 2 ** 31 });
const fewRuns = { seed: 20_261_122, numRuns: 30 };

describe("the gradients of", () => {
  it("tf.conv2d are those of its differences at any size, stride and padding", () => {
    const side = integer({ min: 5, max: 9 });
    const few = integer({ min: 1, max: 3 });
    const channels = constantFrom(1, 2, 3, 4, 5, 8, 9);
    assert(
      property(
        tuple(integer({ min: 1, max: 2 }), side, side, channels, channels),
        // Filters at least as long as strides: others skip pixels, and with "same" the stock forward kernel gets them
        // wrong.
        tuple(few, few, integer({ min: 0, max: 2 }), constantFrom("same" as const, "valid" as const)),
        seeds,
        ([batch, height, width, input, output], [strideY, strideX, more, padding], seed) => {
          const [filterHeight, filterWidth] = [strideY + more, strideX + (more % 2)];
          const next = generator(seed);
          const x = tensor<tf.Rank.R4>(next, [batch, height, width, input]);
          const filter = tensor<tf.Rank.R4>(next, [filterHeight, filterWidth, input, output]);
          const conv2d = (...[a, b]: tf.Tensor[]) =>
            tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, [strideY, strideX], padding);
          expectGradients(conv2d, [x, filter], { ...LINEAR, seed });
          tf.dispose([x, filter]);
        },
      ),
      fewRuns,
    );
  });

  it("tf.conv2d with explicit padding, another on each side, are those of its differences", () => {
    const next = generator(3);
    const inputs = [tensor<tf.Rank.R4>(next, [2, 5, 4, 3]), tensor<tf.Rank.R4>(next, [3, 2, 3, 5])];
    const pads: tf.backend_util.ExplicitPadding = [
      [0, 0],
      [2, 1],
      [0, 3],
      [0, 0],
    ];
    const conv2d = (...[a, b]: tf.Tensor[]) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, [2, 1], pads);
    expectGradients(conv2d, inputs, LINEAR);
  });

  it("tf.conv2dTranspose are those of its differences", () => {
    const next = generator(4);
    const inputs = [tensor<tf.Rank.R4>(next, [2, 3, 4, 5]), tensor<tf.Rank.R4>(next, [3, 2, 6, 5])];
    const transpose = (...[a, b]: tf.Tensor[]) =>
      tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, [2, 6, 8, 6], 2, "same");
    expectGradients(transpose, inputs, LINEAR);
  });

  it.each([1, 2])("tf.conv3d and tf.conv3dTranspose at stride %d are those of their differences", (stride) => {
    const next = generator(5);
    const [x, filter] = [tensor<tf.Rank.R5>(next, [2, 3, 4, 3, 2]), tensor<tf.Rank.R5>(next, [2, 3, 2, 2, 3])];
    for (const padding of ["same", "valid"] as const) {
      const conv3d = (...[a, b]: tf.Tensor[]) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, stride, padding);
      expectGradients(conv3d, [x, filter], LINEAR);
      const dy = tensor<tf.Rank.R5>(next, tf.conv3d(x, filter, stride, padding).shape);
      const transpose = (...[a, b]: tf.Tensor[]) =>
        tf.conv3dTranspose(a as tf.Tensor5D, b as tf.Tensor5D, x.shape, stride, padding);
      expectGradients(transpose, [dy, filter], LINEAR);
    }
  });

  it.each([1, 2])("tf.avgPool3d at stride %d are those of its differences, also at paddings", (stride) => {
    const x = tensor<tf.Rank.R5>(generator(6), [2, 3, 4, 3, 2]);
    expectGradients((a) => tf.avgPool3d(a as tf.Tensor5D, 3, stride, "same"), [x], LINEAR);
  });

  it("tf.maxPool are those of its differences, also where all numbers are negative", () => {
    const side = integer({ min: 3, max: 8 });
    assert(
      property(
        tuple(side, side, integer({ min: 1, max: 5 })),
        tuple(constantFrom(2, 3), integer({ min: 1, max: 3 }), constantFrom("same" as const, "valid" as const)),
        tuple(boolean(), seeds),
        ([height, width, channels], [window, stride, padding], [areNegative, seed]) => {
          const spaced = spacedTensor<tf.Rank.R4>(generator(seed), [2, height, width, channels], 2 ** -4);
          const x = areNegative ? tf.sub(spaced, 1000) : spaced;
          const maxPool = (...[a]: tf.Tensor[]) => tf.maxPool(a as tf.Tensor4D, window, stride, padding);
          // Numbers further apart than two steps have no kink in between.
          expectGradients(maxPool, [x], { step: 2 ** -6, tolerance: 0.05, seed });
          tf.dispose([spaced, x]);
        },
      ),
      fewRuns,
    );
  });

  const sizes = integer({ min: 1, max: 9 });
  it("tf.matMul in all four transpositions, alone and in batches, are those of its differences", () => {
    assert(
      property(
        tuple(sizes, sizes, sizes),
        tuple(boolean(), boolean(), constantFrom([], [3], [2, 2])),
        seeds,
        ([rows, depth, columns], [transposeA, transposeB, outer], seed) => {
          const next = generator(seed);
          const a = tensor(next, [...outer, ...(transposeA ? [depth, rows] : [rows, depth])]);
          const b = tensor(next, [...outer, ...(transposeB ? [columns, depth] : [depth, columns])]);
          const matMul = (...[left, right]: tf.Tensor[]) =>
            tf.matMul(left as tf.Tensor, right as tf.Tensor, transposeA, transposeB);
          expectGradients(matMul, [a, b], { ...LINEAR, seed });
          tf.dispose([a, b]);
        },
      ),
      fewRuns,
    );
  });

  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])(
    "tf.matMul (%s, %s) by a matrix that is broadcast over a batch are those of its differences",
    (transposeA, transposeB) => {
      const next = generator(5);
      const a = tensor<tf.Rank.R4>(next, transposeA ? [2, 3, 5, 4] : [2, 3, 4, 5]);
      for (const outer of [[1, 3], [2, 1], [1, 1], [3], [1], []]) {
        const b = tensor(next, [...outer, ...(transposeB ? [7, 5] : [5, 7])]);
        const matMul = (...[left]: tf.Tensor[]) => tf.matMul(left as tf.Tensor, b, transposeA, transposeB);
        expectGradients(matMul, [a], LINEAR);
      }
    },
  );

  it("dense layers are those of their differences", () => {
    const next = generator(6);
    const inputs = [[5, 7], [7, 9], [9], [9, 3], [3]].map((shape) => tensor(next, shape));
    const dense = (...all: tf.Tensor[]): tf.Tensor => {
      const [x, weights1, bias1, weights2, bias2] = all as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const hidden = tf.fused.matMul({ a: x, b: weights1, bias: bias1, activation: "relu" });
      return tf.fused.matMul({ a: hidden, b: weights2, bias: bias2 });
    };
    const { coordinates, kinks } = expectGradients(dense, inputs, PIECEWISE);
    expect(kinks).toBeLessThan(coordinates / 4);
  });

  it("convReluMaxPool are those of its differences", () => {
    let [coordinates, kinks] = [0, 0];
    const side = integer({ min: 6, max: 10 });
    assert(
      property(
        tuple(integer({ min: 1, max: 2 }), side, side, integer({ min: 1, max: 5 }), constantFrom(4, 8, 12)),
        tuple(integer({ min: 1, max: 3 }), integer({ min: 1, max: 3 })),
        seeds,
        ([batch, height, width, input, output], [filterHeight, filterWidth], seed) => {
          const next = generator(seed);
          const x = tensor<tf.Rank.R4>(next, [batch, height, width, input]);
          const filter = tensor<tf.Rank.R4>(next, [filterHeight, filterWidth, input, output]);
          const bias = tensor<tf.Rank.R1>(next, [output]);
          const block = (...[a, b, c]: tf.Tensor[]) =>
            convReluMaxPool(a as tf.Tensor4D, b as tf.Tensor4D, c as tf.Tensor1D);
          const compared = expectGradients(block, [x, filter, bias], { ...PIECEWISE, seed });
          coordinates += compared.coordinates;
          kinks += compared.kinks;
          tf.dispose([x, filter, bias]);
        },
      ),
      fewRuns,
    );
    expect(kinks).toBeLessThan(coordinates / 2);
  });

  it("batchNormInTraining are those of its differences", () => {
    const next = generator(7);
    const inputs = [tensor(next, [3, 4, 2, 5]), tensor(next, [5]), tensor(next, [5])];
    const normalize = (...[x, scale, offset]: tf.Tensor[]) =>
      batchNormInTraining(x as tf.Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D, 1e-3).y;
    expectGradients(normalize, inputs, SMOOTH);
  });

  it.each([[[5]], [[1, 1, 1, 5]], [[3, 4, 2, 5]]])(
    "tf.batchNorm by statistics of %j are those of its differences",
    (shape) => {
      const next = generator(10);
      const inputs = [tensor(next, [3, 4, 2, 5]), ...[0, 1, 2, 3].map(() => tensor(next, shape))];
      const normalize = (...[x, mean, spread, offset, scale]: tf.Tensor[]) =>
        tf.batchNorm(
          x as tf.Tensor4D,
          mean as tf.Tensor1D,
          tf.add(tf.square(spread as tf.Tensor1D), 1),
          offset as tf.Tensor1D,
          scale as tf.Tensor1D,
        );
      expectGradients(normalize, inputs, SMOOTH);
    },
  );

  it("softmax cross-entropy are those of its differences", () => {
    const next = generator(8);
    const classes = tf.oneHot(tf.tensor1d([0, 2, 1, 2, 0], "int32"), 3);
    const entropy = (...[logits]: tf.Tensor[]) => tf.losses.softmaxCrossEntropy(classes, logits as tf.Tensor);
    expectGradients(entropy, [tensor(next, [5, 3])], SMOOTH);
  });

  it("a whole block, from pixels to the loss, are those of its differences", () => {
    const next = generator(9);
    const classes = tf.oneHot(tf.tensor1d([0, 2, 1], "int32"), 3);
    const inputs = [[3, 9, 8, 2], [3, 3, 2, 4], [4], [4], [4], [36, 3]].map((shape) => tensor(next, shape));
    const network = (...all: tf.Tensor[]): tf.Tensor => {
      const [x, filter, bias, scale, offset, weights] = all as [
        tf.Tensor4D,
        tf.Tensor4D,
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor2D,
      ];
      const { y } = batchNormInTraining(convReluMaxPool(x, filter, bias), scale, offset, 1e-3);
      return tf.losses.softmaxCrossEntropy(classes, tf.matMul(tf.reshape(y, [3, 36]), weights));
    };
    const { coordinates, kinks } = expectGradients(network, inputs, { ...SMOOTH, tolerance: 0.02, skipKinks: true });
    expect(kinks).toBeLessThan(coordinates / 4);
  });

  it("dilated tf.conv2d, which TensorFlow.js itself rejects, are those of its differences", () => {
    const two = integer({ min: 1, max: 3 });
    assert(
      property(
        tuple(two, two, two, two),
        constantFrom("same" as const, "valid" as const),
        seeds,
        ([input, output, dilationY, dilationX], padding, seed) => {
          const next = generator(seed);
          const x = tensor<tf.Rank.R4>(next, [2, 7, 8, input]);
          const filter = tensor<tf.Rank.R4>(next, [2, 3, input, output]);
          const conv2d = (...[a, b]: tf.Tensor[]) =>
            tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, padding, "NHWC", [dilationY, dilationX]);
          expectGradients(conv2d, [x, filter], { ...LINEAR, seed });
          tf.dispose([x, filter]);
        },
      ),
      { ...fewRuns, numRuns: 12 },
    );
  });

  it("tf.depthwiseConv2d and tf.separableConv2d are those of their differences at any size, stride and dilation", () => {
    assert(
      property(
        tuple(
          integer({ min: 1, max: 7 }),
          integer({ min: 1, max: 7 }),
          constantFrom(1, 3, 4, 5),
          integer({ min: 1, max: 3 }),
        ),
        tuple(integer({ min: 1, max: 3 }), integer({ min: 1, max: 2 }), integer({ min: 1, max: 2 })),
        seeds,
        ([height, width, channels, multiplier], [side, stride, dilation], seed) => {
          const next = generator(seed);
          const x = tensor<tf.Rank.R4>(next, [2, height, width, channels]);
          const filter = tensor<tf.Rank.R4>(next, [side, side, channels, multiplier]);
          const points = tensor<tf.Rank.R4>(next, [1, 1, channels * multiplier, 3]);
          // Filters at least as long as strides; TensorFlow.js has either strides or dilations.
          const strides = side === 1 || dilation > 1 ? 1 : stride;
          const depthwise = (...[a, b]: tf.Tensor[]) =>
            tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, "same", "NHWC", dilation);
          expectGradients(depthwise, [x, filter], { ...LINEAR, seed });
          const separable = (...[a, b, c]: tf.Tensor[]) =>
            tf.separableConv2d(a as tf.Tensor4D, b as tf.Tensor4D, c as tf.Tensor4D, strides, "same", dilation);
          expectGradients(separable, [x, filter, points], { ...LINEAR, seed });
          tf.dispose([x, filter, points]);
        },
      ),
      { ...fewRuns, numRuns: 12 },
    );
  });

  it("tf.avgPool and global pools are those of their differences, down to one pixel", () => {
    assert(
      property(
        tuple(integer({ min: 1, max: 7 }), integer({ min: 1, max: 7 }), constantFrom(1, 3, 8)),
        tuple(integer({ min: 1, max: 3 }), integer({ min: 1, max: 3 })),
        seeds,
        ([height, width, channels], [side, stride], seed) => {
          const x = tensor<tf.Rank.R4>(generator(seed), [2, height, width, channels]);
          expectGradients((a) => tf.avgPool(a as tf.Tensor4D, side, stride, "same"), [x], { ...LINEAR, seed });
          expectGradients((a) => tf.mean(a, [1, 2]), [x], { ...LINEAR, seed });
          const spaced = spacedTensor<tf.Rank.R4>(generator(seed), [2, height, width, channels], 1 / 16);
          expectGradients((a) => tf.max(a, [1, 2]), [spaced], { ...PIECEWISE, seed });
          tf.dispose([x, spaced]);
        },
      ),
      { ...fewRuns, numRuns: 15 },
    );
  });

  it("tf.conv1d, upsampling, concatenating, padding, slicing and gathering are those of their differences", () => {
    assert(
      property(
        tuple(integer({ min: 3, max: 6 }), integer({ min: 1, max: 4 }), constantFrom(1, 3, 5)),
        seeds,
        ([height, width, channels], seed) => {
          const next = generator(seed);
          const x = tensor<tf.Rank.R4>(next, [2, height, width, channels]);
          const row = tensor<tf.Rank.R3>(next, [2, height, channels]);
          const filter = tensor<tf.Rank.R3>(next, [3, channels, 2]);
          const conv1d = (...[a, b]: tf.Tensor[]) => tf.conv1d(a as tf.Tensor3D, b as tf.Tensor3D, 2, "same");
          expectGradients(conv1d, [row, filter], { ...LINEAR, seed });
          const size: [number, number] = [2 * height, 2 * width];
          const linear: readonly ((a: tf.Tensor) => tf.Tensor)[] = [
            (a) => tf.image.resizeNearestNeighbor(a as tf.Tensor4D, size),
            (a) => tf.image.resizeBilinear(a as tf.Tensor4D, size),
            (a) => tf.concat([a, tf.mul(a, 2)], 3),
            (a) => tf.pad(a, [[0, 0], [1, 2], [0, 1], [0, 0]]), // prettier-ignore
            (a) => tf.slice(a, [0, 1, 0, 0], [1, 2, width, channels]),
            (a) => tf.gather(a, tf.tensor1d([2, 0, 2], "int32"), 1),
          ];
          for (const each of linear) expectGradients(each, [x], { ...LINEAR, seed });
          tf.dispose([x, row, filter]);
        },
      ),
      { ...fewRuns, numRuns: 10 },
    );
  });

  it("activations, layer normalization and sigmoid cross-entropy are those of their differences", () => {
    const x = spacedTensor<tf.Rank.R2>(generator(61), [3, 5], 1 / 8);
    const smooth: readonly ((a: tf.Tensor) => tf.Tensor)[] = [
      (a) => tf.sigmoid(a),
      (a) => tf.tanh(a),
      (a) => tf.softplus(a),
      (a) => tf.softmax(a),
      (a) => tf.logSoftmax(a),
      (a) => tf.elu(a),
      (a) => tf.selu(a),
      (a) => tf.mul(a, tf.sigmoid(a)),
      (a) => tf.losses.sigmoidCrossEntropy(tf.mul(tf.ones([3, 5]), 0.3), a),
      (a) => layers.layers.layerNormalization({ epsilon: 1e-3 }).apply(a) as tf.Tensor,
    ];
    for (const each of smooth) expectGradients(each, [x], SMOOTH);
    const straight: readonly ((a: tf.Tensor) => tf.Tensor)[] = [
      (a) => tf.relu(a),
      (a) => tf.relu6(tf.mul(a, 10)),
      (a) => tf.leakyRelu(a, 0.1),
      (a) => tf.abs(a),
      (a) => tf.maximum(a, 0.2),
      (a) => tf.clipByValue(a, -0.4, 0.4),
    ];
    for (const each of straight) expectGradients(each, [x], PIECEWISE);
    x.dispose();
  });
});
