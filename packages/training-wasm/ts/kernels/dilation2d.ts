// Grayscale dilation and its gradients. Stock TensorFlow.js starts maxima from the smallest positive number.

import {
  backend_util,
  Dilation2D,
  Dilation2DBackpropFilter,
  Dilation2DBackpropInput,
  type Dilation2DAttrs,
  type Tensor3D,
  type Tensor4D,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { sizeOf, type Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** Tensors are `[batch, height, width, channels]`, filters `[height, width, channels]`. A gradient goes to the first maximum. */
export function dilation2d(heap: Heap): readonly Kernel[] {
  const valuesOf = (tensor: TensorInfo) => heap.backend.typedArrayFromHeap(tensor);

  const gradient = (name: string, of: "x" | "filter"): Kernel =>
    kernel<"x" | "filter" | "dy", Dilation2DAttrs>(name, (inputs, attributes) => {
      const { x, filter, dy } = inputs;
      const result = heap.output(inputs[of].shape, inputs[of].dtype);
      const dyValues = valuesOf(dy);
      const sums = new Float64Array(sizeOf(result));
      forEachMaximum(dilationInfo(x, filter, attributes), valuesOf(x), valuesOf(filter), (output, _, input, tap) => {
        const at = of === "x" ? input : tap;
        if (at >= 0) sums[at] = (sums[at] ?? 0) + (dyValues[output] ?? 0);
      });
      valuesOf(result).set(sums);
      return result;
    });

  return [
    kernel<"x" | "filter", Dilation2DAttrs>(Dilation2D, ({ x, filter }, attributes) => {
      const info = dilationInfo(x, filter, attributes);
      const y = heap.output(info.outShape, x.dtype);
      const yValues = valuesOf(y);
      forEachMaximum(info, valuesOf(x), valuesOf(filter), (output, value) => {
        yValues[output] = value;
      });
      return y;
    }),
    gradient(Dilation2DBackpropInput, "x"),
    gradient(Dilation2DBackpropFilter, "filter"),
  ];
}

/** Calls `visit` for each output with the largest sum of a pixel and a tap, and the indices of both; -1 if there are none. */
function forEachMaximum(
  info: backend_util.Conv2DInfo,
  x: ArrayLike<number>,
  filter: ArrayLike<number>,
  visit: (output: number, value: number, input: number, tap: number) => void,
): void {
  const { inHeight, inWidth, inChannels: channels, padInfo } = info;
  for (let output = 0; output < info.batchSize * info.outHeight * info.outWidth * channels; output++) {
    const channel = output % channels;
    const pixel = Math.floor(output / channels);
    const top = (Math.floor(pixel / info.outWidth) % info.outHeight) * info.strideHeight - padInfo.top;
    const left = (pixel % info.outWidth) * info.strideWidth - padInfo.left;
    const batch = Math.floor(pixel / (info.outWidth * info.outHeight));
    let [most, mostInput, mostTap] = [-Infinity, -1, -1];
    for (let tapY = 0; tapY < info.filterHeight; tapY++) {
      const row = top + tapY * info.dilationHeight;
      if (row < 0 || row >= inHeight) continue;
      for (let tapX = 0; tapX < info.filterWidth; tapX++) {
        const column = left + tapX * info.dilationWidth;
        if (column < 0 || column >= inWidth) continue;
        const input = ((batch * inHeight + row) * inWidth + column) * channels + channel;
        const tap = (tapY * info.filterWidth + tapX) * channels + channel;
        const value = (x[input] ?? 0) + (filter[tap] ?? 0);
        if (value > most || mostInput === -1 || (Number.isNaN(most) && !Number.isNaN(value)))
          [most, mostInput, mostTap] = [value, input, tap];
      }
    }
    visit(output, most, mostInput, mostTap);
  }
}

function dilationInfo(x: TensorInfo, filter: TensorInfo, attributes: Dilation2DAttrs): backend_util.Conv2DInfo {
  const { strides, pad, dilations } = attributes;
  const [xShape, filterShape] = [x.shape as Tensor4D["shape"], filter.shape as Tensor3D["shape"]];
  return backend_util.computeDilation2DInfo(xShape, filterShape, strides, pad, "NHWC", dilations);
}
