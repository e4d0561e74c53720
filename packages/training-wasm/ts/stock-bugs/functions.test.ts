// Bugs of TensorFlow.js' WASM backend: elementwise functions.

import { AN_ERROR, describeStockBugs, values } from "../testing/stock-bugs.ts";
import { tf } from "../testing/tensorflow.ts";

describeStockBugs("elementwise functions", [
  {
    name: "clipByValue of integers stays within integer bounds",
    run: () => [
      ...values(tf.clipByValue(tf.tensor1d([-2, 3, 9], "int32"), 0, 5)),
      ...values(tf.clipByValue(tf.tensor1d([3], "int32"), 4, 5)),
    ],
    expected: [0, 3, 5, 4],
  },
  {
    name: "abs accepts bool values",
    run: () => values(tf.abs(tf.tensor1d([true, false], "bool"))),
    expected: [1, 0],
  },
  {
    name: "numeric functions reject bool values",
    run: () => values(tf.neg(tf.tensor1d([true, false, true], "bool"))),
    expected: AN_ERROR,
  },
  { name: "relu6 keeps NaN", run: () => values(tf.relu6(tf.tensor1d([NaN, -1, 7]))), expected: [NaN, 0, 6] },
  {
    name: "clipByValue keeps NaN",
    run: () => values(tf.clipByValue(tf.tensor1d([NaN, 5, -5]), -1, 1)),
    expected: [NaN, 1, -1],
  },
  {
    name: "functions of integers compute with their values, not their bits",
    run: () => {
      const x = tf.tensor1d([-7, 0, 1, 7], "int32");
      const all = [tf.log1p(x), tf.reciprocal(x), tf.isFinite(x)];
      return all.map(values);
    },
    expected: [
      [0, 0, 0, 2],
      [0, 0, 1, 0],
      [1, 1, 1, 1],
    ],
  },
  { name: "expm1 of int32 gives int32", run: () => tf.expm1(tf.tensor1d([1], "int32")).dtype, expected: "int32" },
  {
    name: "neg of int32 is exact",
    run: () => values(tf.neg(tf.tensor1d([-2147483647], "int32"))),
    expected: [2147483647],
  },
  { name: "sign of a tiny number is not 0", run: () => values(tf.sign([1e-40, -1e-20])), expected: [1, -1] },
  {
    name: "log1p and sin are accurate near 0",
    run: () => [tf.log1p([1e-20]), tf.sin([1e-20])].map((y) => Math.abs((values(y)[0] ?? 0) / 1e-20 - 1) < 1e-6),
    expected: [true, true],
  },
  {
    name: "sin and cos are accurate for angles of any size",
    run: () => {
      const angle = 1e38;
      const off = [tf.sin(angle), tf.cos(angle)].map((y) => values(y)[0] ?? NaN);
      return [Math.sin(Math.fround(angle)), Math.cos(Math.fround(angle))].map(
        (y, at) => Math.abs(y - (off[at] ?? 0)) < 1e-6,
      );
    },
    expected: [true, true],
  },
  {
    name: "maximum and minimum keep NaN",
    run: () => [tf.maximum([1, NaN], [NaN, 1]), tf.minimum([1, NaN], [NaN, 1])].map(values),
    expected: [
      [NaN, NaN],
      [NaN, NaN],
    ],
  },
  { name: "mod has the sign of the divisor", run: () => values(tf.mod([1], [-1e10])), expected: [-1e10] },
  {
    name: "integer division by 0 gives 0",
    run: () => {
      const [x, zero] = [tf.tensor1d([3, -3], "int32"), tf.zeros([2], "int32")];
      return [tf.div(x, zero), tf.floorDiv(x, zero), tf.mod(x, zero)].map(values);
    },
    expected: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: "pow of int32 is exact modulo 2^32",
    run: () => values(tf.pow(tf.tensor1d([3, -7, 2], "int32"), tf.tensor1d([33, 13, -1], "int32"))),
    expected: [Number(BigInt.asIntN(32, 3n ** 33n)), Number(BigInt.asIntN(32, (-7n) ** 13n)), 0],
  },
  {
    name: "prelu broadcasts, and ignores the slopes of numbers above 0",
    run: () => values(tf.prelu(tf.tensor2d([1, -1, -2, -3], [2, 2]), tf.tensor2d([NaN, 10], [2, 1]))),
    expected: [1, NaN, -20, -30],
  },
  {
    name: "relu keeps a NaN of either sign",
    run: () => values(tf.relu(tf.tensor1d(new Float32Array(Int32Array.of(0x7f_c0_00_00, 0xff_c0_00_00).buffer)))),
    expected: [NaN, NaN],
  },
]);
