// Gradients of Conv2D: for its filter, which stock TensorFlow.js lacks, and for its input, which it computes in a naive
// loop.

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
import type { Computation, TensorData } from "../deferred.ts";
import { deferred, type Evaluator } from "../expressions/expression.ts";
import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import type { Kernels } from "../kernels.ts";
import { convolveDirectly } from "./convolve.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";
import { isWinograd, withTransformedFilter } from "./winograd.ts";

/** Sums are added number by number, so parts do not change them. */
const MOST_TOTAL_PARTS = 8;

/** TensorFlow.js supports no dilation here: dilated-gradient.ts adds it. */
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
    if ([x, dy, filter].some((tensor) => sizeOf(tensor) === 0)) return withZeros(heap, filter);
    const [xAt, dyAt, filterAt] = [heap.address(x), heap.address(dy), heap.address(filter)];
    heap.lendWords(convolutionWords(info), (convolution) => {
      const direct = {
        parts: kernels.functions.conv2d_filter_gradient_parts(convolution),
        sumsParts: kernels.functions.conv2d_filter_gradient_sums_parts(convolution),
        workspaceBytes: kernels.functions.conv2d_filter_gradient_workspace(convolution),
      };
      addFilterGradient(kernels, heap, convolution, filterAt, direct, (family, parts, workspaceBytes, sums) => {
        const name = family === "winograd" ? "winograd_filter_gradient" : "conv2d_filter_gradient";
        kernels.run(name, parts, workspaceBytes, convolution, xAt, dyAt, sums);
      });
    });
    return filter;
  });
}

/**
 * The gradient for a convolution's input, computed when it is read. That of a network's first layer never is: TensorFlow.js asks for
 * it, but no variable depends on it.
 */
export class InputGradient implements Computation {
  readonly inputs: readonly TensorData[];
  readonly #compute: (address: number) => void;

  /** @param compute computes the gradient of `inputs`, the gradient for the output first, at an address */
  constructor(inputs: readonly TensorData[], compute: (address: number) => void) {
    this.inputs = inputs;
    this.#compute = compute;
  }

  compute(address: number): void {
    this.#compute(address);
  }
}

/** `dy` `[batch, height, width, out]` and the filter ─▶ `[batch, height, width, in]`. */
export function conv2dInputGradient(evaluator: Evaluator): Kernel {
  const { heap } = evaluator;
  return kernel<"dy" | "filter", Conv2DBackpropInputAttrs & Dilated>(
    Conv2DBackpropInput,
    ({ dy, filter }, attributes) => {
      checkFloats(Conv2DBackpropInput, [dy, filter]);
      const info = conv2dInfo(attributes.inputShape, filter.shape, attributes);
      if (info.inShape.includes(0) || [dy, filter].some((tensor) => sizeOf(tensor) === 0))
        return withZeros(heap, heap.output(info.inShape));
      const fitting = cropped(heap, dy, info);
      // They are computed now: a chain of deferred gradients would keep all of its tensors.
      for (const each of [fitting, filter]) void heap.address(each);
      const [dyData, filterData] = [heap.data(fitting), heap.data(filter)];
      const computation = new InputGradient([dyData, filterData], (address) => {
        computeInputGradient(evaluator, info, dyData, filterData, address);
      });
      const dx = deferred(evaluator, info.inShape, computation);
      if (fitting !== dy) heap.backend.disposeData(fitting.dataId);
      return dx;
    },
  );
}

function computeInputGradient(
  { kernels, heap }: Evaluator,
  info: backend_util.Conv2DInfo,
  dy: TensorData,
  filter: TensorData,
  dx: number,
): void {
  heap.lendWords(convolutionWords(info), (convolution) => {
    if (!isWinograd(kernels, convolution)) {
      convolveDirectly(kernels, heap, convolution, "inputGradient", { x: dy.memoryOffset, filter, y: dx });
      return;
    }
    withTransformedFilter(kernels, heap, convolution, "inputGradient", filter, (...work) => {
      const [parts, workspaceBytes, transformed] = work;
      kernels.run("winograd_input_gradient", parts, workspaceBytes, convolution, transformed, dy.memoryOffset, dx);
    });
  });
}

/** A gradient of an empty tensor, or through one. */
function withZeros(heap: Heap, gradient: TensorInfo): TensorInfo {
  heap.backend.typedArrayFromHeap(gradient).fill(0);
  return gradient;
}

/** tf.conv2dTranspose accepts images that are larger than its output's convolution: the rest is ignored. */
function cropped(heap: Heap, dy: TensorInfo, { outShape }: backend_util.Conv2DInfo): TensorInfo {
  if (util.arraysEqual(dy.shape, outShape)) return dy;
  util.assert(
    dy.shape.length === outShape.length && dy.shape.every((size, axis) => size >= (outShape[axis] ?? 0)),
    () =>
      `Error in ${Conv2DBackpropInput}: expected dy of the shape ${outShape.join()}, but received ${dy.shape.join()}`,
  );
  return runKernel(heap, Slice, { x: dy }, { begin: outShape.map(() => 0), size: outShape });
}

/** The two ways to compute a convolution, with the same arguments. */
type Family = "winograd" | "direct";

/**
 * Lends the memory of a filter's gradient, runs its parts by `run`, and adds up the sums that they wrote.
 *
 * @param direct how the direct kernels divide the work, and how many sums of the whole filter its parts write
 */
export function addFilterGradient(
  kernels: Kernels,
  heap: Heap,
  convolution: number,
  filter: number,
  direct: { readonly parts: number; readonly sumsParts: number; readonly workspaceBytes: number },
  run: (family: Family, parts: number, workspaceBytes: number, sums: number) => void,
): void {
  const { functions } = kernels;
  if (isWinograd(kernels, convolution)) {
    heap.lend(functions.winograd_filter_gradient_sums(convolution), (sums) => {
      const parts = functions.winograd_filter_gradient_parts(convolution);
      run("winograd", parts, functions.winograd_filter_gradient_workspace(convolution), sums);
      const totalBytes = functions.winograd_filter_gradient_total_workspace(convolution);
      kernels.run("winograd_filter_gradient_total", MOST_TOTAL_PARTS, totalBytes, convolution, sums, filter);
    });
    return;
  }
  const { parts, sumsParts, workspaceBytes } = direct;
  heap.lend(sumsParts * functions.conv2d_filter_gradient_sums(convolution), (sums) => {
    run("direct", parts, workspaceBytes, sums);
    kernels.run("conv2d_filter_gradient_total", MOST_TOTAL_PARTS, 0, convolution, sumsParts, sums, filter);
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
