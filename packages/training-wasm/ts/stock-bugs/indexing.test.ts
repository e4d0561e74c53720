// Bugs of TensorFlow.js' WASM backend: slices, padding, gathering and scattering.

import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

import { AN_ERROR, describeStockBugs, values } from "../testing/stock-bugs.ts";
import { tf } from "../testing/tensorflow.ts";

describeStockBugs("slicing and indexing", [
  ...[
    ["gatherND", () => tf.gatherND(tf.tensor1d([1, 2]), tf.tensor2d([7], [1, 1], "int32"))] as const,
    ["scatterND", () => tf.scatterND(tf.tensor2d([9], [1, 1], "int32"), tf.tensor1d([5]), [3])] as const,
  ].map(([name, run]) => ({
    name: `${name} rejects indices outside of the tensor`,
    run: () => values(run()),
    expected: AN_ERROR,
  })),
  {
    name: "where accepts bool values",
    run: () => values(tf.where([true, false, true, false], tf.ones([4], "bool"), tf.zeros([4], "bool"))),
    expected: [1, 0, 1, 0],
  },
  {
    name: "reverse accepts bool values",
    run: () => values(tf.reverse1d(tf.tensor1d([true, true, false, false, false], "bool"))),
    expected: [0, 0, 0, 1, 1],
  },
  {
    name: "negative padding crops",
    run: () => values(tf.pad(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), [[0, 0], [-1, 1]] as [[number, number], [number, number]])), // prettier-ignore
    expected: [2, 3, 0, 5, 6, 0],
  },
  {
    name: "slice rejects a box outside of the tensor",
    run: () => values(tf.slice2d(tf.ones([2, 2]), [1, 1], [2, 2])),
    expected: AN_ERROR,
  },
  {
    name: "Identity shares its data",
    run: () => {
      const x = tf.ones([2]);
      const [at, of] = [x, tf.engine().runKernel<tf.Tensor>("Identity", { x })].map(({ dataId }) =>
        (tf.backend() as BackendWasm).getMemoryOffset(dataId),
      );
      return at === of;
    },
    expected: true,
  },
  {
    name: "gather has a gradient",
    run: () => {
      const gradient = tf.grad((x: tf.Tensor) => tf.gather(x, tf.tensor1d([2, 0, 2], "int32")));
      return values(gradient(tf.ones([3, 1])));
    },
    expected: [1, 0, 2],
  },
  {
    name: "stridedSlice of int32 gives the values of its input",
    run: () => values(tf.stridedSlice(tf.tensor1d([1, 2, 3, -4], "int32"), [3], [0], [-2])),
    expected: [-4, 2],
  },
  {
    name: "oneHot gives float32, with any on and off values",
    run: () => values(tf.oneHot(tf.tensor1d([1, 5], "int32"), 2, 0.5, -1, "float32")),
    expected: [-1, 0.5, -1, -1],
  },
  {
    name: "padding with NaN does not reuse the constant of the call before",
    run: () => [3, NaN].map((constant) => values(tf.pad1d(tf.tensor1d([1]), [1, 0], constant))),
    expected: [
      [3, 1],
      [NaN, 1],
    ],
  },
  {
    name: "sparseToDense rejects indices outside of its shape",
    run: () => values(tf.sparseToDense(tf.tensor1d([3], "int32"), tf.tensor1d([5]), [3], 0)),
    expected: AN_ERROR,
  },
  {
    name: "gather of empty slices has the shape of its indices",
    run: () => tf.gather(tf.zeros([2, 0]), tf.tensor1d([1], "int32")).shape,
    expected: [1, 0],
  },
  {
    name: "where accepts tensors of two dtypes",
    run: () => values(tf.where([true, false], tf.tensor1d([0.5, 0.5]), tf.tensor1d([3, 3], "int32"))),
    expected: [0.5, 3],
  },
]);
