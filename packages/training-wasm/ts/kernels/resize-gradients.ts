// Gradients of image resizes: stock TensorFlow.js ignores half_pixel_centers and, for nearest pixels, all but one place
// if an image of one pixel is aligned by its corners.

import {
  ResizeBilinearGrad,
  ResizeNearestNeighborGrad,
  type ResizeBilinearAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { checkFloats, type Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** Places of an image along one axis, with their weights in one place of the resized image. */
type Taps = readonly (readonly [place: number, weight: number])[];

/** The gradients of both kinds of resizes: each `dy` is added to the pixels that its value came from. */
export function resizeGradients(heap: Heap): readonly Kernel[] {
  return [resizeGradient(heap, ResizeNearestNeighborGrad, nearest), resizeGradient(heap, ResizeBilinearGrad, between)];
}

function resizeGradient(heap: Heap, name: string, tapsOf: typeof nearest): Kernel {
  return kernel<"images" | "dy", ResizeBilinearAttrs>(name, ({ images, dy }, attributes) => {
    checkFloats(name, [dy]);
    const [batch = 0, height = 0, width = 0, channels = 0] = images.shape;
    const [, dyHeight = 0, dyWidth = 0] = dy.shape;
    const dx: TensorInfo = heap.output(images.shape);
    const [from, to] = [heap.backend.typedArrayFromHeap(dy), heap.backend.typedArrayFromHeap(dx)];
    to.fill(0);
    const [rows, columns] = [tapsOf(height, dyHeight, attributes), tapsOf(width, dyWidth, attributes)];
    let at = 0;
    for (let picture = 0; picture < batch; picture++) {
      for (const row of rows) {
        for (const column of columns) {
          for (const [y, byY] of row) {
            for (const [x, byX] of column) {
              const place = ((picture * height + y) * width + x) * channels;
              for (let channel = 0; channel < channels; channel++)
                to[place + channel] = (to[place + channel] ?? 0) + byY * byX * (from[at + channel] ?? 0);
            }
          }
          at += channels;
        }
      }
    }
    return dx;
  });
}

function scaleOf(size: number, resized: number, { alignCorners }: ResizeBilinearAttrs): number {
  return alignCorners && resized > 1 ? (size - 1) / (resized - 1) : size / resized;
}

function nearest(size: number, resized: number, attributes: ResizeBilinearAttrs): readonly Taps[] {
  const scale = scaleOf(size, resized, attributes);
  const { alignCorners, halfPixelCenters } = attributes;
  return Array.from({ length: resized }, (_, index) => {
    const place = scale * (halfPixelCenters ? index + 0.5 : index);
    const whole = alignCorners ? Math.round(place) : Math.floor(place);
    return [[Math.min(size - 1, whole), 1]];
  });
}

function between(size: number, resized: number, attributes: ResizeBilinearAttrs): readonly Taps[] {
  const scale = scaleOf(size, resized, attributes);
  return Array.from({ length: resized }, (_, index) => {
    const place = attributes.halfPixelCenters ? scale * (index + 0.5) - 0.5 : scale * index;
    const [first, last] = [Math.max(0, Math.floor(place)), Math.min(size - 1, Math.ceil(place))];
    const weight = place - Math.floor(place);
    const taps = [
      [first, 1 - weight],
      [last, weight],
    ] as const;
    return taps.filter(([, share]) => share > 0);
  });
}
