// Pooling in three dimensions and its gradients. Stock TensorFlow.js drops windows of NaN, starts maxima from the
// smallest positive number, passes no gradient to maxima that are not positive, and divides gradients by parts of
// windows that are outside of the input.

import {
  AvgPool3D,
  AvgPool3DGrad,
  backend_util,
  MaxPool3D,
  MaxPool3DGrad,
  type AvgPool3DAttrs,
  type AvgPool3DGradAttrs,
  type MaxPool3DAttrs,
  type MaxPool3DGradAttrs,
  type Tensor5D,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";
import { forEachTap } from "./volume-windows.ts";

type Attributes = AvgPool3DAttrs | AvgPool3DGradAttrs | MaxPool3DAttrs | MaxPool3DGradAttrs;

/** Tensors are `[batch, depth, height, width, channels]`. */
export function pooling3d(heap: Heap): readonly Kernel[] {
  const floats = (tensor: TensorInfo) => heap.backend.typedArrayFromHeap(tensor);
  return [
    kernel<"x", MaxPool3DAttrs>(MaxPool3D, ({ x }, attributes) => {
      checkFloats(MaxPool3D, [x]);
      const info = poolingInfo(x, attributes);
      const y = heap.output(info.outShape);
      floats(y).set(maxima(info, floats(x)).values);
      return y;
    }),

    kernel<"dy" | "input", MaxPool3DGradAttrs>(MaxPool3DGrad, ({ dy, input }, attributes) => {
      checkFloats(MaxPool3DGrad, [dy, input]);
      const info = poolingInfo(input, attributes);
      const dx = heap.output(info.inShape);
      const dyValues = floats(dy);
      const sums = new Float64Array(sizeOf(dx));
      for (const [index, place] of maxima(info, floats(input)).places.entries())
        if (place >= 0) sums[place] = (sums[place] ?? 0) + (dyValues[index] ?? 0);
      floats(dx).set(sums);
      return dx;
    }),

    kernel<"x", AvgPool3DAttrs>(AvgPool3D, ({ x }, attributes) => {
      checkFloats(AvgPool3D, [x]);
      const info = poolingInfo(x, attributes);
      const y = heap.output(info.outShape);
      const [xValues, counts] = [floats(x), tapsInside(info)];
      const sums = new Float64Array(sizeOf(y));
      const channels = info.inChannels;
      forEachTap(info, (output, input) => {
        for (let channel = 0; channel < channels; channel++) {
          const at = output * channels + channel;
          sums[at] = (sums[at] ?? 0) + (xValues[input * channels + channel] ?? 0);
        }
      });
      floats(y).set(sums.map((sum, at) => sum / Math.max(counts[Math.floor(at / channels)] ?? 0, 1)));
      return y;
    }),

    kernel<"dy" | "input", AvgPool3DGradAttrs>(AvgPool3DGrad, ({ dy, input: x }, attributes) => {
      checkFloats(AvgPool3DGrad, [dy]);
      const info = poolingInfo(x, attributes);
      const dx = heap.output(info.inShape);
      const [dyValues, counts] = [floats(dy), tapsInside(info)];
      const sums = new Float64Array(sizeOf(dx));
      const channels = info.inChannels;
      forEachTap(info, (output, input) => {
        const count = counts[output] ?? 0;
        for (let channel = 0; channel < channels; channel++) {
          const at = input * channels + channel;
          sums[at] = (sums[at] ?? 0) + (dyValues[output * channels + channel] ?? 0) / count;
        }
      });
      floats(dx).set(sums);
      return dx;
    }),
  ];
}

/** Each window's maximum and its index in `x`: the first of equal ones, -1 for an empty window. NaN only among NaNs. */
function maxima(
  info: backend_util.Conv3DInfo,
  x: ArrayLike<number>,
): { readonly values: Float32Array; readonly places: Float64Array } {
  const channels = info.inChannels;
  const size = info.outShape.reduce((product, length) => product * length, 1);
  const [values, places] = [new Float32Array(size).fill(-Infinity), new Float64Array(size).fill(-1)];
  forEachTap(info, (output, input) => {
    for (let channel = 0; channel < channels; channel++) {
      const [at, from] = [output * channels + channel, input * channels + channel];
      const [value, most] = [x[from] ?? 0, values[at] ?? 0];
      if (value > most || places[at] === -1 || (Number.isNaN(most) && !Number.isNaN(value))) {
        values[at] = value;
        places[at] = from;
      }
    }
  });
  return { values, places };
}

/** How many voxels of the input each window has. */
function tapsInside(info: backend_util.Conv3DInfo): Float64Array {
  const counts = new Float64Array(info.batchSize * info.outDepth * info.outHeight * info.outWidth);
  forEachTap(info, (output) => {
    counts[output] = (counts[output] ?? 0) + 1;
  });
  return counts;
}

function poolingInfo({ shape }: TensorInfo, attributes: Attributes): backend_util.Conv3DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  return backend_util.computePool3DInfo(shape as Tensor5D["shape"], filterSize, strides, 1, pad, dimRoundingMode);
}
