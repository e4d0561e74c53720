// Boxes of tensors: slices and padding. Stock TensorFlow.js copies whole tensors for slices, reads what is beyond a
// tensor, and pads with the constant of an earlier call if it is NaN.

import {
  PadV2,
  Slice,
  slice_util,
  util,
  type KernelFunc,
  type PadV2Attrs,
  type SliceAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { sizeOf, type Heap } from "../heap.ts";
import { partsOfElements, type Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** An axis of a box: the words of `Axis` in `src/boxes.rs`. */
export interface Axis {
  readonly size: number;
  /** Index in the tensor of the box's first: negative if the box begins before the tensor. */
  readonly first: number;
  readonly length: number;
}

/** Padding with a constant. Negative padding crops. */
export function pad(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"x", PadV2Attrs>(PadV2, ({ x }, { paddings, constantValue }) => {
    const axes = paddings.map(([before, after], axis): Axis => {
      const size = x.shape[axis] ?? 1;
      return { size, first: -before, length: before + size + after };
    });
    return cut(kernels, heap, x, axes, constantValue);
  });
}

/** A box of a tensor, which has to be within it. Strings are left to the stock kernel. */
export function slice(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x", SliceAttrs>(Slice, ({ x }, attributes) => {
    const [begin, size] = slice_util.parseSliceParams(x, attributes.begin, attributes.size) as [number[], number[]];
    slice_util.assertParamsValid(x, begin, size);
    if (x.dtype === "string") return stock({ inputs: { x }, attrs: { begin, size }, backend: heap.backend });
    const axes = size.map((length, axis): Axis => {
      return { size: x.shape[axis] ?? 1, first: begin[axis] ?? 0, length };
    });
    return cut(kernels, heap, x, axes, 0);
  });
}

/** A box of `x`, with `value` where `x` has none. */
function cut(kernels: Kernels, heap: Heap, x: TensorInfo, axes: readonly Axis[], value: number): TensorInfo {
  const y = heap.output(
    axes.map(({ length }) => length),
    x.dtype,
  );
  if (sizeOf(y) === 0) return y;
  const constant = x.dtype === "float32" ? bitsOf(value) : x.dtype === "bool" ? Number(value !== 0) : value;
  const [from, to] = [heap.address(x), heap.address(y)];
  writeBox(kernels, heap, axes, { width: util.bytesPerElement(x.dtype), constant }, from, to);
  return y;
}

/**
 * Writes a box of the tensor at `x` to `y`.
 *
 * @param element its bytes, and the bits where the tensor has none
 */
export function writeBox(
  kernels: Kernels,
  heap: Heap,
  axes: readonly Axis[],
  { width, constant }: { readonly width: number; readonly constant: number },
  x: number,
  y: number,
): void {
  const merged = withoutWholeAxes(axes);
  const size = merged.reduce((product, { length }) => product * length, 1);
  heap.lendWords(
    merged.flatMap((axis) => [axis.size, axis.first, axis.length]),
    (words) => kernels.run("cut", partsOfElements(size), 0, merged.length, words, width, constant, x, y),
  );
}

/** The same box, with axes of which it has all as parts of those before them. There is at least one. */
function withoutWholeAxes(axes: readonly Axis[]): readonly Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes.length === 0 ? [{ size: 1, first: 0, length: 1 }] : axes) {
    const before = merged.at(-1);
    const { size, first, length } = axis;
    if (before !== undefined && first === 0 && length === size && size > 0)
      merged[merged.length - 1] = {
        size: before.size * size,
        first: before.first * size,
        length: before.length * size,
      };
    else merged.push(axis);
  }
  return merged;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function bitsOf(value: number): number {
  float[0] = value;
  return bits[0] ?? 0;
}
