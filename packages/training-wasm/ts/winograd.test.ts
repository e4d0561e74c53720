// The Winograd kernels behind TensorFlow.js' operations, against the direct ones: a 3x3 filter gives the same as a 5x5
// one whose border is 0, which the direct kernels compute.

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { convReluMaxPool, enableTraining } from "./index.ts";
import { bytesOf, distance, generator, tensor } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

beforeAll(async () => {
  await enableTraining();
});

/** Pixels around an image, or a filter. */
const BORDER: [number, number][] = [
  [1, 1],
  [1, 1],
];
const none: [number, number] = [0, 0];

type Convolve = (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) => tf.Tensor;

/** The same by a filter of 5x5 pixels. */
function byLargerFilter(convolve: Convolve): Convolve {
  return (x, filter, bias) =>
    convolve(tf.pad(x, [none, ...BORDER, none]), tf.pad(filter, [...BORDER, none, none]), bias);
}

/** Values, and the gradients of their weighted sum. */
function valuesAndGradients(convolve: Convolve, inputs: [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D]): tf.Tensor[] {
  const y = convolve(...inputs);
  const weights = tensor(generator(31), y.shape);
  const gradients = tf.grads((...at: tf.Tensor[]) => tf.sum(tf.mul(convolve(...(at as typeof inputs)), weights)));
  return [y, ...gradients(inputs)];
}

/** More than the roundings of a few hundred products, as the transforms multiply them. */
const TOLERANCE = 3e-5;

function expectAlike(actual: readonly tf.Tensor[], expected: readonly tf.Tensor[]): void {
  const distances = actual.map((each, index) => {
    const other = expected[index] ?? tf.scalar(NaN);
    return distance(each, other) / Math.max(...tf.abs(other).dataSync());
  });
  for (const each of distances) expect(each).toBeLessThan(TOLERANCE);
  // They round otherwise: that they are the same in all digits would say that both were computed alike.
  expect(Math.max(...distances)).toBeGreaterThan(0);
}

