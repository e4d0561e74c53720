// Bugs of TensorFlow.js' WASM backend: sums, means and other reductions, cumulative sums, counts and top-k.

import { AN_ERROR, describeStockBugs, values } from "../testing/stock-bugs.ts";
import { tf } from "../testing/tensorflow.ts";

/** How far a sum or mean of numbers around 0.13 is off the one in float64, relative to it. */
function offFloat64(name: "sum" | "mean", shape: number[], axis: number | number[] | undefined): number {
  const valueAt = (index: number): number => Math.fround(0.1 + 0.01 * (index % 7));
  const size = tf.util.sizeFromShape(shape);
  const x = tf.tensor(
    Float32Array.from({ length: size }, (_, index) => valueAt(index)),
    shape,
  );
  const reduced = tf.util.parseAxisParam(axis ?? shape.map((_, each) => each), shape);
  const strides = tf.util.computeStrides([...shape, 1]);
  const kept = shape.map((_, each) => each).filter((each) => !reduced.includes(each));
  const right = new Map<number, number>();
  for (let index = 0; index < size; index++) {
    let place = 0;
    for (const each of kept) {
      const length = shape[each] ?? 1;
      place = place * length + (Math.floor(index / (strides[each] ?? 1)) % length);
    }
    right.set(place, (right.get(place) ?? 0) + valueAt(index));
  }
  const count = name === "sum" ? 1 : size / right.size;
  const found = (name === "sum" ? tf.sum : tf.mean)(x, axis).dataSync();
  return Math.max(...[...right].map(([place, sum]) => Math.abs((found[place] ?? 0) / (sum / count) - 1)));
}

describeStockBugs("reductions", [
  ...(["sum", "mean"] as const).flatMap((name) =>
    (
      [
        [[1_000_000], undefined],
        [[50_000, 3], 0],
        [[3, 200_000, 2], 1],
        [
          [20, 60, 60, 5],
          [1, 2],
        ],
        [
          [700, 3, 1000],
          [0, 2],
        ],
        [[4, 100_000], -1],
      ] satisfies [number[], number | number[] | undefined][]
    ).map(([shape, axis]) => ({
      name: `${name} of [${shape.join(", ")}] along ${String(axis ?? "all")} equals the sum in float64`,
      run: () => offFloat64(name, shape, axis) < 2e-7,
      expected: true,
    })),
  ),
  {
    name: "means of a million integers and bools equal those in float64",
    run: () => {
      const x = tf.range(0, 1_000_000, 1, "int32");
      return [...values(tf.mean(x)), ...values(tf.mean(tf.lessEqual(x, 99_999)))].map((mean) =>
        Number(mean.toFixed(5)),
      );
    },
    expected: [499_999.5, 0.1],
  },
  {
    name: "reductions of empty tensors give what NumPy gives",
    run: () => {
      const nothing = tf.tensor2d([], [0, 2]);
      const truths = tf.cast(nothing, "bool");
      return [tf.max(nothing, 0), tf.min(nothing, 0), tf.prod(nothing, 0), tf.sum(nothing, 0), tf.mean(nothing, 0)]
        .concat([tf.all(truths, 0), tf.any(truths, 0)])
        .map(values);
    },
    expected: [
      [-Infinity, -Infinity],
      [Infinity, Infinity],
      [1, 1],
      [0, 0],
      [NaN, NaN],
      [1, 1],
      [0, 0],
    ],
  },
  {
    name: "argMax rejects an empty axis",
    run: () => values(tf.argMax(tf.tensor2d([], [2, 0]), 1)),
    expected: AN_ERROR,
  },
  {
    name: "bincount counts along all axes",
    run: () => values(tf.engine().runKernel("Bincount", { x: tf.tensor2d([0, 1, 1, 2], [2, 2], "int32"), weights: tf.tensor1d([]) }, { size: 3 })), // prettier-ignore
    expected: [1, 2, 1],
  },
  {
    name: "bincount rejects negative numbers",
    run: () => values(tf.bincount(tf.tensor1d([-1, 1], "int32"), tf.tensor1d([]), 2)),
    expected: AN_ERROR,
  },
  {
    name: "cumsum and cumprod accept negative axes",
    run: () => [tf.cumsum(tf.tensor2d([1, 2, 3, 4], [2, 2]), -2), tf.cumprod(tf.tensor1d([2, 3]), -1)].map(values),
    expected: [
      [1, 2, 4, 6],
      [2, 6],
    ],
  },
  {
    name: "topk with k = 0 gives an empty tensor",
    run: () => tf.topk(tf.zeros([2, 0]), 0).values.shape,
    expected: [2, 0],
  },
  { name: "topk rejects NaN", run: () => values(tf.topk(tf.tensor1d([2, 1, NaN, 3]), 4).values), expected: AN_ERROR },
  {
    name: "all rejects values that are not bool",
    run: () => values(tf.engine().runKernel("All", { x: tf.ones([2]) }, { axis: 0, keepDims: false })),
    expected: AN_ERROR,
  },
]);
