// Reductions that stock TensorFlow.js has wrong: of nothing, whose outputs it leaves as they are, and sums and means of many
// numbers, which it takes in float32: a million of them are off in the fourth digit.

import {
  All,
  Any,
  backend_util,
  Max,
  Mean,
  Min,
  Prod,
  Sum,
  Transpose,
  util,
  type ArgMax,
  type ArgMin,
  type DataType,
  type KernelFunc,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "../errors.ts";
import { sizeOf, type Heap } from "../heap.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** What a reduction over no numbers is, as NumPy and TensorFlow have it. */
const OF_NOTHING: Readonly<Record<string, (dtype: DataType) => number>> = {
  [Max]: (dtype) => (dtype === "int32" ? -(2 ** 31) : -Infinity),
  [Min]: (dtype) => (dtype === "int32" ? 2 ** 31 - 1 : Infinity),
  [Prod]: () => 1,
  [Sum]: () => 0,
  [Mean]: () => NaN,
  [All]: () => 1,
  [Any]: () => 0,
};

/** Reductions whose result of nothing is filled in. {@link Sum} has its own kernel, which comes here. */
export const REDUCTIONS = [Max, Min, Prod, All, Any] as const;

/** Numbers of one sum up to which the stock kernels' float32 will do: they are off by some 1e-5 there. */
export const FEW = 2 ** 16;

/** What reductions have in common; `Max` names its axes otherwise. */
interface ReductionAttributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

/** `stock`, and what a reduction of nothing is. */
export function reduction(heap: Heap, name: string, stock: KernelFunc): Kernel {
  return kernel<"x", ReductionAttributes>(name, ({ x }, attributes) => {
    const filled = ofNothing(heap, name, x, attributes);
    return filled ?? stock({ inputs: { x }, attrs: { ...attributes }, backend: heap.backend });
  });
}

/** The outputs of a reduction over no numbers; undefined if there are numbers. */
export function ofNothing(
  heap: Heap,
  name: string,
  x: TensorInfo,
  attributes: ReductionAttributes,
): TensorInfo | undefined {
  const identity = OF_NOTHING[name];
  if (identity === undefined || sizeOf(x) > 0) return undefined;
  const { shape } = reduced(x, attributes);
  const dtype = name === Mean ? "float32" : x.dtype;
  const out = heap.output(shape, dtype);
  heap.backend.typedArrayFromHeap(out).fill(identity(dtype));
  return out;
}

/** The place of the largest or smallest of nothing is refused, as NumPy and TensorFlow do. */
export function placeOfExtreme(heap: Heap, name: typeof ArgMax | typeof ArgMin, stock: KernelFunc): Kernel {
  return kernel<"x", { readonly axis: number }>(name, ({ x }, attributes) => {
    const [axis = 0] = util.parseAxisParam(attributes.axis, x.shape);
    if (x.shape[axis] === 0) {
      throw new TrainingWasmError(
        "UNSUPPORTED_OPERATION",
        `Expected numbers along axis ${axis} for ${name}, but received the shape [${x.shape.join(", ")}]. Leave empty tensors out.`,
      );
    }
    return stock({ inputs: { x }, attrs: { ...attributes }, backend: heap.backend });
  });
}

/** What `finish` makes of the sums along axes, taken in float64; undefined where there are so few that float32 will do. */
export function manySums(
  heap: Heap,
  x: TensorInfo,
  attributes: ReductionAttributes,
  finish: (sum: number, count: number) => number,
): TensorInfo | undefined {
  const { axes, count, shape } = reduced(x, attributes);
  if (x.dtype !== "float32" || count <= FEW) return undefined;
  const permutation = backend_util.getAxesPermutation(axes, x.shape.length);
  const inner = permutation === null ? x : runKernel(heap, Transpose, { x }, { perm: permutation });
  try {
    const out = heap.output(shape);
    const [from, to] = [heap.backend.typedArrayFromHeap(inner), heap.backend.typedArrayFromHeap(out)];
    for (let row = 0; row < to.length; row++) {
      let sum = 0;
      for (let index = row * count; index < (row + 1) * count; index++) sum += from[index] ?? 0;
      to[row] = finish(sum, count);
    }
    return out;
  } finally {
    if (inner !== x) heap.backend.disposeData(inner.dataId);
  }
}

/** The axes that are reduced, how many numbers one output is of, and the outputs' shape. */
export function reduced(
  { shape }: TensorInfo,
  { axis, reductionIndices, keepDims = false }: ReductionAttributes,
): { readonly axes: number[]; readonly count: number; readonly shape: number[] } {
  const axes = util.parseAxisParam(axis ?? reductionIndices ?? shape.map((_, index) => index), shape);
  const [outShape, reduceShape] = backend_util.computeOutAndReduceShapes(shape, axes);
  return {
    axes,
    count: util.sizeFromShape(reduceShape),
    shape: keepDims ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape,
  };
}
