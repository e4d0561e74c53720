// Sums, means and maxima, on all threads. Stock TensorFlow.js adds in float32, where the sum of a million numbers is wrong
// in the fourth digit, and transposes first unless the axes are the last ones.

import {
  Cast,
  Max,
  Mean,
  Sum,
  Transpose,
  util,
  type DataType,
  type KernelFunc,
  type MaxAttrs,
  type MeanAttrs,
  type SumAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { Expression, type Evaluator } from "../expressions/expression.ts";
import { sizeOf, type Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
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
  return kernel<"x", SumAttrs>(Sum, ({ x }, attributes, call) => {
    const empty = ofNothing(heap, Sum, x, attributes);
    if (empty !== undefined) return empty;
    if (x.dtype === "float32" && isOurs(evaluator, x, attributes)) return sumsTimes(evaluator, x, attributes, 1);
    return stock(call);
  });
}

/** Means. Those of few numbers are left to the stock kernel. */
export function mean(evaluator: Evaluator, stock: KernelFunc): Kernel {
  const { heap } = evaluator;
  return kernel<"x", MeanAttrs>(Mean, ({ x }, attributes, call) => {
    const empty = ofNothing(heap, Mean, x, attributes);
    if (empty !== undefined) return empty;
    if (!isOurs(evaluator, x, attributes)) return stock(call);
    if (x.dtype === "float32") return sumsTimes(evaluator, x, attributes, 1 / reduced(x, attributes).count);
    const numbers = runKernel(heap, Cast, { x }, { dtype: "float32" satisfies DataType });
    try {
      return sumsTimes(evaluator, numbers, attributes, 1 / reduced(x, attributes).count);
    } finally {
      heap.backend.disposeData(numbers.dataId);
    }
  });
}

/** Maxima, NaN where there is one. Those of few numbers, and of integers, are left to the stock kernel. */
export function max(evaluator: Evaluator, stock: KernelFunc): Kernel {
  const { heap } = evaluator;
  return kernel<"x", MaxAttrs>(Max, ({ x }, attributes, call) => {
    const empty = ofNothing(heap, Max, x, attributes);
    if (empty !== undefined) return empty;
    if (x.dtype !== "float32" || sizeOf(x) < evaluator.leastDeferred) return stock(call);
    const { count } = reduced(x, attributes);
    // One line is cut into several, which threads can share: the maximum of maxima is the same.
    const lines = sizeOf(x) === count ? largestDivisor(count, MOST_LINES) : 1;
    if (lines === 1) return maxima(evaluator, x, attributes);
    const most = maxima(evaluator, { ...x, shape: [lines, count / lines] }, { axis: 1 });
    try {
      return { ...maxima(evaluator, most, {}), shape: reduced(x, attributes).shape };
    } finally {
      heap.backend.disposeData(most.dataId);
    }
  });
}

/** Lines that one is cut into at most: enough for any number of threads. */
const MOST_LINES = 64;

function largestDivisor(value: number, most: number): number {
  let divisor = most;
  while (value % divisor !== 0) divisor--;
  return divisor;
}

function maxima(evaluator: Evaluator, x: TensorInfo, attributes: ReductionAttributes): TensorInfo {
  const { kernels } = evaluator;
  return along(evaluator, x, attributes, (words, { outer, count, inner }, out) => {
    const workspaceBytes = kernels.functions.expression_workspace(words);
    const to = evaluator.heap.address(out);
    kernels.run("expression_axis_max", partsOf(outer), workspaceBytes, words, outer, count, inner, to);
  });
}

/** `factor` times the sums along axes, computed in `f64`. */
function sumsTimes(evaluator: Evaluator, x: TensorInfo, attributes: ReductionAttributes, factor: number): TensorInfo {
  const { heap, kernels } = evaluator;
  const { functions } = kernels;
  return along(evaluator, x, attributes, (words, { outer, count, inner }, out) => {
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
}

/** A tensor seen as `[outer, count, inner]`, of which a reduction is `[outer, inner]`. */
interface Reduced {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
}

/** A new tensor of the reduction that `reduce` writes, of the expression at `words`. */
function along(
  evaluator: Evaluator,
  x: TensorInfo,
  attributes: ReductionAttributes,
  reduce: (words: number, reduced: Reduced, out: TensorInfo) => void,
): TensorInfo {
  const { heap } = evaluator;
  const { axes, count, shape } = reduced(x, attributes);
  const [first = 0] = axes;
  const isRun = axes.every((axis, index) => axis === first + index);
  if (!isRun) {
    const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
    const turned = runKernel(heap, Transpose, { x }, { perm: [...kept, ...axes] });
    try {
      const lines = { ...turned, shape: [...kept.map((axis) => x.shape[axis] ?? 0), count] };
      return { ...along(evaluator, lines, { axis: kept.length }, reduce), shape };
    } finally {
      heap.backend.disposeData(turned.dataId);
    }
  }
  const out = heap.output(shape);
  const outer = util.sizeFromShape(x.shape.slice(0, first));
  const inner = util.sizeFromShape(x.shape.slice(first + axes.length));
  Expression.of(evaluator, x).lendWords((words) => {
    reduce(words, { outer, count, inner }, out);
  });
  return out;
}

/** Whether the stock kernel would be less accurate, or slower. */
function isOurs({ leastDeferred }: Evaluator, x: TensorInfo, attributes: ReductionAttributes): boolean {
  const size = sizeOf(x);
  if (size >= leastDeferred) return true;
  // All axes: without a list of them, as small tensors take microseconds.
  if ((attributes.axis ?? undefined) === undefined) return size > FEW;
  const { axes, count } = reduced(x, attributes);
  const areFirst = axes.length > 0 && axes.length < x.shape.length && axes.every((axis, index) => axis === index);
  return count > FEW || areFirst;
}
