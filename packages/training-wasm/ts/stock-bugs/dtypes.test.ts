// Bugs of TensorFlow.js' WASM backend: casts, shared data, and dtypes that an operation does not support.

import { AN_ERROR, describeStockBugs, values } from "../testing/stock-bugs.ts";
import { tf } from "../testing/tensorflow.ts";

/** A float32 tensor that has its values from an int32 one, as the cpu backend casts. */
function sharedWithInt32(): tf.Tensor {
  const x = tf.tensor1d([1, 0, 3], "int32");
  return tf.engine().makeTensorFromDataId(x.dataId, [3], "float32");
}

describeStockBugs("dtypes", [
  {
    name: "a float32 tensor that shares the data of an int32 tensor is read as float32",
    run: () => [...values(tf.add(sharedWithInt32(), 0.5)), ...values(tf.concat([sharedWithInt32(), tf.zeros([1])]))],
    expected: [1.5, 0.5, 3.5, 1, 0, 3, 0],
  },
  {
    name: "a tensor that another backend made from integers keeps their values, whatever its dtype",
    run: () => [
      ...values(tf.engine().makeTensor(Int32Array.of(1, 0, -3), [3], "float32")),
      ...values(tf.engine().makeTensor(Float32Array.of(1, 0, -3), [3], "int32")),
      ...values(tf.engine().makeTensor(Int32Array.of(1, 0, 256), [3], "bool")),
    ],
    expected: [1, 0, -3, 1, 0, -3, 1, 0, 1],
  },
  {
    name: "a cast to bool gives 0 and 1",
    run: () => values(tf.cast(tf.tensor1d([0, 3, 0.5, -1]), "bool")),
    expected: [0, 1, 1, 1],
  },
  {
    name: "comparisons reject strings",
    run: () => values(tf.equal(tf.tensor1d(["a"]), tf.tensor1d(["b"]))),
    expected: AN_ERROR,
  },
  ...Object.entries({
    atan2: () => tf.atan2(tf.ones([2], "bool"), tf.ones([2], "bool")),
    searchSorted: () => tf.searchSorted(tf.ones([2], "bool"), tf.ones([2], "bool")),
    sparseSegmentSum: () => tf.sparse.sparseSegmentSum(tf.ones([2, 1], "bool"), [0], [0]),
  }).map(([name, run]) => ({ name: `${name} rejects bool values`, run: () => values(run()), expected: AN_ERROR })),
  {
    name: "batchNorm rejects int32",
    run: () => values(tf.batchNorm(tf.ones([2, 2], "int32"), tf.ones([2], "int32"), tf.ones([2], "int32"))),
    expected: AN_ERROR,
  },
  {
    name: "string operations reject numbers",
    run: () => {
      const inputs = { input: tf.tensor1d([1]), delimiter: tf.scalar(" ", "string") };
      return tf.engine().runKernel<tf.Tensor[]>("StringSplit", inputs, { skipEmpty: false }).length;
    },
    expected: AN_ERROR,
  },
]);
