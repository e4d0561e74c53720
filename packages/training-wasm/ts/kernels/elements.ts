// Elementwise kernels that stock TensorFlow.js gets wrong: clipped NaN, bool tensors, negative axes, empty tensors.

import {
  Abs,
  Bincount,
  Cast,
  ClipByValue,
  Identity,
  OneHot,
  Relu,
  Relu6,
  Reverse,
  Select,
  TopK,
  upcastType,
  util,
  type BincountAttrs,
  type CastAttrs,
  type ClipByValueAttrs,
  type Cumprod,
  type Cumsum,
  type CumsumAttrs,
  type DataType,
  type KernelFunc,
  type OneHotAttrs,
  type ReverseAttrs,
  type TensorInfo,
  type TopKAttrs,
} from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "../errors.ts";
import { sizeOf, type Heap } from "../heap.ts";
import { partsOfElements, type Kernels } from "../kernels.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** Clips values to bounds; NaN stays. */
export function clipByValue(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"x", ClipByValueAttrs>(ClipByValue, ({ x }, attributes) => {
    const { clipValueMin, clipValueMax } = attributes;
    if (x.dtype !== "float32") {
      // The stock kernel reads the bounds as float32, and integers, too.
      const y = heap.output(x.shape, x.dtype);
      const [from, to] = [heap.backend.typedArrayFromHeap(x), heap.backend.typedArrayFromHeap(y)];
      for (let index = 0; index < to.length; index++) {
        to[index] = Math.max(clipValueMin, Math.min(clipValueMax, from[index] ?? 0));
      }
      return y;
    }
    return clipped(kernels, heap, x, clipValueMin, clipValueMax);
  });
}

/** ReLU, and ReLU up to 6; NaN stays. (Stock TensorFlow.js gives 0: with {@link Relu}, if its sign bit is set.) */
export function rectifiers(kernels: Kernels, heap: Heap): readonly Kernel[] {
  const most = { [Relu]: Infinity, [Relu6]: 6 };
  return Object.entries(most).map(([name, clipValueMax]) =>
    kernel<"x">(name, ({ x }) =>
      x.dtype === "float32"
        ? clipped(kernels, heap, x, 0, clipValueMax)
        : runKernel(heap, ClipByValue, { x }, { clipValueMin: 0, clipValueMax }),
    ),
  );
}

function clipped(kernels: Kernels, heap: Heap, x: TensorInfo, least: number, most: number): TensorInfo {
  const y = heap.output(x.shape);
  const size = sizeOf(x);
  kernels.run("clip", partsOfElements(size), 0, size, least, most, heap.address(x), heap.address(y));
  return y;
}

/** Absolute values; bool stays as it is. (Stock TensorFlow.js reads bool values as four bytes each.) */
export function abs(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x">(Abs, ({ x }, _, call) => {
    return x.dtype === "bool" ? runKernel(heap, Identity, { x }) : stock(call);
  });
}

/** Casts to bool give 1 for all but 0. (Stock TensorFlow.js keeps the byte.) Casts from bool to float32 use all threads. */
export function cast(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x", CastAttrs>(Cast, ({ x }, attributes) => {
    if (x.dtype === attributes.dtype && x.dtype !== "string") return heap.share(x, x.shape);
    if (x.dtype === "bool" && attributes.dtype === "float32") {
      const y = heap.output(x.shape);
      const size = sizeOf(x);
      kernels.run("widen", partsOfElements(size), 0, size, heap.address(x), heap.address(y));
      return y;
    }
    if (attributes.dtype !== "bool" || x.dtype === "string" || x.dtype === "bool")
      return stock({ inputs: { x }, attrs: { ...attributes }, backend: heap.backend });
    const y = heap.output(x.shape, "bool");
    const [from, to] = [heap.backend.typedArrayFromHeap(x), heap.backend.typedArrayFromHeap(y)];
    for (let index = 0; index < to.length; index++) to[index] = from[index] === 0 ? 0 : 1;
    return y;
  });
}

