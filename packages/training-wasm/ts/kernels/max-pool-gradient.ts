// The gradient of MaxPool, which stock TensorFlow.js gives as 0 where a maximum is not positive.

import { backend_util, MaxPoolGrad, type MaxPoolGradAttrs, type Tensor4D } from "@tensorflow/tfjs-core";

import { checkFloats, type Heap } from "../heap.ts";
import type { Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** `dy` `[batch, height, width, channels]` of the output and the input `[batch, height, width, channels]` ─▶ its gradient. */
export function maxPoolGradient(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"dy" | "input", MaxPoolGradAttrs>(MaxPoolGrad, ({ dy, input }, attributes) => {
    checkFloats(MaxPoolGrad, [dy, input]);
    const { filterSize, strides, pad, dimRoundingMode } = attributes;
    const info = backend_util.computePool2DInfo(
      input.shape as Tensor4D["shape"],
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const dx = heap.output(info.inShape);
    heap.lendWords(poolingWords(info), (pooling) => {
      kernels.max_pool_gradient(pooling, heap.address(input), heap.address(dy), heap.address(dx));
    });
    return dx;
  });
}

/** The words of `Pooling` in `src/max_pool_gradient.rs`. */
function poolingWords(info: backend_util.Conv2DInfo): readonly number[] {
  return [
    info.batchSize,
    info.inChannels,
    info.inHeight,
    info.inWidth,
    info.outHeight,
    info.outWidth,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
  ];
}
