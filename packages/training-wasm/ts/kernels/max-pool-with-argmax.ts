// Max pooling that also gives the index of each maximum. Stock TensorFlow.js starts maxima from the smallest positive
// number.

import {
  backend_util,
  MaxPoolWithArgmax,
  type MaxPoolWithArgmaxAttrs,
  type Tensor4D,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";

import { checkFloats, type Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";

/**
 * Of `[batch, height, width, channels]`: the maxima, and the index of the first of each in its image, or in the whole
 * batch with `includeBatchInIndex`. NaN only if a window has nothing else.
 */
export function maxPoolWithArgmax(heap: Heap): Kernel {
  const valuesOf = (tensor: TensorInfo) => heap.backend.typedArrayFromHeap(tensor);
  return kernel<"x", MaxPoolWithArgmaxAttrs>(MaxPoolWithArgmax, ({ x }, attributes) => {
    checkFloats(MaxPoolWithArgmax, [x]);
    util.assert(x.shape.length === 4, () => `Error in maxPool: input must be rank 4 but got rank ${x.shape.length}.`);
    const { filterSize, strides, pad, includeBatchInIndex } = attributes;
    const info = backend_util.computePool2DInfo(x.shape as Tensor4D["shape"], filterSize, strides, 1, pad);
    const [y, indices] = [heap.output(info.outShape), heap.output(info.outShape, "int32")];
    const [xValues, yValues, places] = [valuesOf(x), valuesOf(y), valuesOf(indices)];
    const { inChannels: channels, inHeight, inWidth } = info;
    for (let output = 0; output < yValues.length; output++) {
      const pixel = Math.floor(output / channels);
      const top = (Math.floor(pixel / info.outWidth) % info.outHeight) * info.strideHeight - info.padInfo.top;
      const left = (pixel % info.outWidth) * info.strideWidth - info.padInfo.left;
      const start = Math.floor(pixel / (info.outWidth * info.outHeight)) * inHeight * inWidth * channels;
      let [most, place] = [-Infinity, -1];
      for (let row = Math.max(top, 0); row < Math.min(top + info.filterHeight, inHeight); row++) {
        for (let column = Math.max(left, 0); column < Math.min(left + info.filterWidth, inWidth); column++) {
          const at = (row * inWidth + column) * channels + (output % channels);
          const value = xValues[start + at] ?? 0;
          if (value > most || place === -1 || (Number.isNaN(most) && !Number.isNaN(value))) [most, place] = [value, at];
        }
      }
      yValues[output] = most;
      places[output] = includeBatchInIndex && place >= 0 ? start + place : place;
    }
    return [y, indices];
  });
}
