// What TensorFlow.js' WASM backend computes wrongly, on stock and on ours: each case has to fail there, and to hold here.

import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, it } from "vitest";

import { enableTraining } from "./index.ts";
import { keepProcessListeners } from "./process-listeners.ts";
import { generator, tensor } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

const wasmFactory = tf.findBackendFactory("wasm");

/** A case: what it computes, and the right answer. */
interface Case {
  readonly name: string;
  readonly run: () => unknown;
  readonly right: unknown;
}

const values = (x: tf.Tensor): number[] => [...x.dataSync()];

/** What `run` throws, or what it gives. */
function answerOf({ run }: Case): unknown {
  try {
    return tf.tidy(() => run() as never);
  } catch (error) {
    return error instanceof Error ? "an error" : error;
  }
}

const gradientOf = (f: (x: tf.Tensor4D) => tf.Tensor, x: tf.Tensor4D): number[] =>
  values(tf.grad((at: tf.Tensor) => f(at as tf.Tensor4D))(x));

/** Two transposed matrices, whose product has an easy answer: `[[1, 3], [2, 4]]` x `[[1, 1], [0, 1]]` and a bias. */
const transposedWithBias = (): tf.Tensor =>
  tf.fused.matMul({
    a: tf.tensor2d([1, 2, 3, 4], [2, 2]),
    b: tf.tensor2d([1, 1, 0, 1], [2, 2]),
    transposeA: true,
    bias: tf.tensor1d([10, 20]),
  });

/** A float32 tensor that has its values from an int32 one, as the cpu backend casts. */
function sharedWithInt32(): tf.Tensor {
  const x = tf.tensor1d([1, 0, 3], "int32");
  return tf.engine().makeTensorFromDataId(x.dataId, [3], "float32");
}

/** The gradient of `f`, of volumes, weighted by 1, 2, 3 and so on. */
const volumeGradient = (f: (x: tf.Tensor5D) => tf.Tensor, x: tf.Tensor5D): number[] =>
  values(
    tf.grad((at: tf.Tensor) => {
      const y = f(at as tf.Tensor5D);
      return tf.sum(tf.mul(y, tf.reshape(tf.range(1, y.size + 1), y.shape)));
    })(x),
  );

const negativeVolume = (): tf.Tensor5D => tf.tensor5d([-4, -3, -2, -1, -8, -7, -6, -5], [1, 2, 2, 2, 1]);

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

