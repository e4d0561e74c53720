// Sums and means. Stock TensorFlow.js computes them in float32, where the sum of a million numbers is wrong in the
// fourth digit, and transposes first unless the axes are the last ones.

import {
  Cast,
  Mean,
  Sum,
  Transpose,
  util,
  type DataType,
  type KernelFunc,
  type MeanAttrs,
  type SumAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { Expression, type Evaluator } from "../expressions/expression.ts";
import { sizeOf, type Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
import { LEAST_DEFERRED } from "./elementwise.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";
import { ofNothing, reduced, type ReductionAttributes } from "./reductions.ts";

/** Numbers per sum for which float32 is accurate enough: `BLOCK_ROWS` in `src/row_sums.rs`. */
const FEW = 256;

/**
 * Lends memory for the sums of the parts of `rows` rows, which `run` writes, one number per element of `out`; and
 * writes `factor` times their total to `out`.
 */
export function addRows(
  kernels: Kernels,
  heap: Heap,
  rows: number,
  out: TensorInfo,
  factor: number,
  run: (parts: number, sums: number) => void,
): void {
  const channels = sizeOf(out);
  const parts = kernels.functions.row_sums_parts(rows);
  heap.lend(parts * channels * Float64Array.BYTES_PER_ELEMENT, (sums) => {
    run(parts, sums);
    kernels.functions.row_sums_total(parts, channels, factor, sums, heap.address(out));
  });
}

/** Sums; along the first axes without transposing. Few numbers along other axes are left to the stock kernel. */
export function sum(evaluator: Evaluator, stock: KernelFunc): Kernel {
  const { heap } = evaluator;
  return kernel<"x", SumAttrs>(Sum, ({ x }, attributes) => {
    const { axes, count } = reduced(x, attributes);
    const empty = ofNothing(heap, Sum, x, attributes);
    if (empty !== undefined) return empty;
    if (x.dtype === "float32" && isOurs(x, axes, count)) return sumsTimes(evaluator, x, attributes, 1);
    return stock({ inputs: { x }, attrs: { ...attributes }, backend: heap.backend });
  });
}

/** Means. Those of few numbers are left to the stock kernel. */
export function mean(evaluator: Evaluator, stock: KernelFunc): Kernel {
  const { heap } = evaluator;
  return kernel<"x", MeanAttrs>(Mean, ({ x }, attributes) => {
    const { axes, count } = reduced(x, attributes);
    const empty = ofNothing(heap, Mean, x, attributes);
    if (empty !== undefined) return empty;
    if (!isOurs(x, axes, count)) return stock({ inputs: { x }, attrs: { ...attributes }, backend: heap.backend });
    if (x.dtype === "float32") return sumsTimes(evaluator, x, attributes, 1 / count);
    const numbers = runKernel(heap, Cast, { x }, { dtype: "float32" satisfies DataType });
    try {
      return sumsTimes(evaluator, numbers, attributes, 1 / count);
    } finally {
      heap.backend.disposeData(numbers.dataId);
    }
  });
}

/** `factor` times the sums along axes, computed in `f64`. */
function sumsTimes(evaluator: Evaluator, x: TensorInfo, attributes: ReductionAttributes, factor: number): TensorInfo {
  const { heap, kernels } = evaluator;
  const { axes, count, shape } = reduced(x, attributes);
  const [first = 0] = axes;
  const isRun = axes.every((axis, index) => axis === first + index);
  if (!isRun) {
    const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
    const turned = runKernel(heap, Transpose, { x }, { perm: [...kept, ...axes] });
    try {
      const lines = { ...turned, shape: [...kept.map((axis) => x.shape[axis] ?? 0), count] };
      const sums = sumsTimes(evaluator, lines, { axis: kept.length }, factor);
      return { ...sums, shape };
    } finally {
      heap.backend.disposeData(turned.dataId);
    }
  }
  const out = heap.output(shape);
  const outer = util.sizeFromShape(x.shape.slice(0, first));
  const inner = util.sizeFromShape(x.shape.slice(first + axes.length));
  const { functions } = kernels;
  Expression.of(evaluator, x).lendWords((words) => {
    if (outer === 1) {
      const workspaceBytes = functions.expression_row_sums_workspace(words, inner);
      addRows(kernels, heap, count, out, factor, (parts, sums) => {
        kernels.run("expression_row_sums", parts, workspaceBytes, words, inner, sums);
      });
    } else {
      const workspaceBytes = functions.expression_axis_sums_workspace(words, inner);
      const to = heap.address(out);
      kernels.run("expression_axis_sums", partsOf(outer), workspaceBytes, words, outer, count, inner, factor, to);
    }
  });
  return out;
}

/** Whether the stock kernel would be less accurate, or slower. */
function isOurs(x: TensorInfo, axes: readonly number[], count: number): boolean {
  const areFirst = axes.length > 0 && axes.length < x.shape.length && axes.every((axis, index) => axis === index);
  return count > FEW || areFirst || sizeOf(x) >= LEAST_DEFERRED;
}
