// Axes in another order. Stock TensorFlow.js takes one number after the other, on one thread.

import { Identity, Transpose, util, type TransposeAttrs, type TensorInfo } from "@tensorflow/tfjs-core";

import { sizeOf, type Heap } from "../heap.ts";
import { partsOf, partsOfElements, type Kernels } from "../kernels.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** An axis of the result: the words of `Axis` in `src/transpose.rs`. */
interface Axis {
  readonly length: number;
  /** Elements of the input from one index to the next. */
  readonly stride: number;
}

/** Tensors of any dtype. An order that moves nothing shares the values. */
export function transpose(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"x", TransposeAttrs>(Transpose, ({ x }, { perm }) => {
    const shape = perm.map((axis) => x.shape[axis] ?? 1);
    const axes = mergedAxes(x, perm);
    if (axes.length <= 1) return { ...runKernel(heap, Identity, { x }), shape };
    const y = heap.output(shape, x.dtype);
    const size = sizeOf(y);
    if (size === 0) return y;
    heap.lendWords(
      axes.flatMap(({ length, stride }) => [length, stride]),
      (words) => {
        const rank = axes.length;
        const most = partsOfElements(size);
        const parts = most === 1 ? 1 : Math.min(most, partsOf(kernels.functions.transpose_items(rank, words)));
        const addresses = [heap.address(x), heap.address(y)] as const;
        kernels.run("transpose", parts, 0, rank, words, util.bytesPerElement(x.dtype), ...addresses);
      },
    );
    return y;
  });
}

/** The axes of the result, without those of one index; neighbours that were neighbours are one. */
function mergedAxes({ shape }: TensorInfo, perm: readonly number[]): readonly Axis[] {
  const strides: number[] = [];
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] ?? 1;
  }
  const axes: Axis[] = [];
  for (const axis of perm) {
    const [length, stride] = [shape[axis] ?? 1, strides[axis] ?? 1];
    const before = axes.at(-1);
    if (length === 1) continue;
    if (before?.stride === length * stride) axes[axes.length - 1] = { length: before.length * length, stride };
    else axes.push({ length, stride });
  }
  return axes;
}