const CASES: readonly Case[] = [
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
      name: `${name} of [${shape.join(", ")}] along ${String(axis ?? "all")} is that of float64`,
      run: () => offFloat64(name, shape, axis) < 2e-7,
      right: true,
    })),
  ),
  {
    name: "means of a million whole numbers and truth values are those of float64",
    run: () => {
      const x = tf.range(0, 1_000_000, 1, "int32");
      return [...values(tf.mean(x)), ...values(tf.mean(tf.lessEqual(x, 99_999)))].map((mean) =>
        Number(mean.toFixed(5)),
      );
    },
    right: [499_999.5, 0.1],
  },
  {
    name: "clipByValue keeps whole numbers within whole bounds",
    run: () => [
      ...values(tf.clipByValue(tf.tensor1d([-2, 3, 9], "int32"), 0, 5)),
      ...values(tf.clipByValue(tf.tensor1d([3], "int32"), 4, 5)),
    ],
    right: [0, 3, 5, 4],
  },
  {
    name: "reductions of nothing are what NumPy has",
    run: () => {
      const nothing = tf.tensor2d([], [0, 2]);
      const truths = tf.cast(nothing, "bool");
      return [tf.max(nothing, 0), tf.min(nothing, 0), tf.prod(nothing, 0), tf.sum(nothing, 0), tf.mean(nothing, 0)]
        .concat([tf.all(truths, 0), tf.any(truths, 0)])
        .map(values);
    },
    right: [
      [-Infinity, -Infinity],
      [Infinity, Infinity],
      [1, 1],
      [0, 0],
      [NaN, NaN],
      [1, 1],
      [0, 0],
    ],
  },
  ...[
    ["gatherND", () => tf.gatherND(tf.tensor1d([1, 2]), tf.tensor2d([7], [1, 1], "int32"))] as const,
    ["scatterND", () => tf.scatterND(tf.tensor2d([9], [1, 1], "int32"), tf.tensor1d([5]), [3])] as const,
  ].map(([name, run]) => ({
    name: `${name} refuses indices beyond the tensor`,
    run: () => values(run()),
    right: "an error",
  })),
  {
    name: "the place of the largest of nothing is refused",
    run: () => values(tf.argMax(tf.tensor2d([], [2, 0]), 1)),
    right: "an error",
  },
  {
    name: "abs takes bool values",
    run: () => values(tf.abs(tf.tensor1d([true, false], "bool"))),
    right: [1, 0],
  },
  {
    name: "functions of numbers refuse bool values",
    run: () => values(tf.neg(tf.tensor1d([true, false, true], "bool"))),
    right: "an error",
  },
  { name: "relu6 keeps NaN", run: () => values(tf.relu6(tf.tensor1d([NaN, -1, 7]))), right: [NaN, 0, 6] },
  {
    name: "resizeNearestNeighbor of whole numbers gives whole numbers",
    run: () => tf.image.resizeNearestNeighbor(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1], "int32"), [3, 3]).dtype,
    right: "int32",
  },
  {
    name: "a float32 tensor that shares the values of an int32 one is computed with as float32",
    run: () => [...values(tf.add(sharedWithInt32(), 0.5)), ...values(tf.concat([sharedWithInt32(), tf.zeros([1])]))],
    right: [1.5, 0.5, 3.5, 1, 0, 3, 0],
  },
  {
    name: "a tensor that another backend made of integers has their values, whatever its dtype is",
    run: () => [
      ...values(tf.engine().makeTensor(Int32Array.of(1, 0, -3), [3], "float32")),
      ...values(tf.engine().makeTensor(Float32Array.of(1, 0, -3), [3], "int32")),
      ...values(tf.engine().makeTensor(Int32Array.of(1, 0, 256), [3], "bool")),
    ],
    right: [1, 0, -3, 1, 0, -3, 1, 0, 1],
  },
  {
    name: "MaxPoolGrad gives a maximum of 0 or less its gradient",
    run: () => gradientOf((x) => tf.maxPool(x, 2, 2, "valid"), tf.tensor4d([-4, -1, -3, -2], [1, 2, 2, 1])),
    right: [0, 1, 0, 0],
  },
  {
    name: "MaxPoolGrad gives the first of equal maxima the gradient, as Keras does",
    run: () => gradientOf((x) => tf.maxPool(x, 2, 2, "valid"), tf.tensor4d([-2, -1, -1, -1], [1, 2, 2, 1])),
    right: [0, 1, 0, 0],
  },
  {
    name: "AvgPoolGrad divides by what lies in the image",
    run: () => gradientOf((x) => tf.avgPool(x, 2, 1, "same"), tf.ones([1, 1, 1, 1])),
    right: [1],
  },
  {
    name: "a pool of 1 x 1 windows with a stride and a padding writes all outputs",
    run: () => values(tf.pool(tf.tensor3d([1, 2, 3, 4], [2, 2, 1]), 1, "max", 1, undefined, 2)),
    right: [1, 2, 3, 4],
  },
  {
    name: "a convolution whose stride is larger than its filter sees the right pixels",
    run: () => values(tf.conv2d(tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 1, 6, 1]), tf.ones([1, 2, 1, 1]), 3, "same")),
    right: [3, 9],
  },
  {
    name: "a convolution without outputs has none",
    run: () => values(tf.conv2d(tf.ones<tf.Rank.R4>([2, 2, 6, 1]), tf.ones([4, 2, 1, 1]), 2, [[0, 0], [1, 0], [0, 1], [0, 0]])), // prettier-ignore
    right: [],
  },
  {
    name: "_FusedMatMul adds the bias to all rows where an operand is transposed",
    run: () => values(transposedWithBias()),
    right: [11, 24, 12, 26],
  },
  {
    name: "BatchMatMul takes the right matrices where batches are broadcast",
    run: () => values(tf.matMul(tf.tensor([1, 2, 3, 4], [2, 2, 1, 1]), tf.tensor([10, 100], [2, 1, 1, 1]))),
    right: [10, 20, 300, 400],
  },
  {
    name: "where takes bool values",
    run: () => values(tf.where([true, false, true, false], tf.ones([4], "bool"), tf.zeros([4], "bool"))),
    right: [1, 0, 1, 0],
  },
  {
    name: "reverse takes bool values",
    run: () => values(tf.reverse1d(tf.tensor1d([true, true, false, false, false], "bool"))),
    right: [0, 0, 0, 1, 1],
  },
  {
    name: "a cast to bool gives 0 and 1",
    run: () => values(tf.cast(tf.tensor1d([0, 3, 0.5, -1]), "bool")),
    right: [0, 1, 1, 1],
  },
  {
    name: "clipByValue keeps NaN",
    run: () => values(tf.clipByValue(tf.tensor1d([NaN, 5, -5]), -1, 1)),
    right: [NaN, 1, -1],
  },
  {
    name: "a padding below 0 cuts off",
    run: () => values(tf.pad(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), [[0, 0], [-1, 1]] as [[number, number], [number, number]])), // prettier-ignore
    right: [2, 3, 0, 5, 6, 0],
  },
  {
    name: "a slice beyond its tensor is refused",
    run: () => values(tf.slice2d(tf.ones([2, 2]), [1, 1], [2, 2])),
    right: "an error",
  },
  {
    name: "a comparison of strings is refused",
    run: () => values(tf.equal(tf.tensor1d(["a"]), tf.tensor1d(["b"]))),
    right: "an error",
  },
  {
    name: "bincount counts the numbers of all axes",
    run: () => values(tf.engine().runKernel("Bincount", { x: tf.tensor2d([0, 1, 1, 2], [2, 2], "int32"), weights: tf.tensor1d([]) }, { size: 3 })), // prettier-ignore
    right: [1, 2, 1],
  },
  {
    name: "matMul takes int32",
    run: () => values(tf.matMul(tf.tensor2d([1, 2], [1, 2], "int32"), tf.tensor2d([3, 4], [2, 1], "int32"))),
    right: [11],
  },
  {
    name: "a bias of any shape is added",
    run: () =>
      values(tf.fused.matMul({ a: tf.ones([2, 1]), b: tf.ones([1, 2]), bias: tf.tensor2d([1, 2, 3, 4], [2, 2]) })),
    right: [2, 3, 4, 5],
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
    right: true,
  },
  {
    name: "the gradient of gather is there",
    run: () => {
      const gradient = tf.grad((x: tf.Tensor) => tf.gather(x, tf.tensor1d([2, 0, 2], "int32")));
      return values(gradient(tf.ones([3, 1])));
    },
    right: [1, 0, 2],
  },
  {
    name: "the gradient of a depthwise convolution is there",
    run: () =>
      gradientOf((x) => tf.depthwiseConv2d(x, tf.tensor4d([3], [1, 1, 1, 1]), 1, "valid"), tf.ones([1, 1, 2, 1])),
    right: [3, 3],
  },
  {
    name: "the gradient of a dilated convolution is there",
    run: () => {
      const filter = tf.tensor4d([1, 2], [1, 2, 1, 1]);
      return gradientOf((x) => tf.conv2d(x, filter, 1, "valid", "NHWC", [1, 2]), tf.ones([1, 1, 4, 1]));
    },
    right: [1, 1, 2, 2],
  },
  {
    name: "the gradient of a convolution by its filter is there",
    run: () => {
      const x = tensor<tf.Rank.R4>(generator(3), [1, 2, 2, 1]);
      const gradient = tf.grad((filter: tf.Tensor) => tf.conv2d(x, filter as tf.Tensor4D, 1, "valid"));
      return Math.abs((values(gradient(tf.ones([1, 1, 1, 1])))[0] ?? NaN) - (values(tf.sum(x))[0] ?? NaN)) < 1e-6;
    },
    right: true,
  },
  {
    name: "MaxPool3DGrad gives a maximum of 0 or less its gradient",
    run: () => volumeGradient((x) => tf.maxPool3d(x, 2, 2, "valid"), negativeVolume()),
    right: [0, 0, 0, 1, 0, 0, 0, 0],
  },
  {
    name: "MaxPool3D keeps NaN where there is nothing else",
    run: () => values(tf.maxPool3d(tf.tensor5d([NaN, NaN], [1, 1, 1, 2, 1]), [1, 1, 2], 1, "valid")),
    right: [NaN],
  },
  {
    name: "AvgPool3DGrad divides by what lies in the volume",
    run: () => volumeGradient((x) => tf.avgPool3d(x, 3, 1, "same"), tf.ones([1, 1, 1, 1, 1])),
    right: [1],
  },
  {
    name: "Conv3DBackpropInputV2 gives the right voxels their gradient at a stride",
    run: () => {
      const filter = tf.tensor5d([1, 10], [1, 1, 2, 1, 1]);
      return volumeGradient((x) => tf.conv3d(x, filter, 2, "valid"), tf.ones([1, 1, 1, 4, 1]));
    },
    right: [1, 10, 2, 20],
  },
  {
    name: "Conv3DBackpropFilterV2 sees the right voxels at a stride",
    run: () => {
      const x = tf.tensor5d([1, 2, 3, 4], [1, 1, 1, 4, 1]);
      return volumeGradient((filter) => tf.conv3d(x, filter, 2, "valid"), tf.ones([1, 1, 2, 1, 1]));
    },
    // dy is [1, 2]: 1 + 2 x 3, then 2 + 2 x 4.
    right: [7, 10],
  },
  {
    name: "conv3dTranspose writes all windows at a stride",
    run: () => {
      const x = tf.tensor5d([1, 2], [1, 1, 1, 2, 1]);
      return values(tf.conv3dTranspose(x, tf.tensor5d([1, 10], [1, 1, 2, 1, 1]), [1, 1, 1, 4, 1], 2, "valid"));
    },
    right: [1, 10, 2, 20],
  },
  {
    name: "MaxPoolWithArgmax finds maxima of 0 or less",
    run: () => {
      const { result, indexes } = tf.maxPoolWithArgmax(tf.tensor4d([-4, -1, -3, -2], [1, 2, 2, 1]), 2, 2, "valid");
      return [...values(result as tf.Tensor), ...values(indexes as tf.Tensor)];
    },
    right: [-1, 1],
  },
  {
    name: "Dilation2D finds maxima of 0 or less",
    run: () => values(tf.dilation2d(tf.tensor4d([-4, -1, -3, -2], [1, 2, 2, 1]), tf.zeros([2, 2, 1]), 1, "valid")),
    right: [-1],
  },
  {
    name: "Dilation2DBackpropInput gives a maximum of 0 or less its gradient",
    run: () => gradientOf((x) => tf.dilation2d(x, tf.zeros([2, 2, 1]), 1, "valid"), tf.tensor4d([-4, -1, -3, -2], [1, 2, 2, 1])), // prettier-ignore
    right: [0, 1, 0, 0],
  },
  {
    name: "Dilation2DBackpropFilter gives the tap of a maximum of 0 or less its gradient",
    run: () => {
      const x = tf.tensor4d([-4, -1, -3, -2], [1, 2, 2, 1]);
      return values(tf.grad((filter: tf.Tensor) => tf.dilation2d(x, filter as tf.Tensor3D, 1, "valid"))(tf.zeros([2, 2, 1]))); // prettier-ignore
    },
    right: [0, 1, 0, 0],
  },
  {
    name: "functions of whole numbers are not those of their bits",
    run: () => {
      const x = tf.tensor1d([-7, 0, 1, 7], "int32");
      const all = [tf.log1p(x), tf.reciprocal(x), tf.isFinite(x)];
      return all.map(values);
    },
    right: [
      [0, 0, 0, 2],
      [0, 0, 1, 0],
      [1, 1, 1, 1],
    ],
  },
  { name: "expm1 of whole numbers is whole", run: () => tf.expm1(tf.tensor1d([1], "int32")).dtype, right: "int32" },
  { name: "neg is exact", run: () => values(tf.neg(tf.tensor1d([-2147483647], "int32"))), right: [2147483647] },
  { name: "the sign of a tiny number is there", run: () => values(tf.sign([1e-40, -1e-20])), right: [1, -1] },
  {
    name: "functions of numbers near 0 keep their digits",
    run: () => [tf.log1p([1e-20]), tf.sin([1e-20])].map((y) => Math.abs((values(y)[0] ?? 0) / 1e-20 - 1) < 1e-6),
    right: [true, true],
  },
  {
    name: "angles of any size have their sine and cosine",
    run: () => {
      const angle = 1e38;
      const off = [tf.sin(angle), tf.cos(angle)].map((y) => values(y)[0] ?? NaN);
      return [Math.sin(Math.fround(angle)), Math.cos(Math.fround(angle))].map(
        (y, at) => Math.abs(y - (off[at] ?? 0)) < 1e-6,
      );
    },
    right: [true, true],
  },
  {
    name: "maximum and minimum keep NaN",
    run: () => [tf.maximum([1, NaN], [NaN, 1]), tf.minimum([1, NaN], [NaN, 1])].map(values),
    right: [
      [NaN, NaN],
      [NaN, NaN],
    ],
  },
  { name: "mod has the sign of what it divides by", run: () => values(tf.mod([1], [-1e10])), right: [-1e10] },
  {
    name: "whole numbers by 0 are 0",
    run: () => {
      const [x, zero] = [tf.tensor1d([3, -3], "int32"), tf.zeros([2], "int32")];
      return [tf.div(x, zero), tf.floorDiv(x, zero), tf.mod(x, zero)].map(values);
    },
    right: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: "powers of whole numbers are those modulo 2 to the 32nd",
    run: () => values(tf.pow(tf.tensor1d([3, -7, 2], "int32"), tf.tensor1d([33, 13, -1], "int32"))),
    right: [Number(BigInt.asIntN(32, 3n ** 33n)), Number(BigInt.asIntN(32, (-7n) ** 13n)), 0],
  },
  {
    name: "prelu broadcasts, and looks at no slope of numbers above 0",
    run: () => values(tf.prelu(tf.tensor2d([1, -1, -2, -3], [2, 2]), tf.tensor2d([NaN, 10], [2, 1]))),
    right: [1, NaN, -20, -30],
  },
  {
    name: "the bias of a batch of products is that of each",
    run: () => values(tf.fused.matMul({ a: tf.ones([2, 2, 1]), b: tf.ones([2, 1, 2]), bias: tf.tensor1d([10, 20]) })),
    right: [11, 21, 11, 21, 11, 21, 11, 21],
  },
  {
    name: "relu keeps a NaN of either sign",
    run: () => values(tf.relu(tf.tensor1d(new Float32Array(Int32Array.of(0x7f_c0_00_00, 0xff_c0_00_00).buffer)))),
    right: [NaN, NaN],
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
    right: [[NaN], [NaN], [NaN, 0], [NaN, 0]],
  },
  {
    name: "a product without depth is 0",
    run: () => [
      ...values(tf.matMul(tf.zeros([1, 0]), tf.zeros([0, 2]))),
      ...values(tf.fused.matMul({ a: tf.zeros([1, 0]), b: tf.zeros([0, 2]), bias: tf.tensor1d([1, 2]) })),
    ],
    right: [0, 0, 1, 2],
  },
  {
    name: "matMul of int32 is exact",
    run: () => values(tf.matMul(tf.tensor2d([16777217, 3], [1, 2], "int32"), tf.tensor2d([1, 5], [2, 1], "int32"))),
    right: [16777232],
  },
  {
    name: "a depthwise convolution by single numbers keeps NaN",
    run: () => {
      const x = tf.tensor4d([NaN, 1, 2, 3], [1, 1, 2, 2]);
      const filter = tf.tensor4d([1, 10], [1, 1, 2, 1]);
      const settings = { strides: 1, pad: "same", bias: tf.ones([2]), activation: "relu" } as const;
      return [tf.depthwiseConv2d(x, filter, 1, "same"), tf.fused.depthwiseConv2d({ x, filter, ...settings })].map(
        values,
      );
    },
    right: [
      [NaN, 10, 2, 30],
      [NaN, 11, 3, 31],
    ],
  },
  {
    name: "a convolution of no channels is 0",
    run: () => values(tf.conv2d(tf.zeros<tf.Rank.R4>([1, 1, 2, 0]), tf.zeros([1, 1, 0, 1]), 1, "same")),
    right: [0, 0],
  },
  {
    name: "stridedSlice of whole numbers gives them",
    run: () => values(tf.stridedSlice(tf.tensor1d([1, 2, 3, -4], "int32"), [3], [0], [-2])),
    right: [-4, 2],
  },
  {
    name: "oneHot of floats, of any values",
    run: () => values(tf.oneHot(tf.tensor1d([1, 5], "int32"), 2, 0.5, -1, "float32")),
    right: [-1, 0.5, -1, -1],
  },
  {
    name: "a padding with NaN is none with the number before",
    run: () => [3, NaN].map((constant) => values(tf.pad1d(tf.tensor1d([1]), [1, 0], constant))),
    right: [
      [3, 1],
      [NaN, 1],
    ],
  },
  {
    name: "sparseToDense refuses indices beyond its shape",
    run: () => values(tf.sparseToDense(tf.tensor1d([3], "int32"), tf.tensor1d([5]), [3], 0)),
    right: "an error",
  },
  {
    name: "cropAndResize refuses pictures that are not there",
    run: () => values(tf.image.cropAndResize(tf.ones([1, 2, 2, 1]), [[0, 0, 1, 1]], tf.tensor1d([1], "int32"), [1, 1])),
    right: "an error",
  },
  {
    name: "bincount refuses numbers below 0",
    run: () => values(tf.bincount(tf.tensor1d([-1, 1], "int32"), tf.tensor1d([]), 2)),
    right: "an error",
  },
  {
    name: "cumsum and cumprod count axes from the last one too",
    run: () => [tf.cumsum(tf.tensor2d([1, 2, 3, 4], [2, 2]), -2), tf.cumprod(tf.tensor1d([2, 3]), -1)].map(values),
    right: [
      [1, 2, 4, 6],
      [2, 6],
    ],
  },
  { name: "topk gives the largest none", run: () => tf.topk(tf.zeros([2, 0]), 0).values.shape, right: [2, 0] },
  { name: "topk refuses NaN", run: () => values(tf.topk(tf.tensor1d([2, 1, NaN, 3]), 4).values), right: "an error" },
  {
    name: "gather of empty slices has the shape of its indices",
    run: () => tf.gather(tf.zeros([2, 0]), tf.tensor1d([1], "int32")).shape,
    right: [1, 0],
  },
  {
    name: "where takes tensors of two dtypes",
    run: () => values(tf.where([true, false], tf.tensor1d([0.5, 0.5]), tf.tensor1d([3, 3], "int32"))),
    right: [0.5, 3],
  },
  {
    name: "a transformed picture is reflected on all sides",
    run: () => {
      const moves = tf.tensor2d([1, 0, -2, 0, 1, 0, 0, 0], [1, 8]);
      return values(tf.image.transform(tf.tensor4d([0, 1, 2, 3], [1, 1, 4, 1]), moves, "nearest", "reflect"));
    },
    right: [1, 0, 0, 1],
  },
  {
    name: "rotateWithOffset fills all channels with one value",
    run: () => values(tf.image.rotateWithOffset(tf.ones([1, 1, 1, 4]), Math.PI, 5, [1, 1])),
    right: [5, 5, 5, 5],
  },
  {
    name: "the gradient of resized pictures is that of each pixel",
    run: () => [
      ...gradientOf((x) => tf.image.resizeNearestNeighbor(x, [2, 2], true), tf.ones([1, 1, 1, 1])),
      ...gradientOf((x) => tf.image.resizeBilinear(x, [1, 1], false, true), tf.ones([1, 2, 2, 1])),
    ],
    right: [4, 0.25, 0.25, 0.25, 0.25],
  },
  ...Object.entries({
    atan2: () => tf.atan2(tf.ones([2], "bool"), tf.ones([2], "bool")),
    searchSorted: () => tf.searchSorted(tf.ones([2], "bool"), tf.ones([2], "bool")),
    sparseSegmentSum: () => tf.sparse.sparseSegmentSum(tf.ones([2, 1], "bool"), [0], [0]),
  }).map(([name, run]) => ({ name: `${name} refuses bool values`, run: () => values(run()), right: "an error" })),
  {
    name: "batchNorm refuses whole numbers",
    run: () => values(tf.batchNorm(tf.ones([2, 2], "int32"), tf.ones([2], "int32"), tf.ones([2], "int32"))),
    right: "an error",
  },
  {
    name: "operations on strings refuse numbers",
    run: () => {
      const inputs = { input: tf.tensor1d([1]), delimiter: tf.scalar(" ", "string") };
      return tf.engine().runKernel<tf.Tensor[]>("StringSplit", inputs, { skipEmpty: false }).length;
    },
    right: "an error",
  },
  {
    name: "all refuses what is no truth value",
    run: () => values(tf.engine().runKernel("All", { x: tf.ones([2]) }, { axis: 0, keepDims: false })),
    right: "an error",
  },
  { name: "einsum of truth values counts", run: () => values(tf.einsum("i->", tf.ones([3], "bool"))), right: [3] },
  { name: "einsum is there", run: () => values(tf.einsum("ij,j->i", tf.ones([2, 3]), tf.ones([3]))), right: [3, 3] },
];

