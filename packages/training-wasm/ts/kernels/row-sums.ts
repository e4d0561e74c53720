// Sums over the first axes, for which stock TensorFlow.js transposes first, and means of many numbers.

import {
  Mean,
  Sum,
  util,
  type KernelFunc,
  type MeanAttrs,
  type SumAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { sizeOf, type Heap } from "../heap.ts";
import type { Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";
import { FEW, manySums, ofNothing, reduced } from "./reductions.ts";

/**
 * Lends the sums of parts of `rows` rows, has `run` write them, a number for each of `out`, and writes `factor` times their
 * total to `out`.
 */
export function addRows(
  kernels: Kernels,
  heap: Heap,
  rows: number,
  out: TensorInfo,
  factor: number,
  run: (parts: number, workspaceBytes: number, rows: number, sums: number) => void,
): void {
  const channels = sizeOf(out);
  const parts = kernels.functions.row_sums_parts(rows);
  heap.lend(parts * channels * Float64Array.BYTES_PER_ELEMENT, (sums) => {
    run(parts, channels * Float32Array.BYTES_PER_ELEMENT, rows, sums);
    kernels.functions.row_sums_total(parts, channels, factor, sums, heap.address(out));
  });
}

/** Sums over the first axes: here without a transposition, and in `f64`. Over others the stock kernel runs. */
export function sum(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x", SumAttrs>(Sum, ({ x }, attributes) => {
    const { axis, keepDims } = attributes;
    const axes = util.parseAxisParam(axis, x.shape).toSorted((a, b) => a - b);
    if (x.dtype !== "float32" || !areFirst(axes, x) || sizeOf(x) === 0) {
      const own = ofNothing(heap, Sum, x, attributes) ?? manySums(heap, x, attributes, (total) => total);
      return own ?? stock({ inputs: { x }, attrs: { ...attributes }, backend: heap.backend });
    }
    const rest = x.shape.slice(axes.length);
    const out = heap.output(keepDims ? [...axes.map(() => 1), ...rest] : rest);
    const channels = sizeOf(out);
    addRows(kernels, heap, sizeOf(x) / channels, out, 1, (parts, workspaceBytes, rows, sums) => {
      kernels.run("row_sums", parts, workspaceBytes, rows, channels, heap.address(x), sums);
    });
    return out;
  });
}

/** Means of many numbers, in `f64`. Of few the stock kernel runs. */
export function mean(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x", MeanAttrs>(Mean, ({ x }, attributes) => {
    const { axes, count, shape } = reduced(x, attributes);
    if (x.dtype === "float32" && count > FEW && areFirst(axes, x)) {
      const out = heap.output(shape);
      const channels = sizeOf(out);
      addRows(kernels, heap, count, out, 1 / count, (parts, workspaceBytes, rows, sums) => {
        kernels.run("row_sums", parts, workspaceBytes, rows, channels, heap.address(x), sums);
      });
      return out;
    }
    const own = ofNothing(heap, Mean, x, attributes) ?? manySums(heap, x, attributes, (total) => total / count);
    return own ?? stock({ inputs: { x }, attrs: { ...attributes }, backend: heap.backend });
  });
}

/** Whether `axes` are the first ones, and not all. */
function areFirst(axes: readonly number[], { shape }: TensorInfo): boolean {
  return axes.length > 0 && axes.length < shape.length && axes.every((axis, index) => axis === index);
}
