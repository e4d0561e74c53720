// Gradients of Conv2D: of its filter, which stock TensorFlow.js lacks, and of its input, which it has as a naive loop.

import {
  backend_util,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  Slice,
  util,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type Tensor4D,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { convolutionWords } from "../convolution-words.ts";
import { checkFloats, type Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** Sums are added number by number: they are the same in any parts. */
const MOST_TOTAL_PARTS = 8;

/** TensorFlow.js knows no dilations of these: dilated-gradient.ts gives them. */
interface Dilated {
  readonly dilations?: Conv2DAttrs["dilations"];
}

/** `x` `[batch, height, width, in]` and `dy` `[batch, height, width, out]` ─▶ `[filter height, filter width, in, out]`. */
export function conv2dFilterGradient(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"x" | "dy", Conv2DBackpropFilterAttrs & Dilated>(Conv2DBackpropFilter, ({ x, dy }, attributes) => {
    checkFloats(Conv2DBackpropFilter, [x, dy]);
    const info = conv2dInfo(x.shape, attributes.filterShape, attributes);
    util.assertShapesMatch(dy.shape, info.outShape, `Error in ${Conv2DBackpropFilter}: dy and output: `);
    const filter = heap.output(info.filterShape);
    const [xAt, dyAt, filterAt] = [heap.address(x), heap.address(dy), heap.address(filter)];
    heap.lendWords(convolutionWords(info), (convolution) => {
      const parts = kernels.functions.conv2d_filter_gradient_parts(convolution);
      const workspaceBytes = kernels.functions.conv2d_filter_gradient_workspace(convolution);
      addFilterGradient(kernels, heap, convolution, filterAt, parts, (sums) => {
        kernels.run("conv2d_filter_gradient", parts, workspaceBytes, convolution, xAt, dyAt, sums);
      });
    });
    return filter;
  });
}

/** `dy` `[batch, height, width, out]` and the filter ─▶ `[batch, height, width, in]`. */
export function conv2dInputGradient(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"dy" | "filter", Conv2DBackpropInputAttrs & Dilated>(
    Conv2DBackpropInput,
    ({ dy, filter }, attributes) => {
      checkFloats(Conv2DBackpropInput, [dy, filter]);
      const info = conv2dInfo(attributes.inputShape, filter.shape, attributes);
      const fitting = cropped(heap, dy, info);
      const dx = heap.output(info.inShape);
      const [dyAt, dxAt] = [heap.address(fitting), heap.address(dx)];
      heap.lendWords(convolutionWords(info), (convolution) => {
        withTurnedFilter(kernels, heap, convolution, heap.address(filter), (workspaceBytes, panels) => {
          const parts = partsOf(info.batchSize * info.inHeight);
          kernels.run("conv2d_input_gradient", parts, workspaceBytes, convolution, panels, dyAt, dxAt);
        });
      });
      if (fitting !== dy) heap.backend.disposeData(fitting.dataId);
      return dx;
    },
  );
}

/** tf.conv2dTranspose takes images that are larger than its output's convolution: what is beyond it is left out. */
function cropped(heap: Heap, dy: TensorInfo, { outShape }: backend_util.Conv2DInfo): TensorInfo {
  if (util.arraysEqual(dy.shape, outShape)) return dy;
  util.assert(
    dy.shape.length === outShape.length && dy.shape.every((size, axis) => size >= (outShape[axis] ?? 0)),
    () =>
      `Error in ${Conv2DBackpropInput}: expected dy of the shape ${outShape.join()}, but received ${dy.shape.join()}`,
  );
  return runKernel(heap, Slice, { x: dy }, { begin: outShape.map(() => 0), size: outShape });
}

/** Lends the sums of `parts` parts of a filter's gradient, has `run` write them, and adds them up. */
export function addFilterGradient(
  kernels: Kernels,
  heap: Heap,
  convolution: number,
  filter: number,
  parts: number,
  run: (sums: number) => void,
): void {
  heap.lend(parts * kernels.functions.conv2d_filter_gradient_sums(convolution), (sums) => {
    run(sums);
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
  attributes: (Conv2DBackpropFilterAttrs | Conv2DBackpropInputAttrs) & Dilated,
): backend_util.Conv2DInfo {
  const { strides, pad, dataFormat, dimRoundingMode, dilations = 1 } = attributes;
  return backend_util.computeConv2DInfo(
    inputShape as Tensor4D["shape"],
    filterShape as Tensor4D["shape"],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    backend_util.convertConv2DDataFormat(dataFormat),
  );
}
