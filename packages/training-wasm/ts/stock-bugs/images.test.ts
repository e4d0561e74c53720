// Bugs of TensorFlow.js' WASM backend: image resizes, crops and transforms.

import { AN_ERROR, describeStockBugs, gradientOf, values } from "../testing/stock-bugs.ts";
import { tf } from "../testing/tensorflow.ts";

describeStockBugs("image operations", [
  {
    name: "resizeNearestNeighbor of int32 gives int32",
    run: () => tf.image.resizeNearestNeighbor(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1], "int32"), [3, 3]).dtype,
    expected: "int32",
  },
  {
    name: "cropAndResize rejects image indices that do not exist",
    run: () => values(tf.image.cropAndResize(tf.ones([1, 2, 2, 1]), [[0, 0, 1, 1]], tf.tensor1d([1], "int32"), [1, 1])),
    expected: AN_ERROR,
  },
  {
    name: "transform reflects an image on all sides",
    run: () => {
      const moves = tf.tensor2d([1, 0, -2, 0, 1, 0, 0, 0], [1, 8]);
      return values(tf.image.transform(tf.tensor4d([0, 1, 2, 3], [1, 1, 4, 1]), moves, "nearest", "reflect"));
    },
    expected: [1, 0, 0, 1],
  },
  {
    name: "rotateWithOffset fills all channels with the same value",
    run: () => values(tf.image.rotateWithOffset(tf.ones([1, 1, 1, 4]), Math.PI, 5, [1, 1])),
    expected: [5, 5, 5, 5],
  },
  {
    name: "the gradients of image resizes reach each pixel",
    run: () => [
      ...gradientOf((x) => tf.image.resizeNearestNeighbor(x, [2, 2], true), tf.ones([1, 1, 1, 1])),
      ...gradientOf((x) => tf.image.resizeBilinear(x, [1, 1], false, true), tf.ones([1, 2, 2, 1])),
    ],
    expected: [4, 0.25, 0.25, 0.25, 0.25],
  },
]);
