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
import { partsOf, type Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** Sums are added number by number: they are the same in any parts. */
const MOST_TOTAL_PARTS = 8;

/** TensorFlow.js gives these gradients no dilations: it refuses dilated convolutions before it asks for them. */
const NO_DILATIONS = 1;

/** `x` `[batch, height, width, in]` and `dy` `[batch, height, width, out]` ─▶ `[filter height, filter width, in, out]`. */
export function conv2dFilterGradient(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"x" | "dy", Conv2DBackpropFilterAttrs>(Conv2DBackpropFilter, ({ x, dy }, attributes) => {
    checkFloats(Conv2DBackpropFilter, [x, dy]);
    const info = conv2dInfo(x.shape, attributes.filterShape, attributes);
    util.assertShapesMatch(dy.shape, info.outShape, `Error in ${Conv2DBackpropFilter}: dy and output: `);
    const filter = heap.output(info.filterShape);
    const [xAt, dyAt, filterAt] = [heap.address(x), heap.address(dy), heap.address(filter)];
    heap.lendWords(convolutionWords(info), (convolution) => {
      addFilterGradient(kernels, heap, convolution, filterAt, (parts, workspaceBytes, sums) => {
        kernels.run("conv2d_filter_gradient", parts, workspaceBytes, convolution, xAt, dyAt, sums);
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
    const [dyAt, dxAt] = [heap.address(dy), heap.address(dx)];
    heap.lendWords(convolutionWords(info), (convolution) => {
      withTurnedFilter(kernels, heap, convolution, heap.address(filter), (workspaceBytes, panels) => {
        const parts = partsOf(info.batchSize * info.inHeight);
        kernels.run("conv2d_input_gradient", parts, workspaceBytes, convolution, panels, dyAt, dxAt);
      });
    });
    return dx;
  });
}

/** Lends what a filter's gradient needs, runs its parts by `run`, and adds up what they wrote to `sums`. */
export function addFilterGradient(
  kernels: Kernels,
  heap: Heap,
  convolution: number,
  filter: number,
  run: (parts: number, workspaceBytes: number, sums: number) => void,
): void {
  const { functions } = kernels;
  const parts = functions.conv2d_filter_gradient_parts(convolution);
  heap.lend(parts * functions.conv2d_filter_gradient_sums(convolution), (sums) => {
    run(parts, functions.conv2d_filter_gradient_workspace(convolution), sums);
    kernels.run("conv2d_filter_gradient_total", MOST_TOTAL_PARTS, 0, convolution, parts, sums, filter);
  });
}

/** Lends a filter as an input's gradient needs it. */
export function withTurnedFilter(
  kernels: Kernels,
  heap: Heap,
  convolution: number,
  filter: number,
  run: (workspaceBytes: number, panels: number) => void,
): void {
  const { functions } = kernels;
  heap.lend(functions.conv2d_input_gradient_panels(convolution), (panels) => {
    functions.conv2d_turn_filter(convolution, filter, panels);
    run(functions.conv2d_input_gradient_workspace(convolution), panels);
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
