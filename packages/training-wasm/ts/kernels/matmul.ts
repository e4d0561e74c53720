// Matrix products. With a transposed operand, stock TensorFlow.js is fifty times slower, and adds a bias wrongly. If
// batches are broadcast, it multiplies the wrong matrices.

import {
  _FusedMatMul,
  BatchMatMul,
  broadcast_util,
  Transpose,
  util,
  type _FusedMatMulAttrs,
  type BatchMatMulAttrs,
  type KernelFunc,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import type { Heap } from "../heap.ts";
import type { Kernels } from "../kernels.ts";
import { hasRightActivation, type FusedAttributes } from "./fused.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";
import { withOne } from "./with-one.ts";

/** Rows of a product from which on it pays to pack the right matrix again: the stock kernel caches it between calls. */
const MANY_ROWS = 4;

/**
 * `[..., rows, depth]` x `[..., depth, columns]`, either with its last two axes exchanged; the outer axes are
 * broadcast. Without transposition and broadcasting, the stock kernel runs, unless it is one product of many rows: in
 * training, the right matrix changes with each step, and the stock kernel has one thread.
 */
export function batchMatMul(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"a" | "b", BatchMatMulAttrs>(BatchMatMul, ({ a, b }, attributes) => {
    const { transposeA, transposeB } = attributes;
    if (depthOf(a, transposeA) === 0) return ofNothing(heap, BatchMatMul, { a, b }, attributes);
    if (a.dtype === "int32") return ofIntegers(heap, a, b, attributes);
    const { outer, aOuter, bOuter, rows, depth, columns } = sizesOf(a, b, transposeA, transposeB);
    const isBroadcast = !util.arraysEqual(aOuter, bOuter);
    const hasManyRows = util.sizeFromShape(aOuter) === 1 && (a.shape.at(-2) ?? 0) >= MANY_ROWS;
    if (!transposeA && !transposeB && !isBroadcast && !hasManyRows)
      return stock({ inputs: { a, b }, attrs: { ...attributes }, backend: heap.backend });
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

/** The product of integers modulo 2³², which is beyond the precision of float32. */
function ofIntegers(
  heap: Heap,
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: BatchMatMulAttrs,
): TensorInfo {
  const { outer, aOuter, bOuter, rows, depth, columns } = sizesOf(a, b, transposeA, transposeB);
  const out = heap.output([...outer, rows, columns], "int32");
  const [as, bs, to] = [a, b, out].map((x) => heap.backend.typedArrayFromHeap(x)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const [aRow, aStep] = transposeA ? [1, rows] : [depth, 1];
  const [bStep, bColumn] = transposeB ? [1, depth] : [columns, 1];
  for (let index = 0; index < to.length; index++) {
    const column = index % columns;
    const row = Math.floor(index / columns) % rows;
    const product = Math.floor(index / (rows * columns));
    let aAt = rows * depth * broadcastIndex(product, outer, aOuter) + row * aRow;
    let bAt = depth * columns * broadcastIndex(product, outer, bOuter) + column * bColumn;
    let sum = 0;
    for (let step = 0; step < depth; step++, aAt += aStep, bAt += bStep)
      sum = (sum + Math.imul(as[aAt] ?? 0, bs[bAt] ?? 0)) | 0;
    to[index] = sum;
  }
  return out;
}

/** The sizes of a product, and the outer axes of it and its operands. */
interface Sizes {
  readonly outer: number[];
  readonly aOuter: number[];
  readonly bOuter: number[];
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
}

function sizesOf(a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean): Sizes {
  const [aOuter, bOuter] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [rows, depth] = lastAxes(a, transposeA);
  const [bDepth, columns] = lastAxes(b, transposeB);
  util.assert(depth === bDepth, () => `Error in matMul: inner sizes ${depth} and ${bDepth} must be equal`);
  return { outer: broadcast_util.assertAndGetBroadcastShape(aOuter, bOuter), aOuter, bOuter, rows, depth, columns };
}

/** The product with bias and activation. Transposed operands are transposed into copies for the stock kernel. */
export function fusedMatMul(heap: Heap, stock: KernelFunc): KernelFunc {
  return kernel<"a" | "b", _FusedMatMulAttrs>(_FusedMatMul, (inputs, attributes) => {
    const { backend } = heap;
    if (depthOf(inputs.a, attributes.transposeA) === 0) return ofNothing(heap, _FusedMatMul, inputs, attributes);
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

/** Whether the stock fused kernel is correct: it adds the bias of a batch wrongly. */
export function isOneProduct(
  { a, b, bias }: Readonly<Record<string, TensorInfo>>,
  attributes: FusedAttributes,
): boolean {
  const isBatch = [a, b].some((x) => util.sizeFromShape(x?.shape.slice(0, -2) ?? []) !== 1);
  return hasRightActivation(attributes) && (bias === undefined || !isBatch);
}

/** The inner dimension of the product. */
function depthOf(a: TensorInfo, isTransposed: boolean): number {
  return lastAxes(a, isTransposed)[1];
}

/** The product with an inner dimension of 0, which is 0. (The stock kernels leave outputs unwritten.) */
function ofNothing(
  heap: Heap,
  name: string,
  { a, b, ...others }: Readonly<Record<"a" | "b", TensorInfo>>,
  attributes: BatchMatMulAttrs,
): TensorInfo {
  const { transposeA, transposeB } = attributes;
  const axisOfA = a.shape.length - (transposeA ? 2 : 1);
  const axisOfB = b.shape.length - (transposeB ? 1 : 2);
  return withOne(heap, [a, axisOfA], [b, axisOfB], (wideA, wideB) =>
    runKernel(heap, name, { ...others, a: wideA, b: wideB }, attributes),
  );
}

/** Sizes of the last two axes, in the order of the product. */
function lastAxes({ shape }: TensorInfo, isTransposed: boolean): readonly [number, number] {
  const [first = 0, second = 0] = shape.slice(-2);
  return isTransposed ? [second, first] : [first, second];
}

/** The matrix of a tensor with the outer axes `shape` that belongs to `index` of the broadcast outer axes `outer`. */
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
