// Bugs of TensorFlow.js' WASM backend: convolutions in two and three dimensions, depthwise ones too, and their
// gradients.

import { generator, tensor } from "../testing/numbers.ts";
import { describeStockBugs, gradientOf, values, volumeGradient } from "../testing/stock-bugs.ts";
import { tf } from "../testing/tensorflow.ts";

describeStockBugs("convolutions", [
  {
    name: "a convolution with a stride larger than its filter reads the correct pixels",
    run: () => values(tf.conv2d(tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 1, 6, 1]), tf.ones([1, 2, 1, 1]), 3, "same")),
    expected: [3, 9],
  },
  {
    name: "a convolution with an empty output gives an empty tensor",
    run: () => values(tf.conv2d(tf.ones<tf.Rank.R4>([2, 2, 6, 1]), tf.ones([4, 2, 1, 1]), 2, [[0, 0], [1, 0], [0, 1], [0, 0]])), // prettier-ignore
    expected: [],
  },
  {
    name: "depthwiseConv2d has a gradient",
    run: () =>
      gradientOf((x) => tf.depthwiseConv2d(x, tf.tensor4d([3], [1, 1, 1, 1]), 1, "valid"), tf.ones([1, 1, 2, 1])),
    expected: [3, 3],
  },
  {
    name: "a dilated convolution has a gradient",
    run: () => {
      const filter = tf.tensor4d([1, 2], [1, 2, 1, 1]);
      return gradientOf((x) => tf.conv2d(x, filter, 1, "valid", "NHWC", [1, 2]), tf.ones([1, 1, 4, 1]));
    },
    expected: [1, 1, 2, 2],
  },
  {
    name: "conv2d has a gradient for its filter",
    run: () => {
      const x = tensor<tf.Rank.R4>(generator(3), [1, 2, 2, 1]);
      const gradient = tf.grad((filter: tf.Tensor) => tf.conv2d(x, filter as tf.Tensor4D, 1, "valid"));
      return Math.abs((values(gradient(tf.ones([1, 1, 1, 1])))[0] ?? NaN) - (values(tf.sum(x))[0] ?? NaN)) < 1e-6;
    },
    expected: true,
  },
  {
    name: "Conv3DBackpropInputV2 passes gradients to the correct voxels with a stride",
    run: () => {
      const filter = tf.tensor5d([1, 10], [1, 1, 2, 1, 1]);
      return volumeGradient((x) => tf.conv3d(x, filter, 2, "valid"), tf.ones([1, 1, 1, 4, 1]));
    },
    expected: [1, 10, 2, 20],
  },
  {
    name: "Conv3DBackpropFilterV2 reads the correct voxels with a stride",
    run: () => {
      const x = tf.tensor5d([1, 2, 3, 4], [1, 1, 1, 4, 1]);
      return volumeGradient((filter) => tf.conv3d(x, filter, 2, "valid"), tf.ones([1, 1, 2, 1, 1]));
    },
    // dy is [1, 2]: 1 + 2 x 3, then 2 + 2 x 4.
    expected: [7, 10],
  },
  {
    name: "conv3dTranspose writes all windows with a stride",
    run: () => {
      const x = tf.tensor5d([1, 2], [1, 1, 1, 2, 1]);
      return values(tf.conv3dTranspose(x, tf.tensor5d([1, 10], [1, 1, 2, 1, 1]), [1, 1, 1, 4, 1], 2, "valid"));
    },
    expected: [1, 10, 2, 20],
  },
  {
    name: "a depthwise convolution with 1 x 1 filters keeps NaN",
    run: () => {
      const x = tf.tensor4d([NaN, 1, 2, 3], [1, 1, 2, 2]);
      const filter = tf.tensor4d([1, 10], [1, 1, 2, 1]);
      const settings = { strides: 1, pad: "same", bias: tf.ones([2]), activation: "relu" } as const;
      return [tf.depthwiseConv2d(x, filter, 1, "same"), tf.fused.depthwiseConv2d({ x, filter, ...settings })].map(
        values,
      );
    },
    expected: [
      [NaN, 10, 2, 30],
      [NaN, 11, 3, 31],
    ],
  },
  {
    name: "a convolution of 0 channels gives 0",
    run: () => values(tf.conv2d(tf.zeros<tf.Rank.R4>([1, 1, 2, 0]), tf.zeros([1, 1, 0, 1]), 1, "same")),
    expected: [0, 0],
  },
]);
