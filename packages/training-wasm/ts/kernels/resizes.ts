// Image resizes and their gradients. Stock TensorFlow.js' gradients ignore half_pixel_centers and, for nearest pixels, all
// but one place if an image of one pixel is aligned by its corners; and its nearest pixels of int32 are float32.

import {
  Cast,
  ResizeBilinear,
  ResizeBilinearGrad,
  ResizeNearestNeighbor,
  ResizeNearestNeighborGrad,
  type DataType,
  type KernelFunc,
  type ResizeBilinearAttrs,
  type ResizeNearestNeighborAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import { partsOf, partsOfElements, type Kernels } from "../kernels.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** Where the size and the places of a resize come from. */
type Attributes = Pick<ResizeBilinearAttrs, "alignCorners" | "halfPixelCenters">;

/** For each place of an image along one axis, those of another one that it has shares of. */
type Taps = readonly (readonly (readonly [place: number, share: number])[])[];

/** The places of `size` that each of `resized` places has shares of. */
type TapsOf = (size: number, resized: number, attributes: Attributes) => Taps;

/** Both kinds of resizes, of tensors `[batch, height, width, channels]`. */
export function resizes(kernels: Kernels, heap: Heap, stockNearest: KernelFunc): readonly Kernel[] {
  return [
    kernel<"images", ResizeBilinearAttrs>(ResizeBilinear, ({ images }, attributes) => {
      if (images.dtype === "float32") return resized(kernels, heap, images, attributes, between);
      const x = runKernel(heap, Cast, { x: images }, { dtype: "float32" satisfies DataType });
      try {
        return resized(kernels, heap, x, attributes, between);
      } finally {
        heap.backend.disposeData(x.dataId);
      }
    }),

    kernel<"images", ResizeNearestNeighborAttrs>(ResizeNearestNeighbor, ({ images }, attributes) => {
      if (images.dtype === "float32") return resized(kernels, heap, images, attributes, nearest);
      const y = stockNearest({ inputs: { images }, attrs: { ...attributes }, backend: heap.backend }) as TensorInfo;
      if (images.dtype !== "int32") return y;
      const whole = runKernel(heap, Cast, { x: y }, { dtype: "int32" satisfies DataType });
      heap.backend.disposeData(y.dataId);
      return whole;
    }),

    resizeGradient(kernels, heap, ResizeBilinearGrad, between),
    resizeGradient(kernels, heap, ResizeNearestNeighborGrad, nearest),
  ];
}

function resized(
  kernels: Kernels,
  heap: Heap,
  x: TensorInfo,
  { size: [outHeight, outWidth], ...attributes }: ResizeBilinearAttrs,
  tapsOf: TapsOf,
): TensorInfo {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const y = heap.output([batch, outHeight, outWidth, channels]);
  const rows = tapsOf(height, outHeight, attributes);
  resample(kernels, heap, x, rows, tapsOf(width, outWidth, attributes), y);
  return y;
}

/** Each number of `dy` is added to the pixels that its value came from. */
function resizeGradient(kernels: Kernels, heap: Heap, name: string, tapsOf: TapsOf): Kernel {
  return kernel<"images" | "dy", ResizeBilinearAttrs>(name, ({ images, dy }, attributes) => {
    checkFloats(name, [dy]);
    const [, height = 0, width = 0] = images.shape;
    const [, dyHeight = 0, dyWidth = 0] = dy.shape;
    const dx = heap.output(images.shape);
    const rows = turned(tapsOf(height, dyHeight, attributes), height);
    resample(kernels, heap, dy, rows, turned(tapsOf(width, dyWidth, attributes), width), dx);
    return dx;
  });
}

/** Writes the sums of shares of the pixels of `x` to `y`. */
function resample(kernels: Kernels, heap: Heap, x: TensorInfo, rows: Taps, columns: Taps, y: TensorInfo): void {
  if (sizeOf(y) === 0) return;
  if (sizeOf(x) === 0) {
    heap.backend.typedArrayFromHeap(y).fill(0);
    return;
  }
  const [batch = 0, inHeight = 0, inWidth = 0, channels = 0] = x.shape;
  // The words of `Resize` and `Taps` in `src/resample.rs`.
  const sizes = [batch, channels, inHeight, inWidth, rows.length, columns.length];
  const words = [...sizes, ...tapWords(rows), ...tapWords(columns)];
  heap.lendWords(words, (address) => {
    const at = (index: number): number => address + index * Int32Array.BYTES_PER_ELEMENT;
    const rowsAt = at(sizes.length);
    const columnsAt = rowsAt + at(tapWords(rows).length) - address;
    const parts = Math.min(partsOf(batch * rows.length), partsOfElements(Math.max(sizeOf(x), sizeOf(y))));
    const workspaceBytes = kernels.functions.resample_workspace(address);
    kernels.run("resample", parts, workspaceBytes, address, rowsAt, columnsAt, heap.address(x), heap.address(y));
  });
}

function tapWords(taps: Taps): readonly number[] {
  const begins = [0];
  for (const each of taps) begins.push((begins.at(-1) ?? 0) + each.length);
  const shares = new Int32Array(Float32Array.from(taps.flat(), ([, share]) => share).buffer);
  return [...begins, ...taps.flat().flatMap(([place], index) => [place, shares[index] ?? 0])];
}

/** For each of `size` places, those that have shares of it. */
function turned(taps: Taps, size: number): Taps {
  const all: [place: number, share: number][][] = Array.from({ length: size }, () => []);
  for (const [index, each] of taps.entries()) for (const [place, share] of each) all[place]?.push([index, share]);
  return all;
}

/** The place of each index: a whole number where it should be one, since only the quotient is rounded. */
function placeOf(index: number, size: number, resizedSize: number, { alignCorners }: Attributes): number {
  return alignCorners && resizedSize > 1 ? (index * (size - 1)) / (resizedSize - 1) : (index * size) / resizedSize;
}

function nearest(size: number, resizedSize: number, attributes: Attributes): Taps {
  const { alignCorners, halfPixelCenters } = attributes;
  return Array.from({ length: resizedSize }, (_, index) => {
    const place = placeOf(halfPixelCenters ? index + 0.5 : index, size, resizedSize, attributes);
    const whole = alignCorners ? Math.round(place) : Math.floor(place);
    return [[Math.min(size - 1, whole), 1]];
  });
}

function between(size: number, resizedSize: number, attributes: Attributes): Taps {
  return Array.from({ length: resizedSize }, (_, index) => {
    const { halfPixelCenters } = attributes;
    const place =
      placeOf(halfPixelCenters ? index + 0.5 : index, size, resizedSize, attributes) - (halfPixelCenters ? 0.5 : 0);
    const [first, last] = [Math.max(0, Math.floor(place)), Math.min(size - 1, Math.ceil(place))];
    if (first === last) return [[first, 1]];
    const share = place - Math.floor(place);
    return [
      [first, 1 - share],
      [last, share],
    ];
  });
}
