// The gradients of tf.conv3d; the input's is also tf.conv3dTranspose. In stock TensorFlow.js, the input's gradient is
// wrong, and the filter's is if a stride is larger than 1.

import {
  backend_util,
  Conv3DBackpropFilterV2,
  Conv3DBackpropInputV2,
  type Conv3DBackpropFilterV2Attrs,
  type Conv3DBackpropInputV2Attrs,
  type Tensor5D,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";
import { forEachTap } from "./volume-windows.ts";

type Shape = Tensor5D["shape"];

/** Tensors are `[batch, depth, height, width, channels]`, filters `[depth, height, width, input channels, output channels]`. */
export function conv3dGradients(heap: Heap): readonly Kernel[] {
  const floats = (tensor: TensorInfo) => heap.backend.typedArrayFromHeap(tensor);
  return [
    kernel<"dy" | "filter", Conv3DBackpropInputV2Attrs>(Conv3DBackpropInputV2, ({ dy, filter }, attributes) => {
      checkFloats(Conv3DBackpropInputV2, [dy, filter]);
      const { inputShape, strides, pad } = attributes;
      const info = backend_util.computeConv3DInfo(inputShape, filter.shape as Shape, strides, 1, pad);
      const dx = heap.output(info.inShape);
      const { inChannels, outChannels } = info;
      const [dyValues, weights] = [floats(dy), floats(filter)];
      const sums = new Float64Array(sizeOf(dx));
      forEachTap(info, (output, input, tap) => {
        for (let from = 0; from < inChannels; from++) {
          const row = (tap * inChannels + from) * outChannels;
          let sum = 0;
          for (let to = 0; to < outChannels; to++)
            sum += (dyValues[output * outChannels + to] ?? 0) * (weights[row + to] ?? 0);
          sums[input * inChannels + from] = (sums[input * inChannels + from] ?? 0) + sum;
        }
      });
      floats(dx).set(sums);
      return dx;
    }),

    kernel<"x" | "dy", Conv3DBackpropFilterV2Attrs>(Conv3DBackpropFilterV2, ({ x, dy }, attributes) => {
      checkFloats(Conv3DBackpropFilterV2, [x, dy]);
      const { filterShape, strides, pad } = attributes;
      const info = backend_util.computeConv3DInfo(x.shape as Shape, filterShape, strides, 1, pad);
      const gradient = heap.output(info.filterShape);
      const { inChannels, outChannels } = info;
      const [xValues, dyValues] = [floats(x), floats(dy)];
      const sums = new Float64Array(sizeOf(gradient));
      forEachTap(info, (output, input, tap) => {
        for (let from = 0; from < inChannels; from++) {
          const row = (tap * inChannels + from) * outChannels;
          const value = xValues[input * inChannels + from] ?? 0;
          for (let to = 0; to < outChannels; to++)
            sums[row + to] = (sums[row + to] ?? 0) + value * (dyValues[output * outChannels + to] ?? 0);
        }
      });
      floats(gradient).set(sums);
      return gradient;
    }),
  ];
}
