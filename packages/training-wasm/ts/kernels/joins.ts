// Tensors joined along an axis, and separated again, of any dtype. Strings are joined by the stock kernels.

import {
  backend_util,
  Concat,
  ExpandDims,
  Identity,
  Pack,
  Slice,
  SplitV,
  Unpack,
  util,
  type ConcatAttrs,
  type KernelFunc,
  type PackAttrs,
  type SplitVAttrs,
  type TensorInfo,
  type UnpackAttrs,
} from "@tensorflow/tfjs-core";

import { sizeOf, type Heap } from "../heap.ts";
import { partsOfElements, type Kernels } from "../kernels.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** Tensors one after the other along an axis that they have. */
export function concat(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<string, ConcatAttrs>(Concat, (inputs, attributes) => {
    const tensors = Object.values(inputs);
    if (tensors[0]?.dtype === "string")
      return stock({ inputs: tensors as never, attrs: { ...attributes }, backend: heap.backend });
    const [axis = 0] = util.parseAxisParam(attributes.axis, tensors[0]?.shape ?? []);
    return joined(kernels, heap, tensors, axis);
  });
}

/** Tensors one after the other along a new axis. */
export function pack(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<string, PackAttrs>(Pack, (inputs, attributes) => {
    const tensors = Object.values(inputs);
    const { axis } = attributes;
    const [first] = tensors;
    if (first?.dtype === "string")
      return stock({ inputs: tensors as never, attrs: { ...attributes }, backend: heap.backend });
    if (first !== undefined && tensors.length === 1)
      return runKernel(heap, ExpandDims, { input: first }, { dim: axis });
    const at = axis < 0 ? axis + (first?.shape.length ?? 0) + 1 : axis;
    for (const { shape } of tensors)
      util.assertShapesMatch(first?.shape ?? [], shape, "All tensors passed to stack must have matching shapes");
    return joined(
      kernels,
      heap,
      tensors.map((x) => ({ ...x, shape: x.shape.toSpliced(at, 0, 1) })),
      at,
    );
  });
}

/** A tensor in pieces along an axis. */
export function splitV(heap: Heap): Kernel {
  return kernel<"x", SplitVAttrs>(SplitV, ({ x }, { numOrSizeSplits, axis: anyAxis }) => {
    const [axis = 0] = util.parseAxisParam(anyAxis, x.shape);
    const lengths = backend_util.prepareSplitSize(x, numOrSizeSplits, axis);
    let first = 0;
    return lengths.map((length) => {
      const piece = pieceOf(heap, x, axis, first, length);
      first += length;
      return piece;
    });
  });
}

/** A tensor in pieces of one along an axis, which they lack. */
export function unpack(heap: Heap): Kernel {
  return kernel<"value", UnpackAttrs>(Unpack, ({ value: x }, { axis: anyAxis }) => {
    const axis = anyAxis < 0 ? anyAxis + x.shape.length : anyAxis;
    return Array.from({ length: x.shape[axis] ?? 0 }, (_, index) => {
      return { ...pieceOf(heap, x, axis, index, 1), shape: x.shape.toSpliced(axis, 1) };
    });
  });
}

function pieceOf(heap: Heap, x: TensorInfo, axis: number, first: number, length: number): TensorInfo {
  const begin = x.shape.map((_, at) => (at === axis ? first : 0));
  return runKernel(heap, Slice, { x }, { begin, size: x.shape.with(axis, length) });
}

function joined(kernels: Kernels, heap: Heap, tensors: readonly TensorInfo[], axis: number): TensorInfo {
  const shapes = tensors.map(({ shape }) => shape);
  backend_util.assertParamsConsistent(shapes, axis);
  const shape = backend_util.computeOutShape(shapes, axis);
  const filled = tensors.filter((x) => sizeOf(x) > 0);
  const [first, second] = filled;
  if (first !== undefined && second === undefined) return runKernel(heap, Identity, { x: { ...first, shape } });
  const y = heap.output(shape, tensors[0]?.dtype);
  if (first === undefined) return y;
  const rows = util.sizeFromShape(shape.slice(0, axis));
  const width = util.bytesPerElement(y.dtype);
  // The words of `Piece` in `src/runs.rs`.
  const words = filled.flatMap((x) => [heap.address(x), (sizeOf(x) / rows) * width]);
  heap.lendWords(words, (pieces) => {
    const parts = partsOfElements((sizeOf(y) * width) / Float32Array.BYTES_PER_ELEMENT);
    kernels.run("concat", parts, 0, rows, filled.length, pieces, heap.address(y));
  });
  return y;
}
