// Bugs of TensorFlow.js' WASM backend: pooling in two and three dimensions, morphological dilation, and their
// gradients.

import { describeStockBugs, gradientOf, values, volumeGradient } from "../testing/stock-bugs.ts";
import { tf } from "../testing/tensorflow.ts";

const negativeVolume = (): tf.Tensor5D => tf.tensor5d([-4, -3, -2, -1, -8, -7, -6, -5], [1, 2, 2, 2, 1]);

describeStockBugs("pooling and dilation", [
  {
    name: "MaxPoolGrad passes the gradient to a maximum of 0 or less",
    run: () => gradientOf((x) => tf.maxPool(x, 2, 2, "valid"), tf.tensor4d([-4, -1, -3, -2], [1, 2, 2, 1])),
    expected: [0, 1, 0, 0],
  },
  {
    name: "MaxPoolGrad passes the gradient to the first of equal maxima, as Keras does",
    run: () => gradientOf((x) => tf.maxPool(x, 2, 2, "valid"), tf.tensor4d([-2, -1, -1, -1], [1, 2, 2, 1])),
    expected: [0, 1, 0, 0],
  },
  {
    name: "AvgPoolGrad divides by the number of pixels within the image",
    run: () => gradientOf((x) => tf.avgPool(x, 2, 1, "same"), tf.ones([1, 1, 1, 1])),
    expected: [1],
  },
  {
    name: "pooling with 1 x 1 windows, a stride and padding writes all outputs",
    run: () => values(tf.pool(tf.tensor3d([1, 2, 3, 4], [2, 2, 1]), 1, "max", 1, undefined, 2)),
    expected: [1, 2, 3, 4],
  },
  {
    name: "MaxPool3DGrad passes the gradient to a maximum of 0 or less",
    run: () => volumeGradient((x) => tf.maxPool3d(x, 2, 2, "valid"), negativeVolume()),
    expected: [0, 0, 0, 1, 0, 0, 0, 0],
  },
  {
    name: "MaxPool3D of NaN alone gives NaN",
    run: () => values(tf.maxPool3d(tf.tensor5d([NaN, NaN], [1, 1, 1, 2, 1]), [1, 1, 2], 1, "valid")),
    expected: [NaN],
  },
  {
    name: "AvgPool3DGrad divides by the number of voxels within the volume",
    run: () => volumeGradient((x) => tf.avgPool3d(x, 3, 1, "same"), tf.ones([1, 1, 1, 1, 1])),
    expected: [1],
  },
  {
    name: "MaxPoolWithArgmax finds maxima of 0 or less",
    run: () => {
      const { result, indexes } = tf.maxPoolWithArgmax(tf.tensor4d([-4, -1, -3, -2], [1, 2, 2, 1]), 2, 2, "valid");
      return [...values(result as tf.Tensor), ...values(indexes as tf.Tensor)];
    },
    expected: [-1, 1],
  },
  {
    name: "Dilation2D finds maxima of 0 or less",
    run: () => values(tf.dilation2d(tf.tensor4d([-4, -1, -3, -2], [1, 2, 2, 1]), tf.zeros([2, 2, 1]), 1, "valid")),
    expected: [-1],
  },
  {
    name: "Dilation2DBackpropInput passes the gradient to a maximum of 0 or less",
    run: () => gradientOf((x) => tf.dilation2d(x, tf.zeros([2, 2, 1]), 1, "valid"), tf.tensor4d([-4, -1, -3, -2], [1, 2, 2, 1])), // prettier-ignore
    expected: [0, 1, 0, 0],
  },
  {
    name: "Dilation2DBackpropFilter passes the gradient to the tap of a maximum of 0 or less",
    run: () => {
      const x = tf.tensor4d([-4, -1, -3, -2], [1, 2, 2, 1]);
      return values(tf.grad((filter: tf.Tensor) => tf.dilation2d(x, filter as tf.Tensor3D, 1, "valid"))(tf.zeros([2, 2, 1]))); // prettier-ignore
    },
    expected: [0, 1, 0, 0],
  },
]);
