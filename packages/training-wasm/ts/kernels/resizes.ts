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
      if (images.dtype === "float32") return resized(kernels, heap, ResizeBilinear, images, attributes, between);
      const x = runKernel(heap, Cast, { x: images }, { dtype: "float32" satisfies DataType });
      try {
        return resized(kernels, heap, ResizeBilinear, x, attributes, between);
      } finally {
        heap.backend.disposeData(x.dataId);
      }
    }),

    kernel<"images", ResizeNearestNeighborAttrs>(ResizeNearestNeighbor, ({ images }, attributes) => {
      if (images.dtype === "float32") return resized(kernels, heap, ResizeNearestNeighbor, images, attributes, nearest);
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
  name: string,
  x: TensorInfo,
  { size: [outHeight, outWidth], ...attributes }: ResizeBilinearAttrs,
  tapsOf: TapsOf,
): TensorInfo {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const y = heap.output([batch, outHeight, outWidth, channels]);
  const taps = (): [Taps, Taps] => [tapsOf(height, outHeight, attributes), tapsOf(width, outWidth, attributes)];
  resample(kernels, heap, x, y, `${name} ${attributesText(attributes)}`, taps);
  return y;
}

/** Each number of `dy` is added to the pixels that its value came from. */
function resizeGradient(kernels: Kernels, heap: Heap, name: string, tapsOf: TapsOf): Kernel {
  return kernel<"images" | "dy", ResizeBilinearAttrs>(name, ({ images, dy }, attributes) => {
    checkFloats(name, [dy]);
    const [, height = 0, width = 0] = images.shape;
    const [, dyHeight = 0, dyWidth = 0] = dy.shape;
    const dx = heap.output(images.shape);
    const taps = (): [Taps, Taps] => [
      turned(tapsOf(height, dyHeight, attributes), height),
      turned(tapsOf(width, dyWidth, attributes), width),
    ];
    resample(kernels, heap, dy, dx, `${name} ${attributesText(attributes)}`, taps);
    return dx;
  });
}

function attributesText({ alignCorners, halfPixelCenters }: Attributes): string {
  return `${alignCorners} ${halfPixelCenters}`;
}

/** The words of `Resize` and `Taps` in `src/resample.rs`, of rows and of columns. */
interface Words {
  readonly all: readonly number[];
  readonly rowsAt: number;
  readonly columnsAt: number;
}

/** Words of the latest resizes: a network resizes the same shapes step after step. */
const latest = new Map<string, Words>();
const MOST_LATEST = 64;

/**
 * Writes the sums of shares of the pixels of `x` to `y`.
 *
 * @param kind what `taps` depend on, besides the shapes
 * @param taps those of rows and of columns
 */
function resample(
  kernels: Kernels,
  heap: Heap,
  x: TensorInfo,
  y: TensorInfo,
  kind: string,
  taps: () => readonly [rows: Taps, columns: Taps],
): void {
  if (sizeOf(y) === 0) return;
  if (sizeOf(x) === 0) {
    heap.backend.typedArrayFromHeap(y).fill(0);
    return;
  }
  const [batch = 0, inHeight = 0, inWidth = 0, channels = 0] = x.shape;
  const [, outHeight = 0, outWidth = 0] = y.shape;
  const sizes = [batch, channels, inHeight, inWidth, outHeight, outWidth];
  const key = `${kind} ${sizes.join(" ")}`;
  let words = latest.get(key);
  if (words === undefined) {
    const [rows, columns] = taps().map(tapWords) as [readonly number[], readonly number[]];
    words = { all: [...sizes, ...rows, ...columns], rowsAt: sizes.length, columnsAt: sizes.length + rows.length };
    if (latest.size === MOST_LATEST) latest.clear();
    latest.set(key, words);
  }
  const { all, rowsAt, columnsAt } = words;
  heap.lendWords(all, (address) => {
    const at = (index: number): number => address + index * Int32Array.BYTES_PER_ELEMENT;
    const parts = Math.min(partsOf(batch * outHeight), partsOfElements(Math.max(sizeOf(x), sizeOf(y))));
    const workspaceBytes = kernels.functions.resample_workspace(address);
    const addresses = [heap.address(x), heap.address(y)] as const;
    kernels.run("resample", parts, workspaceBytes, address, at(rowsAt), at(columnsAt), ...addresses);
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