/** `t` where `condition`, `e` elsewhere. Stock TensorFlow.js reads bool values as four bytes each, and all as the dtype of `t`. */
export function select(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"condition" | "t" | "e">(Select, ({ condition, t, e }) => {
    const { backend } = heap;
    if (t.dtype !== e.dtype) {
      const dtype = upcastType(t.dtype, e.dtype);
      const [castT, castE] = [t, e].map((x) => runKernel(heap, Cast, { x }, { dtype })) as [TensorInfo, TensorInfo];
      try {
        return runKernel(heap, Select, { condition, t: castT, e: castE });
      } finally {
        for (const { dataId } of [castT, castE]) backend.disposeData(dataId);
      }
    }
    const isOfRows = util.arraysEqual(condition.shape, t.shape.slice(0, 1));
    if (!(isOfRows || util.arraysEqual(condition.shape, t.shape)) || !util.arraysEqual(t.shape, e.shape)) {
      throw new TrainingWasmError(
        "UNSUPPORTED_OPERATION",
        `Expected tensors of one shape for ${Select}, but received [${condition.shape.join(", ")}], ` +
          `[${t.shape.join(", ")}] and [${e.shape.join(", ")}]. Broadcast them with tf.broadcastTo.`,
      );
    }
    if (t.dtype !== "bool") return stock({ inputs: { condition, t, e }, attrs: {}, backend });
    return asInt32(heap, [t, e], ([wideT, wideE]) => {
      return stock({ inputs: { condition, t: wideT, e: wideE }, attrs: {}, backend }) as TensorInfo;
    });
  });
}

/** The reverse order along some axes. Stock TensorFlow.js reads bool values as four bytes each. */
export function reverse(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x", ReverseAttrs>(Reverse, ({ x }, attributes) => {
    const { backend } = heap;
    if (x.dtype !== "bool") return stock({ inputs: { x }, attrs: { ...attributes }, backend });
    return asInt32(heap, [x], ([wide]) => {
      return stock({ inputs: { x: wide }, attrs: { ...attributes }, backend }) as TensorInfo;
    });
  });
}

/** Counts each number in a tensor of any shape. (For several axes, stock TensorFlow.js counts only the first of each.) */
export function bincount(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x" | "weights", BincountAttrs>(Bincount, ({ x, weights }, attributes) => {
    const flat = (tensor: TensorInfo): TensorInfo => ({ ...tensor, shape: [sizeOf(tensor)] });
    const inputs = { x: flat(x), weights: flat(weights) };
    return stock({ inputs, attrs: { ...attributes }, backend: heap.backend });
  });
}

/** For each index, `depth` numbers: `onValue` at its place, `offValue` elsewhere. (Stock TensorFlow.js supports int32 only.) */
export function oneHot(heap: Heap): Kernel {
  return kernel<"indices", OneHotAttrs>(OneHot, ({ indices }, { dtype, depth, onValue, offValue }) => {
    const y = heap.output([...indices.shape, depth], dtype);
    const [from, to] = [heap.backend.typedArrayFromHeap(indices), heap.backend.typedArrayFromHeap(y)];
    to.fill(offValue);
    for (const [row, place] of from.entries()) if (place >= 0 && place < depth) to[row * depth + place] = onValue;
    return y;
  });
}

/** The largest numbers along the last axis. Stock TensorFlow.js divides by 0 if there are none, and orders NaN at random. */
export function topK(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x", TopKAttrs>(TopK, ({ x }, attributes) => {
    const { backend } = heap;
    const { k } = attributes;
    if (k === 0 || sizeOf(x) === 0) {
      const shape = [...x.shape.slice(0, -1), k];
      return [heap.output(shape, x.dtype), heap.output(shape, "int32")];
    }
    if (x.dtype === "float32" && backend.typedArrayFromHeap(x).some(Number.isNaN)) {
      throw new TrainingWasmError(
        "UNSUPPORTED_OPERATION",
        `Expected numbers for ${TopK}, but received NaN, which has no place in their order. Replace it with tf.where.`,
      );
    }
    return stock({ inputs: { x }, attrs: { ...attributes }, backend });
  });
}

/** Sums or products up to each place along an axis. (Stock TensorFlow.js reads a negative axis as a new one.) */
export function cumulative(heap: Heap, name: typeof Cumsum | typeof Cumprod, stock: KernelFunc): Kernel {
  return kernel<"x", CumsumAttrs>(name, ({ x }, attributes) => {
    const [axis = 0] = util.parseAxisParam(attributes.axis, x.shape);
    return stock({ inputs: { x }, attrs: { ...attributes, axis }, backend: heap.backend });
  });
}

/** The result of `use` of bool tensors cast to int32, as bool. */
function asInt32(
  heap: Heap,
  tensors: readonly TensorInfo[],
  use: (wide: readonly [TensorInfo, TensorInfo]) => TensorInfo,
): TensorInfo {
  const wide = tensors.map((x) => runKernel(heap, Cast, { x }, { dtype: "int32" satisfies DataType }));
  try {
    const result = use(wide as [TensorInfo, TensorInfo]);
    const narrow = runKernel(heap, Cast, { x: result }, { dtype: "bool" satisfies DataType });
    heap.backend.disposeData(result.dataId);
    return narrow;
  } finally {
    for (const { dataId } of wide) heap.backend.disposeData(dataId);
  }
}
