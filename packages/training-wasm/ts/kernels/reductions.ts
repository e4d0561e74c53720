// Reductions of empty tensors, whose outputs stock TensorFlow.js leaves unwritten.

import {
  All,
  Any,
  backend_util,
  Max,
  Mean,
  Min,
  Prod,
  Sum,
  util,
  type ArgMax,
  type ArgMin,
  type DataType,
  type KernelFunc,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "../errors.ts";
import { sizeOf, type Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** The result of a reduction over no numbers, as in NumPy and TensorFlow. */
const OF_NOTHING: Readonly<Record<string, (dtype: DataType) => number>> = {
  [Max]: (dtype) => (dtype === "int32" ? -(2 ** 31) : -Infinity),
  [Min]: (dtype) => (dtype === "int32" ? 2 ** 31 - 1 : Infinity),
  [Prod]: () => 1,
  [Sum]: () => 0,
  [Mean]: () => NaN,
  [All]: () => 1,
  [Any]: () => 0,
};

/** Reductions whose empty result is filled in. Sums, means and maxima have their own kernels, which do so themselves. */
export const REDUCTIONS = [Min, Prod, All, Any] as const;

/** Attributes of reductions; `Max` has another name for its axes. */
export interface ReductionAttributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

/** `stock`, and the result of a reduction over no numbers. */
export function reduction(heap: Heap, name: string, stock: KernelFunc): Kernel {
  return kernel<"x", ReductionAttributes>(name, ({ x }, attributes, call) => {
    const filled = ofNothing(heap, name, x, attributes);
    return filled ?? stock(call);
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

/** Rejects the index of the extreme of no numbers, as NumPy and TensorFlow do. */
export function placeOfExtreme(name: typeof ArgMax | typeof ArgMin, stock: KernelFunc): Kernel {
  return kernel<"x", { readonly axis: number }>(name, ({ x }, attributes, call) => {
    const [axis = 0] = util.parseAxisParam(attributes.axis, x.shape);
    if (x.shape[axis] === 0) {
      throw new TrainingWasmError(
        "UNSUPPORTED_OPERATION",
        `Expected numbers along axis ${axis} for ${name}, but received the shape [${x.shape.join(", ")}]. Leave empty tensors out.`,
      );
    }
    return stock(call);
  });
}

/** The reduced axes in ascending order, the number of values per output, and the outputs' shape. */
export function reduced(
  { shape }: TensorInfo,
  { axis, reductionIndices, keepDims = false }: ReductionAttributes,
): { readonly axes: number[]; readonly count: number; readonly shape: number[] } {
  const axes = util
    .parseAxisParam(axis ?? reductionIndices ?? shape.map((_, index) => index), shape)
    .toSorted((a, b) => a - b);
  const [outShape, reduceShape] = backend_util.computeOutAndReduceShapes(shape, axes);
  return {
    axes,
    count: util.sizeFromShape(reduceShape),
    shape: keepDims ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape,
  };
}
