// Pooling and its gradients. Stock TensorFlow.js leaves outputs unwritten if windows lie outside of the image, drops
// NaN, and passes no gradient to maxima that are not positive.

import {
  AvgPool,
  AvgPoolGrad,
  backend_util,
  MaxPool,
  MaxPoolGrad,
  type AvgPoolAttrs,
  type AvgPoolGradAttrs,
  type MaxPoolAttrs,
  type MaxPoolGradAttrs,
  type Tensor4D,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";

import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** Windows, in the attributes of all pooling operations. */
type Attributes = MaxPoolAttrs | AvgPoolAttrs | MaxPoolGradAttrs | AvgPoolGradAttrs;

/** Tensors are `[batch, height, width, channels]`. */
export function pooling(kernels: Kernels, heap: Heap): readonly Kernel[] {
  const forward = (name: string, run: "max_pool" | "average_pool"): Kernel =>
    kernel<"x", Attributes>(name, ({ x }, attributes) => {
      checkFloats(name, [x]);
      const info = poolingInfo(x, attributes);
      const y = heap.output(info.outShape);
      if (sizeOf(y) === 0) return y;
      heap.lendWords(poolingWords(info), (words) => {
        kernels.run(run, partsOf(info.batchSize * info.outHeight), 0, words, heap.address(x), heap.address(y));
      });
      return y;
    });

  return [
    forward(MaxPool, "max_pool"),
    forward(AvgPool, "average_pool"),

    kernel<"dy" | "input", MaxPoolGradAttrs>(MaxPoolGrad, ({ dy, input }, attributes) => {
      checkFloats(MaxPoolGrad, [dy, input]);
      const info = poolingInfo(input, attributes);
      const dx = heap.output(info.inShape);
      if (isOfNothing(heap, dy, dx)) return dx;
      maxPoolGradient(kernels, heap, info, heap.address(input), heap.address(dy), heap.address(dx));
      return dx;
    }),

    kernel<"dy" | "input", AvgPoolGradAttrs>(AvgPoolGrad, ({ dy, input }, attributes) => {
      checkFloats(AvgPoolGrad, [dy]);
      const info = poolingInfo(input, attributes);
      const dx = heap.output(info.inShape);
      if (isOfNothing(heap, dy, dx)) return dx;
      heap.lendWords(poolingWords(info), (words) => {
        const addresses = [heap.address(dy), heap.address(dx)] as const;
        kernels.run("average_pool_gradient", partsOf(info.batchSize * info.outHeight), 0, words, ...addresses);
      });
      return dx;
    }),
  ];
}

/** The gradient of maxima over the windows of the tensor at `x`, of `dy`, written to `dx`. */
export function maxPoolGradient(
  kernels: Kernels,
  heap: Heap,
  info: backend_util.Conv2DInfo,
  x: number,
  dy: number,
  dx: number,
): void {
  heap.lendWords(poolingWords(info), (words) => {
    kernels.run("max_pool_gradient", partsOf(info.batchSize * info.outHeight), 0, words, x, dy, dx);
  });
}

/** Whether there are no windows; their gradient is 0. */
function isOfNothing(heap: Heap, dy: TensorInfo, dx: TensorInfo): boolean {
  if (sizeOf(dy) > 0) return false;
  heap.backend.typedArrayFromHeap(dx).fill(0);
  return true;
}

/** Sizes of a pooling operation on `x`. */
export function poolingInfo({ shape }: TensorInfo, attributes: Attributes): backend_util.Conv2DInfo {
  const { filterSize, strides, pad } = attributes;
  // AvgPoolGrad's attributes lack it: its output's shape is that of dy.
  const rounding = "dimRoundingMode" in attributes ? attributes.dimRoundingMode : undefined;
  const info = backend_util.computePool2DInfo(shape as Tensor4D["shape"], filterSize, strides, 1, pad, rounding);
  // For windows of one pixel with as many outputs, TensorFlow.js copies the input, whatever their strides and padding.
  const copies = info.filterHeight * info.filterWidth === 1 && util.arraysEqual(info.inShape, info.outShape);
  return copies ? backend_util.computePool2DInfo(shape as Tensor4D["shape"], 1, 1, 1, "valid") : info;
}

/** The words of `Pooling` in `src/pool.rs`. */
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
