// Matrix products, on all threads, with a bias and an activation. With a transposed operand, stock TensorFlow.js is fifty
// times slower, and adds a bias wrongly. If batches are broadcast, it multiplies the wrong matrices; ReLU turns NaN into 0.

import {
  _FusedMatMul,
  BatchMatMul,
  broadcast_util,
  util,
  type _FusedMatMulAttrs,
  type BatchMatMulAttrs,
  type KernelFunc,
  type NamedAttrMap,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { sizeOf, type Heap } from "../heap.ts";
import type { Kernels } from "../kernels.ts";
import { ACTIVATION_CODES, type FusedActivation, type FusedAttributes } from "./fused.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";
import { withOne } from "./with-one.ts";

/** Rows of a product from which on it pays to pack the right matrix again: the stock kernel caches it between calls. */
const MANY_ROWS = 4;

/** What follows the sums of a product. */
interface Epilogue {
  /** One number per column. */
  readonly bias?: TensorInfo | undefined;
  /** Default `linear`. */
  readonly activation?: FusedActivation;
}

/** `[..., rows, depth]` x `[..., depth, columns]`, either with its last two axes exchanged; the outer axes are broadcast. */
export function batchMatMul(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"a" | "b", BatchMatMulAttrs>(BatchMatMul, ({ a, b }, attributes) => {
    if (depthOf(a, attributes.transposeA) === 0) return ofNothing(heap, BatchMatMul, { a, b }, attributes);
    if (a.dtype === "int32") return ofIntegers(heap, a, b, attributes);
    return ofFewRows(heap, stock, { a, b }, { ...attributes }) ?? productOf(kernels, heap, a, b, attributes);
  });
}

/** The product with a bias and an activation: `isFusedProduct` must hold. */
export function fusedMatMul(kernels: Kernels, heap: Heap, stock: KernelFunc): KernelFunc {
  return kernel<"a" | "b" | "bias", _FusedMatMulAttrs>(_FusedMatMul, (inputs, attributes) => {
    const { a, b, bias } = inputs;
    if (depthOf(a, attributes.transposeA) === 0) return ofNothing(heap, _FusedMatMul, inputs, attributes);
    const { activation } = attributes as { activation: FusedActivation };
    if (activation === "linear") {
      const few = ofFewRows(heap, stock, inputs, { ...attributes });
      if (few !== undefined) return few;
    }
    return productOf(kernels, heap, a, b, attributes, { bias, activation });
  }).kernelFunc;
}

/** Whether {@link fusedMatMul} applies the activation, and the bias has a number per column. */
export function isFusedProduct(
  { b, bias }: Readonly<Record<string, TensorInfo>>,
  { activation, transposeB = false }: FusedAttributes & Partial<BatchMatMulAttrs>,
): boolean {
  const hasOwnBias = bias === undefined || b === undefined || sizeOf(bias) === lastAxes(b, transposeB)[1];
  return hasOwnBias && activation in ACTIVATION_CODES;
}

/** One product of few rows, by the stock kernel, which has packed the right matrix in an earlier call; undefined for others. */
function ofFewRows(
  { backend }: Heap,
  stock: KernelFunc,
  inputs: Readonly<Record<"a" | "b", TensorInfo>>,
  attrs: BatchMatMulAttrs & NamedAttrMap,
): TensorInfo | undefined {
  const { a, b } = inputs;
  const isUpright = !attrs.transposeA && !attrs.transposeB;
  const isOne = [a, b].every(({ shape }) => util.sizeFromShape(shape.slice(0, -2)) === 1);
  if (!isUpright || !isOne || (a.shape.at(-2) ?? 0) >= MANY_ROWS) return undefined;
  return stock({ inputs: { ...inputs }, attrs, backend }) as TensorInfo;
}

/** The product, by our kernel, on all threads. */
function productOf(
  kernels: Kernels,
  heap: Heap,
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: BatchMatMulAttrs,
  { bias, activation = "linear" }: Epilogue = {},
): TensorInfo {
  const { outer, aOuter, bOuter, rows, depth, columns } = sizesOf(a, b, transposeA, transposeB);
  const out = heap.output([...outer, rows, columns]);
  const [aAt, bAt, outAt] = [a, b, out].map((tensor) => heap.address(tensor)) as [number, number, number];
  const biasAt = bias === undefined ? 0 : heap.address(bias);
  const workspaceBytes = kernels.functions.matmul_workspace(depth);
  const run = (count: number, height: number, aFrom: number, bFrom: number, outFrom: number): void =>
    kernels.run(
      "matmul",
      kernels.functions.matmul_parts(count, columns),
      workspaceBytes,
      count,
      height,
      depth,
      columns,
      Number(transposeA),
      Number(transposeB),
      aFrom,
      bFrom,
      biasAt,
      ACTIVATION_CODES[activation],
      outFrom,
    );
  const products = util.sizeFromShape(outer);
  // Products with the same right matrix are one of more rows.
  if (util.sizeFromShape(bOuter) === 1 && !transposeA && util.sizeFromShape(aOuter) === products) {
    run(1, products * rows, aAt, bAt, outAt);
  } else if ([aOuter, bOuter].every((shape) => util.sizeFromShape(shape) === products)) {
    run(products, rows, aAt, bAt, outAt);
  } else {
    const floats = Float32Array.BYTES_PER_ELEMENT;
    for (let index = 0; index < products; index++) {
      const aFrom = aAt + floats * rows * depth * broadcastIndex(index, outer, aOuter);
      const bFrom = bAt + floats * depth * columns * broadcastIndex(index, outer, bOuter);
      run(1, rows, aFrom, bFrom, outAt + floats * rows * columns * index);
    }
  }
  return out;
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
