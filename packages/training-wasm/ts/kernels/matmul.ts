// Products of matrices of which one is transposed: stock TensorFlow.js has them fifty times slower than others, and adds
// a bias to them wrongly. And of batches of which one is broadcast, where it takes the wrong matrices.

import {
  _FusedMatMul,
  BatchMatMul,
  broadcast_util,
  Cast,
  Transpose,
  util,
  type _FusedMatMulAttrs,
  type BatchMatMulAttrs,
  type KernelFunc,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { checkFloats, type Heap } from "../heap.ts";
import type { Kernels } from "../kernels.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** Rows of a product from which on it is worth to pack the right matrix anew: the stock kernel keeps it from call to call. */
const MANY_ROWS = 4;

/**
 * `[..., rows, depth]` x `[..., depth, columns]`, either with its last two axes exchanged; the outer axes are broadcast.
 * Without transposition and broadcasting the stock kernel runs, unless it is one product of many rows: in training the right
 * matrix is another one in each step, and the stock kernel has one thread.
 */
export function batchMatMul(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"a" | "b", BatchMatMulAttrs>(BatchMatMul, ({ a, b }, attributes) => {
    const { transposeA, transposeB } = attributes;
    const [aOuter, bOuter] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    const isBroadcast = !util.arraysEqual(aOuter, bOuter);
    if (a.dtype === "int32" && b.dtype === "int32") return ofIntegers(heap, a, b, attributes);
    const hasManyRows = a.dtype === "float32" && util.sizeFromShape(aOuter) === 1 && (a.shape.at(-2) ?? 0) >= MANY_ROWS;
    if (!transposeA && !transposeB && !isBroadcast && !hasManyRows)
      return stock({ inputs: { a, b }, attrs: { ...attributes }, backend: heap.backend });
    checkFloats(BatchMatMul, [a, b]);
    const [rows, depth] = lastAxes(a, transposeA);
    const [bDepth, columns] = lastAxes(b, transposeB);
    util.assert(depth === bDepth, () => `Error in matMul: inner sizes ${depth} and ${bDepth} must be equal`);
    const outer = broadcast_util.assertAndGetBroadcastShape(aOuter, bOuter);
    const out = heap.output([...outer, rows, columns]);
    const [aAt, bAt, outAt] = [a, b, out].map((tensor) => heap.address(tensor)) as [number, number, number];
    const floats = Float32Array.BYTES_PER_ELEMENT;
    const parts = kernels.functions.matmul_parts(columns);
    const workspaceBytes = kernels.functions.matmul_workspace(depth);
    for (let index = 0; index < util.sizeFromShape(outer); index++) {
      kernels.run(
        "matmul",
        parts,
        workspaceBytes,
        rows,
        depth,
        columns,
        Number(transposeA),
        Number(transposeB),
        aAt + floats * rows * depth * broadcastIndex(index, outer, aOuter),
        bAt + floats * depth * columns * broadcastIndex(index, outer, bOuter),
        outAt + floats * rows * columns * index,
      );
    }
    return out;
  });
}

/** The product of whole numbers, which is exact as long as its sums are within 2²⁴. */
function ofIntegers(heap: Heap, a: TensorInfo, b: TensorInfo, attributes: BatchMatMulAttrs): TensorInfo {
  const [floatA, floatB] = [a, b].map((x) => runKernel(heap, Cast, { x }, { dtype: "float32" })) as [
    TensorInfo,
    TensorInfo,
  ];
  const product = runKernel(heap, BatchMatMul, { a: floatA, b: floatB }, attributes);
  const result = runKernel(heap, Cast, { x: product }, { dtype: "int32" });
  for (const { dataId } of [floatA, floatB, product]) heap.backend.disposeData(dataId);
  return result;
}

/** The product with bias and activation. Transposed operands are copied as they should be, and the stock kernel runs. */
export function fusedMatMul(heap: Heap, stock: KernelFunc): KernelFunc {
  return kernel<"a" | "b", _FusedMatMulAttrs>(_FusedMatMul, (inputs, attributes) => {
    const { backend } = heap;
    const copies: TensorInfo[] = [];
    const upright = (tensor: TensorInfo, isTransposed: boolean): TensorInfo => {
      if (!isTransposed) return tensor;
      const perm = tensor.shape.map((_, axis) => axis);
      perm.push(...perm.splice(-2).toReversed());
      const copy = runKernel(heap, Transpose, { x: tensor }, { perm });
      copies.push(copy);
      return copy;
    };
    try {
      const a = upright(inputs.a, attributes.transposeA);
      const b = upright(inputs.b, attributes.transposeB);
      const attrs = { ...attributes, transposeA: false, transposeB: false };
      return stock({ inputs: { ...inputs, a, b }, attrs, backend });
    } finally {
      for (const { dataId } of copies) backend.disposeData(dataId);
    }
  }).kernelFunc;
}

/** Sizes of the last two axes, in the order in which the product takes them. */
function lastAxes({ shape }: TensorInfo, isTransposed: boolean): readonly [number, number] {
  const [first = 0, second = 0] = shape.slice(-2);
  return isTransposed ? [second, first] : [first, second];
}

/** The matrix of a tensor with the outer axes `shape` that stands at `index` of the broadcast outer axes `outer`. */
function broadcastIndex(index: number, outer: readonly number[], shape: readonly number[]): number {
  let rest = index;
  let step = 1;
  let result = 0;
  for (let axis = 1; axis <= outer.length; axis++) {
    const outerSize = outer.at(-axis) ?? 1;
    const size = axis <= shape.length ? (shape.at(-axis) ?? 1) : 1;
    if (size > 1) result += step * (rest % outerSize);
    step *= size;
    rest = Math.floor(rest / outerSize);
  }
  return result;
}
