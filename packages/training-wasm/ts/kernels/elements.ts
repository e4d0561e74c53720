// Kernels of single elements and of boxes that stock TensorFlow.js has wrong: a NaN that is clipped, bool tensors, paddings
// below 0, slices beyond a tensor. (Slices it copies whole tensors for, too.)

import {
  Abs,
  Acos,
  Acosh,
  Asin,
  Asinh,
  Atan,
  Atanh,
  Bincount,
  Cast,
  Ceil,
  ClipByValue,
  Cos,
  Cosh,
  Elu,
  Equal,
  Erf,
  Exp,
  Expm1,
  Floor,
  Greater,
  GreaterEqual,
  Identity,
  IsFinite,
  IsInf,
  IsNan,
  LeakyRelu,
  Less,
  LessEqual,
  Log,
  Log1p,
  Neg,
  NotEqual,
  PadV2,
  Reciprocal,
  Relu,
  Relu6,
  ResizeNearestNeighbor,
  Reverse,
  Round,
  Rsqrt,
  Select,
  Selu,
  Sigmoid,
  Sign,
  Sin,
  Sinh,
  Slice,
  slice_util,
  Softplus,
  SparseToDense,
  Sqrt,
  Square,
  Tan,
  Tanh,
  util,
  type BincountAttrs,
  type CastAttrs,
  type ClipByValueAttrs,
  type DataType,
  type KernelFunc,
  type PadV2Attrs,
  type ResizeNearestNeighborAttrs,
  type ReverseAttrs,
  type SliceAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "../errors.ts";
import { sizeOf, type Heap } from "../heap.ts";
import { partsOf, partsOfElements, type Kernels } from "../kernels.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** A value below and one above a bound get the bound; a NaN stays. */
export function clipByValue(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"x", ClipByValueAttrs>(ClipByValue, ({ x }, attributes) => {
    const { clipValueMin, clipValueMax } = attributes;
    if (x.dtype !== "float32") {
      // The stock kernel takes the bounds for float32, and whole numbers too.
      const y = heap.output(x.shape, x.dtype);
      const [from, to] = [heap.backend.typedArrayFromHeap(x), heap.backend.typedArrayFromHeap(y)];
      for (let index = 0; index < to.length; index++) {
        to[index] = Math.max(clipValueMin, Math.min(clipValueMax, from[index] ?? 0));
      }
      return y;
    }
    const y = heap.output(x.shape);
    const size = sizeOf(x);
    const parts = partsOfElements(size);
    kernels.run("clip", parts, 0, size, clipValueMin, clipValueMax, heap.address(x), heap.address(y));
    return y;
  });
}

/** ReLU up to 6; a NaN stays. (Stock TensorFlow.js makes 0 of it.) */
export function relu6(heap: Heap): Kernel {
  return kernel<"x">(Relu6, ({ x }) => {
    const attributes = { clipValueMin: 0, clipValueMax: 6 };
    return runKernel(heap, ClipByValue, { x }, attributes);
  });
}

/** Magnitudes; of bool what it is. (Stock TensorFlow.js takes bool values for four bytes each.) */
export function abs(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x">(Abs, ({ x }) => {
    return x.dtype === "bool"
      ? runKernel(heap, Identity, { x })
      : stock({ inputs: { x }, attrs: {}, backend: heap.backend });
  });
}

/** The nearest pixels, of whole numbers too. (Stock TensorFlow.js makes float32 of these.) */
export function resizeNearestNeighbor(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"images", ResizeNearestNeighborAttrs>(ResizeNearestNeighbor, ({ images }, attributes) => {
    const resized = stock({ inputs: { images }, attrs: { ...attributes }, backend: heap.backend }) as TensorInfo;
    if (images.dtype !== "int32" || resized.dtype === "int32") return resized;
    const whole = runKernel(heap, Cast, { x: resized }, { dtype: "int32" satisfies DataType });
    heap.backend.disposeData(resized.dataId);
    return whole;
  });
}

/** To bool: 1 for all but 0. (Stock TensorFlow.js keeps the byte.) From bool to float32 on all threads. */
export function cast(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x", CastAttrs>(Cast, ({ x }, attributes) => {
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

/** `t` where `condition`, `e` elsewhere. Stock TensorFlow.js takes bool values for four bytes each. */
export function select(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"condition" | "t" | "e">(Select, ({ condition, t, e }) => {
    const { backend } = heap;
    if (t.dtype !== "bool") return stock({ inputs: { condition, t, e }, attrs: {}, backend });
    return asInt32(heap, [t, e], ([wideT, wideE]) => {
      return stock({ inputs: { condition, t: wideT, e: wideE }, attrs: {}, backend }) as TensorInfo;
    });
  });
}

/** The reverse order along some axes. Stock TensorFlow.js takes bool values for four bytes each. */
export function reverse(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x", ReverseAttrs>(Reverse, ({ x }, attributes) => {
    const { backend } = heap;
    if (x.dtype !== "bool") return stock({ inputs: { x }, attrs: { ...attributes }, backend });
    return asInt32(heap, [x], ([wide]) => {
      return stock({ inputs: { x: wide }, attrs: { ...attributes }, backend }) as TensorInfo;
    });
  });
}

