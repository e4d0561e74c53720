// Sums of no products, which are 0: for kernels that would leave their outputs unwritten, one product of zeros is
// summed.

import { PadV2, type TensorInfo } from "@tensorflow/tfjs-core";

import type { Heap } from "../heap.ts";
import { runKernel } from "./kernel.ts";

/** A tensor, and the axis of length 0 that is summed over. */
type Empty = readonly [tensor: TensorInfo, axis: number];

/** The result of `use` of two tensors with a zero along their empty axes. */
export function withOne(heap: Heap, a: Empty, b: Empty, use: (a: TensorInfo, b: TensorInfo) => TensorInfo): TensorInfo {
  const [wideA, wideB] = [a, b].map(([x, axis]) => {
    const paddings = x.shape.map((_, index) => [0, Number(index === axis)]);
    return runKernel(heap, PadV2, { x }, { paddings, constantValue: 0 });
  }) as [TensorInfo, TensorInfo];
  try {
    return use(wideA, wideB);
  } finally {
    for (const { dataId } of [wideA, wideB]) heap.backend.disposeData(dataId);
  }
}