describe("wrong on the stock backend, right on ours:", () => {
  const stock = new Map<string, unknown>();
  const own = (): void => undefined;

  beforeAll(async () => {
    const putBackListeners = keepProcessListeners();
    process.on("uncaughtException", own);
    await tf.setBackend("wasm");
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", wasmFactory);
    stock.set("listeners", process.listeners("uncaughtException").includes(own));
    for (const each of CASES) {
      // Each on a backend of its own: some write where nothing of theirs is.
      await tf.setBackend("wasm");
      // Bytes that kernels find where they write nothing: otherwise that may be right by chance.
      tf.dispose(tf.mul(tf.ones([100_000]), 77));
      stock.set(each.name, answerOf(each));
      // A heap that is overwritten cannot be given back.
      tf.backend().dispose = () => undefined;
      tf.removeBackend("wasm");
      tf.registerBackend("wasm", wasmFactory);
    }
    putBackListeners();
    await enableTraining();
  });

  it("the process keeps its own listeners when the backend is disposed of", async () => {
    expect(stock.get("listeners")).toBe(false);
    process.on("uncaughtException", own);
    tf.removeBackend("wasm");
    expect(process.listeners("uncaughtException")).toContain(own);
    process.off("uncaughtException", own);
    tf.registerBackend("wasm", wasmFactory);
    await enableTraining();
  });

  it.each(CASES)("$name", (each) => {
    expect(stock.get(each.name)).not.toEqual(each.right);
    expect(answerOf(each)).toEqual(each.right);
  });
});