/** Paddings below 0 cut off. (Stock TensorFlow.js reads and writes beyond the tensors.) */
export function pad(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x", PadV2Attrs>(PadV2, ({ x }, attributes) => {
    const { backend } = heap;
    const { paddings } = attributes;
    const isNegative = paddings.some(([before, after]) => before < 0 || after < 0);
    if (!isNegative) return stock({ inputs: { x }, attrs: { ...attributes }, backend });
    const begin = paddings.map(([before]) => Math.max(-before, 0));
    const size = paddings.map(([, after], axis) => (x.shape[axis] ?? 0) - (begin[axis] ?? 0) - Math.max(-after, 0));
    const smaller = runKernel(heap, Slice, { x }, { begin, size });
    try {
      const added = paddings.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]);
      return stock({ inputs: { x: smaller }, attrs: { ...attributes, paddings: added }, backend });
    } finally {
      backend.disposeData(smaller.dataId);
    }
  });
}

/** A box of a tensor, which has to be within it. Of strings the stock kernel runs. */
export function slice(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x", SliceAttrs>(Slice, ({ x }, attributes) => {
    if (x.dtype === "string") return stock({ inputs: { x }, attrs: { ...attributes }, backend: heap.backend });
    const [begin, size] = slice_util.parseSliceParams(x, attributes.begin, attributes.size) as [number[], number[]];
    slice_util.assertParamsValid(x, begin, size);
    const y = heap.output(size, x.dtype);
    if (sizeOf(y) === 0) return y;
    const rank = Math.max(x.shape.length, 1);
    const axes = Array.from({ length: rank }, (_, axis) => [x.shape[axis] ?? 1, begin[axis] ?? 0, size[axis] ?? 1]);
    heap.lendWords(axes.flat(), (words) => {
      const parts = Math.min(partsOf(util.sizeFromShape(size.slice(0, -1))), partsOfElements(sizeOf(y)));
      kernels.run("cut", parts, 0, rank, words, util.bytesPerElement(x.dtype), heap.address(x), heap.address(y));
    });
    return y;
  });
}

/** How often each number is in a tensor of any shape. (Of more than one axis stock TensorFlow.js counts each first one.) */
export function bincount(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x" | "weights", BincountAttrs>(Bincount, ({ x, weights }, attributes) => {
    const flat = (tensor: TensorInfo): TensorInfo => ({ ...tensor, shape: [sizeOf(tensor)] });
    const inputs = { x: flat(x), weights: flat(weights) };
    return stock({ inputs, attrs: { ...attributes }, backend: heap.backend });
  });
}

/** Operations that stock TensorFlow.js takes strings for, and then computes with memory that is not theirs, or crashes. */
export const WITHOUT_STRINGS = [Equal, NotEqual, Greater, GreaterEqual, Less, LessEqual, SparseToDense] as const;

/** Functions of numbers, whose stock kernels take bool values for four bytes each, and write beyond what they have. */
export const OF_NUMBERS = [
  Acos,
  Acosh,
  Asin,
  Asinh,
  Atan,
  Atanh,
  Ceil,
  Cos,
  Cosh,
  Elu,
  Erf,
  Exp,
  Expm1,
  Floor,
  IsFinite,
  IsInf,
  IsNan,
  LeakyRelu,
  Log,
  Log1p,
  Neg,
  Reciprocal,
  Relu,
  Round,
  Rsqrt,
  Selu,
  Sigmoid,
  Sign,
  Sin,
  Sinh,
  Softplus,
  Sqrt,
  Square,
  Tan,
  Tanh,
] as const;

/** `stock`, but what is no number is refused, as TensorFlow does. */
export function ofNumbers(heap: Heap, name: string, stock: KernelFunc): Kernel {
  return kernel<"x">(name, ({ x }, attributes) => {
    if (x.dtype === "bool" || x.dtype === "string") {
      throw new TrainingWasmError(
        "UNSUPPORTED_OPERATION",
        `Expected numbers for ${name}, but received ${x.dtype}. Cast them with tf.cast.`,
      );
    }
    return stock({ inputs: { x }, attrs: { ...attributes }, backend: heap.backend });
  });
}

/** `stock`, but strings are refused. */
export function withoutStrings(heap: Heap, name: string, stock: KernelFunc): Kernel {
  return kernel<string>(name, (inputs, attributes) => {
    if (Object.values(inputs).some(({ dtype }) => dtype === "string")) {
      throw new TrainingWasmError(
        "UNSUPPORTED_OPERATION",
        `Expected numbers for ${name}, but received strings. Compare them in JavaScript, or use their indices.`,
      );
    }
    return stock({ inputs, attrs: { ...attributes }, backend: heap.backend });
  });
}

/** What `use` makes of bool tensors as int32 ones, as bool. */
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
