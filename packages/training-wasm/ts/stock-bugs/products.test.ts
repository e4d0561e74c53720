// Bugs of TensorFlow.js' WASM backend: matrix products, fused with bias and activation, and einsum.

import { describeStockBugs, values } from "../testing/stock-bugs.ts";
import { tf } from "../testing/tensorflow.ts";

/** Two transposed matrices, whose product has an easy answer: `[[1, 3], [2, 4]]` x `[[1, 1], [0, 1]]` and a bias. */
const transposedWithBias = (): tf.Tensor =>
  tf.fused.matMul({
    a: tf.tensor2d([1, 2, 3, 4], [2, 2]),
    b: tf.tensor2d([1, 1, 0, 1], [2, 2]),
    transposeA: true,
    bias: tf.tensor1d([10, 20]),
  });

describeStockBugs("matrix products", [
  {
    name: "_FusedMatMul adds the bias to all rows if an operand is transposed",
    run: () => values(transposedWithBias()),
    expected: [11, 24, 12, 26],
  },
  {
    name: "BatchMatMul multiplies the correct matrices if batches are broadcast",
    run: () => values(tf.matMul(tf.tensor([1, 2, 3, 4], [2, 2, 1, 1]), tf.tensor([10, 100], [2, 1, 1, 1]))),
    expected: [10, 20, 300, 400],
  },
  {
    name: "matMul accepts int32",
    run: () => values(tf.matMul(tf.tensor2d([1, 2], [1, 2], "int32"), tf.tensor2d([3, 4], [2, 1], "int32"))),
    expected: [11],
  },
  {
    name: "fused matMul adds a bias of any shape",
    run: () =>
      values(tf.fused.matMul({ a: tf.ones([2, 1]), b: tf.ones([1, 2]), bias: tf.tensor2d([1, 2, 3, 4], [2, 2]) })),
    expected: [2, 3, 4, 5],
  },
  {
    name: "fused matMul adds a bias to each product of a batch",
    run: () => values(tf.fused.matMul({ a: tf.ones([2, 2, 1]), b: tf.ones([2, 1, 2]), bias: tf.tensor1d([10, 20]) })),
    expected: [11, 21, 11, 21, 11, 21, 11, 21],
  },
  {
    name: "fused activations keep NaN",
    run: () => {
      const products = (["relu", "relu6"] as const).map((activation) =>
        tf.fused.matMul({ a: tf.tensor2d([NaN], [1, 1]), b: tf.ones([1, 1]), activation }),
      );
      const x = tf.tensor4d([NaN, -1, -1, -1], [1, 1, 4, 1]);
      const settings = {
        x,
        filter: tf.ones<tf.Rank.R4>([1, 2, 1, 1]),
        strides: 2,
        pad: "valid",
        activation: "relu",
      } as const;
      return [...products, tf.fused.conv2d(settings), tf.fused.depthwiseConv2d(settings)].map(values);
    },
    expected: [[NaN], [NaN], [NaN, 0], [NaN, 0]],
  },
  {
    name: "matMul with an inner dimension of 0 gives 0",
    run: () => [
      ...values(tf.matMul(tf.zeros([1, 0]), tf.zeros([0, 2]))),
      ...values(tf.fused.matMul({ a: tf.zeros([1, 0]), b: tf.zeros([0, 2]), bias: tf.tensor1d([1, 2]) })),
    ],
    expected: [0, 0, 1, 2],
  },
  {
    name: "matMul of int32 is exact",
    run: () => values(tf.matMul(tf.tensor2d([16777217, 3], [1, 2], "int32"), tf.tensor2d([1, 5], [2, 1], "int32"))),
    expected: [16777232],
  },
  {
    name: "einsum of bool values counts them",
    run: () => values(tf.einsum("i->", tf.ones([3], "bool"))),
    expected: [3],
  },
  {
    name: "einsum is supported",
    run: () => values(tf.einsum("ij,j->i", tf.ones([2, 3]), tf.ones([3]))),
    expected: [3, 3],
  },
]);
