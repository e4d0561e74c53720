// Values that are copied at strides: StridedSlice, which stock TensorFlow.js computes as floats whatever the dtype.

import {
  Reshape,
  Slice,
  slice_util,
  StridedSlice,
  util,
  type StridedSliceAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import type { Heap } from "../heap.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** A place in a tensor, and the stride of each axis from it. */
interface Walk {
  readonly start: number;
  readonly steps: readonly number[];
}

/** A tensor at strides along its axes, which may be negative. */
export function stridedSlice(heap: Heap): Kernel {
  return kernel<"x", StridedSliceAttrs>(StridedSlice, ({ x }, attributes) => {
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
    const info = slice_util.sliceInfo(
      x.shape,
      begin,
      end,
      strides,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    );
    const shape = info.finalShape;
    if (info.isIdentity) return runKernel(heap, Reshape, { x }, { shape });
    if (info.sliceDim0 || info.isSimpleSlice) {
      const size = slice_util.computeOutShape(info.begin, info.end, info.strides);
      return reshaped(heap, runKernel(heap, Slice, { x }, { begin: info.begin, size }), shape);
    }
    const ofX = [...util.computeStrides(x.shape), 1];
    const from = {
      start: util.sum(info.begin.map((place, axis) => place * (ofX[axis] ?? 1))),
      steps: info.strides.map((stride, axis) => stride * (ofX[axis] ?? 1)),
    };
    const sparse = info.finalShapeSparse;
    if (x.dtype === "string") {
      const strings = heap.backend.readSync(x.dataId) as Uint8Array[];
      const taken = Array<Uint8Array>(util.sizeFromShape(sparse));
      copy(strings, from, taken, contiguous(sparse), sparse);
      return heap.backend.makeOutput(shape, "string", undefined, taken);
    }
    const y = heap.output(sparse, x.dtype);
    copy(heap.backend.typedArrayFromHeap(x), from, heap.backend.typedArrayFromHeap(y), contiguous(sparse), sparse);
    return reshaped(heap, y, shape);
  });
}

function contiguous(shape: readonly number[]): Walk {
  return { start: 0, steps: shape.map((_, axis) => util.sizeFromShape(shape.slice(axis + 1))) };
}

/** Copies a box of `shape` from the places of one walk to those of another. */
function copy<Value>(
  source: ArrayLike<Value>,
  from: Walk,
  target: { [index: number]: Value },
  to: Walk,
  shape: readonly number[],
): void {
  const along = (axis: number, fromAt: number, toAt: number): void => {
    if (axis === shape.length) {
      target[toAt] = source[fromAt] as Value;
      return;
    }
    const [fromStep, toStep] = [from.steps[axis] ?? 0, to.steps[axis] ?? 0];
    for (let index = 0; index < (shape[axis] ?? 0); index++)
      along(axis + 1, fromAt + index * fromStep, toAt + index * toStep);
  };
  along(0, from.start, to.start);
}

/** The values of `x` with another shape; frees `x` itself. */
function reshaped(heap: Heap, x: TensorInfo, shape: number[]): TensorInfo {
  const result = runKernel(heap, Reshape, { x }, { shape });
  heap.backend.disposeData(x.dataId);
  return result;
}