describe("3x3 convolutions of channels in fours equal direct ones, in values and gradients", () => {
  const SHAPES: readonly [x: tf.Tensor4D["shape"], outputs: number][] = [
    [[2, 13, 12, 8], 12],
    [[1, 6, 30, 36], 4],
    [[3, 19, 18, 4], 20],
  ];
  const inputsOf = (shape: tf.Tensor4D["shape"], outputs: number): [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D] => {
    const next = generator(32);
    const filter = tensor<tf.Rank.R4>(next, [3, 3, shape[3], outputs]);
    return [tensor<tf.Rank.R4>(next, shape), filter, tensor<tf.Rank.R1>(next, [outputs])];
  };

  it.each(SHAPES)("tf.conv2d, valid: %j to %i channels", (shape, outputs) => {
    const inputs = inputsOf(shape, outputs);
    const convolve: Convolve = (x, filter, bias) => tf.add(tf.conv2d(x, filter, 1, "valid"), bias);
    expectAlike(valuesAndGradients(convolve, inputs), valuesAndGradients(byLargerFilter(convolve), inputs));
  });

  it.each(SHAPES)("tf.conv2d, padded to the same size: %j to %i channels", (shape, outputs) => {
    const inputs = inputsOf(shape, outputs);
    const convolve: Convolve = (x, filter, bias) => tf.add(tf.conv2d(x, filter, 1, "same"), bias);
    // The larger filter needs no border around the image.
    const direct: Convolve = (x, filter, bias) => convolve(x, tf.pad(filter, [...BORDER, none, none]), bias);
    expectAlike(valuesAndGradients(convolve, inputs), valuesAndGradients(direct, inputs));
  });

  it("tf.conv2d, padded by another number on each side", () => {
    const inputs = inputsOf([2, 8, 9, 4], 8);
    const pads = (more: number): tf.backend_util.ExplicitPadding => [
      [0, 0],
      [3 + more, 1 + more],
      [more, 2 + more],
      [0, 0],
    ];
    const convolve: Convolve = (x, filter, bias) => tf.add(tf.conv2d(x, filter, 1, pads(0)), bias);
    const direct: Convolve = (x, filter, bias) =>
      tf.add(tf.conv2d(x, tf.pad(filter, [...BORDER, none, none]), 1, pads(1)), bias);
    expectAlike(valuesAndGradients(convolve, inputs), valuesAndGradients(direct, inputs));
  });

  it.each(["linear", "relu", "relu6", "elu", "sigmoid"] as const)("tf.fused.conv2d with %s", (activation) => {
    const inputs = inputsOf([2, 13, 12, 8], 12);
    const values = (convolve: Convolve): tf.Tensor => convolve(...inputs);
    const fused: Convolve = (x, filter, bias) =>
      tf.fused.conv2d({ x, filter, strides: 1, pad: "valid", bias, activation });
    const [actual, expected] = [values(fused), values(byLargerFilter(fused))];
    expect(distance(actual, expected)).toBeLessThan(TOLERANCE * Math.max(...tf.abs(expected).dataSync()));
    const withoutBias = tf.fused.conv2d({ x: inputs[0], filter: inputs[1], strides: 1, pad: "valid", activation });
    const sums = values((x, filter) => tf.conv2d(x, filter, 1, "valid"));
    const step = { linear: tf.clone, relu: tf.relu, relu6: tf.relu6, elu: tf.elu, sigmoid: tf.sigmoid }[activation];
    expect(distance(withoutBias, step(sums))).toBeLessThan(TOLERANCE * Math.max(...tf.abs(sums).dataSync()));
  });

  it("tf.fused.conv2d with a bias of any shape", () => {
    const [x, filter] = inputsOf([2, 13, 12, 8], 12);
    const bias = tensor<tf.Rank.R1>(generator(33), [1]);
    const fused = tf.fused.conv2d({ x, filter, strides: 1, pad: "valid", bias, activation: "relu" });
    const expected = tf.relu(tf.add(tf.conv2d(x, filter, 1, "valid"), bias));
    expect(distance(fused, expected)).toBe(0);
  });

  it.each(SHAPES)("convReluMaxPool: %j to %i channels", (shape, outputs) => {
    const inputs = inputsOf(shape, outputs);
    expectAlike(
      valuesAndGradients(convReluMaxPool, inputs),
      valuesAndGradients(byLargerFilter(convReluMaxPool), inputs),
    );
  });

  it("tf.conv2dTranspose", () => {
    const next = generator(34);
    const [x, filter] = [tensor<tf.Rank.R4>(next, [2, 10, 11, 8]), tensor<tf.Rank.R4>(next, [3, 3, 12, 8])];
    const transposed = tf.conv2dTranspose(x, filter, [2, 12, 13, 12], 1, "valid");
    const larger = tf.pad(filter, [...BORDER, none, none]);
    const expected = tf.conv2dTranspose(x, larger, [2, 14, 15, 12], 1, "valid");
    expectAlike([transposed], [tf.slice(expected, [0, 1, 1, 0], [2, 12, 13, 12])]);
  });
});

describe("the Winograd kernels", () => {
  afterAll(async () => {
    await enableTraining({ threads: 2 });
  });

  it("give the same bytes with any number of threads", async () => {
    const next = generator(35);
    const inputs: [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D] = [
      tensor<tf.Rank.R4>(next, [3, 30, 47, 100]),
      tensor<tf.Rank.R4>(next, [3, 3, 100, 12]),
      tensor<tf.Rank.R1>(next, [12]),
    ];
    const plain: Convolve = (x, filter, bias) => tf.add(tf.conv2d(x, filter, 1, "same"), bias);
    const answers: Buffer[][] = [];
    for (const threads of [1, 2, 7]) {
      await enableTraining({ threads });
      answers.push([plain, convReluMaxPool].flatMap((each) => valuesAndGradients(each, inputs)).map(bytesOf));
    }
    for (const answer of answers)
      expect(answer.map((each, index) => each.equals(answers[0]?.[index] ?? each))).not.toContain(false);
  });
});
