// Gradients of DepthwiseConv2D, which stock TensorFlow.js lacks.

import {
  backend_util,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  util,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type Tensor4D,
} from "@tensorflow/tfjs-core";

import { convolutionWords } from "../convolution-words.ts";
import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/**
 * `x` `[batch, height, width, in]`, `dy` `[batch, height, width, in * multiplier]` and the filter
 * `[filter height, filter width, in, multiplier]`, two of which give the gradient of the third.
 */
export function depthwiseGradients(kernels: Kernels, heap: Heap): readonly Kernel[] {
  return [
    kernel<"x" | "dy", DepthwiseConv2dNativeBackpropFilterAttrs>(
      DepthwiseConv2dNativeBackpropFilter,
      ({ x, dy }, { filterShape, ...attributes }) => {
        checkFloats(DepthwiseConv2dNativeBackpropFilter, [x, dy]);
        const info = depthwiseInfo(x.shape, filterShape, attributes);
        util.assertShapesMatch(dy.shape, info.outShape, "Error in the gradient of depthwiseConv2d: dy and output: ");
        const filter = heap.output(filterShape);
        const size = sizeOf(filter);
        heap.lendWords(convolutionWords(info), (convolution) => {
          const parts = kernels.functions.depthwise_filter_gradient_parts(convolution);
          const bytes = size * Float32Array.BYTES_PER_ELEMENT;
          heap.lend(parts * bytes, (sums) => {
            const addresses = [heap.address(x), heap.address(dy), sums] as const;
            kernels.run("depthwise_filter_gradient", parts, bytes, convolution, ...addresses);
            kernels.functions.depthwise_filter_gradient_total(parts, size, sums, heap.address(filter));
          });
        });
        return filter;
      },
    ),

    kernel<"dy" | "filter", DepthwiseConv2dNativeBackpropInputAttrs>(
      DepthwiseConv2dNativeBackpropInput,
      ({ dy, filter }, { inputShape, ...attributes }) => {
        checkFloats(DepthwiseConv2dNativeBackpropInput, [dy, filter]);
        const info = depthwiseInfo(inputShape, filter.shape, attributes);
        util.assertShapesMatch(dy.shape, info.outShape, "Error in the gradient of depthwiseConv2d: dy and output: ");
        const dx = heap.output(info.inShape);
        heap.lendWords(convolutionWords(info), (convolution) => {
          const parts = partsOf(info.batchSize * info.inHeight);
          const addresses = [heap.address(filter), heap.address(dy), heap.address(dx)] as const;
          const bytes = kernels.functions.depthwise_workspace(convolution);
          kernels.run("depthwise_input_gradient", parts, bytes, convolution, ...addresses);
        });
        return dx;
      },
    ),
  ];
}

function depthwiseInfo(
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, dilations, pad, dimRoundingMode }: Omit<DepthwiseConv2dNativeBackpropFilterAttrs, "filterShape">,
): backend_util.Conv2DInfo {
  return backend_util.computeConv2DInfo(
    inputShape as Tensor4D["shape"],
    filterShape as Tensor4D["shape"],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
}
