// Gradients of Conv2D: of its filter, which stock TensorFlow.js lacks, and of its input, which it has as a naive loop.

import {
  backend_util,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type Tensor4D,
  util,
} from "@tensorflow/tfjs-core";

import { convolutionWords } from "../convolution-words.ts";
import { checkFloats, type Heap } from "../heap.ts";
import type { Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** TensorFlow.js gives these gradients no dilations: it refuses dilated convolutions before it asks for them. */
const NO_DILATIONS = 1;

/** `x` `[batch, height, width, in]` and `dy` `[batch, height, width, out]` ─▶ `[filter height, filter width, in, out]`. */
export function conv2dFilterGradient(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"x" | "dy", Conv2DBackpropFilterAttrs>(Conv2DBackpropFilter, ({ x, dy }, attributes) => {
    checkFloats(Conv2DBackpropFilter, [x, dy]);
    const info = conv2dInfo(x.shape, attributes.filterShape, attributes);
    util.assertShapesMatch(dy.shape, info.outShape, `Error in ${Conv2DBackpropFilter}: dy and output: `);
    const filter = heap.output(info.filterShape);
    heap.lendWords(convolutionWords(info), (convolution) => {
      heap.lend(kernels.conv2d_filter_gradient_workspace(convolution), (workspace) => {
        kernels.conv2d_filter_gradient(convolution, heap.address(x), heap.address(dy), heap.address(filter), workspace);
      });
    });
    return filter;
  });
}

/** `dy` `[batch, height, width, out]` and the filter ─▶ `[batch, height, width, in]`. */
export function conv2dInputGradient(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"dy" | "filter", Conv2DBackpropInputAttrs>(Conv2DBackpropInput, ({ dy, filter }, attributes) => {
    checkFloats(Conv2DBackpropInput, [dy, filter]);
    const info = conv2dInfo(attributes.inputShape, filter.shape, attributes);
    util.assertShapesMatch(dy.shape, info.outShape, `Error in ${Conv2DBackpropInput}: dy and output: `);
    const dx = heap.output(info.inShape);
    heap.lendWords(convolutionWords(info), (convolution) => {
      heap.lend(kernels.conv2d_input_gradient_workspace(convolution), (workspace) => {
        kernels.conv2d_input_gradient(convolution, heap.address(filter), heap.address(dy), heap.address(dx), workspace);
      });
    });
    return dx;
  });
}

function conv2dInfo(
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dataFormat, dimRoundingMode }: Conv2DBackpropFilterAttrs | Conv2DBackpropInputAttrs,
): backend_util.Conv2DInfo {
  return backend_util.computeConv2DInfo(
    inputShape as Tensor4D["shape"],
    filterShape as Tensor4D["shape"],
    strides,
    NO_DILATIONS,
    pad,
    dimRoundingMode,
    false,
    backend_util.convertConv2DDataFormat(dataFormat),
  );
}
