// Convolution, bias, ReLU or none, and 2x2 maximum in one kernel, with its gradients.

import {
  backend_util,
  engine,
  util,
  type GradConfig,
  type Tensor,
  type Tensor4D,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { convolutionWords, pooledWords } from "../convolution-words.ts";
import type { TensorData } from "../deferred.ts";
import { checkFloats, type Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
import { writeBox, type Axis } from "./boxes.ts";
import { addFilterGradient } from "./conv2d-gradients.ts";
import { kernel, type Kernel } from "./kernel.ts";
import { addRows } from "./float-reductions.ts";
import { isWinograd, withTransformedFilter } from "./winograd.ts";

/** Name of the kernel: `x`, `filter`, `bias` ─▶ the pooled output, and the places of its maxima. */
export const CONV_POOL = "SilhouetteConvPool";

const CONV_POOL_FILTER_GRADIENT = "SilhouetteConvPoolFilterGradient";
const CONV_POOL_INPUT_GRADIENT = "SilhouetteConvPoolInputGradient";
const CONV_POOL_BIAS_GRADIENT = "SilhouetteConvPoolBiasGradient";

/** The forward kernel and the gradients, which read the places of the maxima instead of the map before pooling. */
export function convPool(kernels: Kernels, heap: Heap): readonly Kernel[] {
  return [
    kernel<"x" | "filter" | "bias">(CONV_POOL, ({ x, filter, bias }) => {
      checkFloats(CONV_POOL, [x, filter, bias]);
      const [xAt, biasAt] = [heap.address(x), heap.address(bias)];
      const info = conv2dInfo(x.shape, filter.shape);
      const { output, places } = pooledConvolution(kernels, heap, info, "relu", xAt, heap.data(filter), biasAt);
      // Without a shape: TensorFlow.js creates zeros of the shape of an output without a gradient.
      return [output, { ...places, shape: [0] }];
    }),

    kernel<"x" | "dy" | "places", { filterShape: number[] }>(
      CONV_POOL_FILTER_GRADIENT,
      ({ x, dy, places }, { filterShape }) => {
        const addresses = [x, dy, places].map((each) => heap.address(each)) as Three;
        return pooledFilterGradient(kernels, heap, conv2dInfo(x.shape, filterShape), ...addresses);
      },
    ),

    kernel<"filter" | "dy" | "places", { inputShape: number[] }>(
      CONV_POOL_INPUT_GRADIENT,
      ({ filter, dy, places }, { inputShape }) => {
        const [dyAt, placesAt] = [heap.address(dy), heap.address(places)];
        const info = conv2dInfo(inputShape, filter.shape);
        const dx = heap.output(info.inShape);
        pooledInputGradient(kernels, heap, info, heap.data(filter), dyAt, placesAt, heap.address(dx));
        return dx;
      },
    ),

    kernel<"dy" | "places">(CONV_POOL_BIAS_GRADIENT, ({ dy, places }) =>
      pooledBiasGradient(kernels, heap, dy.shape, heap.address(dy), heap.address(places)),
    ),
  ];
}

/** What can follow the sums and the bias of a {@link pooledConvolution}. */
export type PooledActivation = "linear" | "relu";

/** Whether {@link pooledConvolution} and its gradients compute a convolution: stride 1, without dilation, output channels in fours. */
export function isPooledConvolution(kernels: Kernels, heap: Heap, info: backend_util.Conv2DInfo): boolean {
  const steps = [info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth];
  if (steps.some((step) => step !== 1) || info.outChannels % 4 !== 0) return false;
  if (!isPadded(info)) return true;
  const { top, left } = info.padInfo;
  if (usesWinograd(kernels, heap, info)) return top % 2 === left % 2;
  // The first layer of a network, whose one channel is quickly copied into its padding.
  return info.inChannels === 1 && info.filterHeight === 3 && info.filterWidth === 3;
}

/**
 * Convolution, bias, activation and 2x2 maximum: the pooled output, and the places of its
 * maxima as bytes, four bits for each of two channels. {@link isPooledConvolution} holds.
 */
export function pooledConvolution(
  kernels: Kernels,
  heap: Heap,
  info: backend_util.Conv2DInfo,
  activation: PooledActivation,
  x: number,
  filter: TensorData,
  bias: number,
): { readonly output: TensorInfo; readonly places: TensorInfo } {
  const shape = [info.batchSize, Math.floor(info.outHeight / 2), Math.floor(info.outWidth / 2)];
  const output = heap.output([...shape, info.outChannels]);
  const places = heap.output([...shape, info.outChannels / 2], "bool");
  const [outputAt, placesAt] = [heap.address(output), heap.address(places)];
  const relu = Number(activation === "relu");
  withConvolution(kernels, heap, info, x, (convolution, from) => {
    withFilter(kernels, heap, info, convolution, filter, bias, (name, parts, workspaceBytes, panels) => {
      kernels.run(name, parts, workspaceBytes, convolution, from, panels, bias, relu, outputAt, placesAt);
    });
  });
  return { output, places };
}

/** The filter's gradient, of the gradient `dy` of {@link pooledConvolution}'s output. */
export function pooledFilterGradient(
  kernels: Kernels,
  heap: Heap,
  info: backend_util.Conv2DInfo,
  x: number,
  dy: number,
  places: number,
): TensorInfo {
  const gradient = heap.output(info.filterShape);
  withConvolution(kernels, heap, info, x, (convolution, from) => {
    const { functions } = kernels;
    const parts = functions.conv_pool_filter_gradient_parts(convolution);
    const direct = {
      parts,
      sumsParts: parts,
      workspaceBytes: functions.conv_pool_filter_gradient_workspace(convolution),
    };
    addFilterGradient(kernels, heap, convolution, heap.address(gradient), direct, (family, ...work) => {
      const name = family === "winograd" ? "winograd_pool_filter_gradient" : "conv_pool_filter_gradient";
      const [count, workspaceBytes, sums] = work;
      kernels.run(name, count, workspaceBytes, convolution, from, dy, places, sums);
    });
  });
  return gradient;
}

/** Writes the input's gradient, of the gradient `dy` of {@link pooledConvolution}'s output, to `dx`. */
export function pooledInputGradient(
  kernels: Kernels,
  heap: Heap,
  info: backend_util.Conv2DInfo,
  filter: TensorData,
  dy: number,
  places: number,
  dx: number,
): void {
  if (isPadded(info) && !usesWinograd(kernels, heap, info)) {
    withPadding(heap, info, ({ crop, info: unpadded }, padded) => {
      pooledInputGradient(kernels, heap, unpadded, filter, dy, places, padded);
      writeBox(kernels, heap, crop, FLOAT, padded, dx);
    });
    return;
  }
  heap.lendWords(pooledWords(info), (convolution) => {
    withTurnedFilter(kernels, heap, info, convolution, filter, (name, parts, workspaceBytes, turned) => {
      kernels.run(name, parts, workspaceBytes, convolution, turned, dy, places, dx);
    });
  });
}

/** The bias' gradient, of the gradient `dy`, of the given shape, of {@link pooledConvolution}'s output. */
export function pooledBiasGradient(
  kernels: Kernels,
  heap: Heap,
  shape: readonly number[],
  dy: number,
  places: number,
): TensorInfo {
  const channels = shape.at(-1) ?? 1;
  const bias = heap.output([channels]);
  const rows = util.sizeFromShape([...shape]) / channels;
  const workspaceBytes = channels * Float32Array.BYTES_PER_ELEMENT;
  addRows(kernels, heap, rows, bias, 1, (parts, sums) => {
    kernels.run("conv_pool_bias_gradient", parts, workspaceBytes, rows, channels, dy, places, sums);
  });
  return bias;
}

/** How TensorFlow.js differentiates {@link CONV_POOL}. */
export const convPoolGradient: GradConfig = {
  kernelName: CONV_POOL,
  inputsToSave: ["x", "filter"],
  outputsToSave: [false, true],
  gradFunc: (dys, saved) => {
    const [x, filter, places] = saved as [Tensor, Tensor, Tensor];
    // The places, which have no gradient, are the second output.
    const [dy] = dys as [Tensor, Tensor];
    return {
      x: () => engine().runKernel<Tensor>(CONV_POOL_INPUT_GRADIENT, { filter, dy, places }, { inputShape: x.shape }),
      filter: () =>
        engine().runKernel<Tensor>(CONV_POOL_FILTER_GRADIENT, { x, dy, places }, { filterShape: filter.shape }),
      bias: () => engine().runKernel<Tensor>(CONV_POOL_BIAS_GRADIENT, { dy, places }),
    };
  },
};

/** Lends the words of a convolution, and its input: for the direct kernels, which know no padding, a copy that has it. */
function withConvolution(
  kernels: Kernels,
  heap: Heap,
  info: backend_util.Conv2DInfo,
  x: number,
  run: (convolution: number, x: number) => void,
): void {
  if (!isPadded(info) || usesWinograd(kernels, heap, info)) {
    heap.lendWords(pooledWords(info), (convolution) => run(convolution, x));
    return;
  }
  withPadding(heap, info, ({ pad, info: unpadded }, padded) => {
    writeBox(kernels, heap, pad, FLOAT, x, padded);
    heap.lendWords(pooledWords(unpadded), (convolution) => run(convolution, padded));
  });
}

/** An element of the input, and what it is padded with. */
const FLOAT = { width: Float32Array.BYTES_PER_ELEMENT, constant: 0 };

/** Lends memory for the input with its padding: the boxes that pad and crop it, and the convolution of it. */
function withPadding(
  heap: Heap,
  { batchSize, inHeight, inWidth, inChannels, filterShape, padInfo }: backend_util.Conv2DInfo,
  use: (
    padding: { readonly pad: readonly Axis[]; readonly crop: readonly Axis[]; readonly info: backend_util.Conv2DInfo },
    padded: number,
  ) => void,
): void {
  const { top, bottom, left, right } = padInfo;
  const pad = [
    { size: batchSize, first: 0, length: batchSize },
    { size: inHeight, first: -top, length: top + inHeight + bottom },
    { size: inWidth, first: -left, length: left + inWidth + right },
    { size: inChannels, first: 0, length: inChannels },
  ];
  const crop = pad.map(({ size, first, length }) => ({ size: length, first: -first, length: size }));
  const shape = pad.map(({ length }) => length);
  heap.lend(FLOAT.width * util.sizeFromShape(shape), (padded) => {
    use({ pad, crop, info: conv2dInfo(shape, filterShape) }, padded);
  });
}

function isPadded({ padInfo: { top, bottom, left, right } }: backend_util.Conv2DInfo): boolean {
  return top !== 0 || bottom !== 0 || left !== 0 || right !== 0;
}

function usesWinograd(kernels: Kernels, heap: Heap, info: backend_util.Conv2DInfo): boolean {
  return heap.lendWords(convolutionWords(info), (convolution) => isWinograd(kernels, convolution));
}

/** Lends the filter in the form that the forward pass needs, with the kernel that takes it and the number of its parts. */
function withFilter(
  kernels: Kernels,
  heap: Heap,
  { batchSize, outHeight }: backend_util.Conv2DInfo,
  convolution: number,
  filter: TensorData,
  bias: number,
  run: (name: "winograd_pool" | "conv_pool", parts: number, workspaceBytes: number, panels: number) => void,
): void {
  const { functions } = kernels;
  if (isWinograd(kernels, convolution)) {
    withTransformedFilter(kernels, heap, convolution, "forward", filter, (_, workspaceBytes, transformed) => {
      run("winograd_pool", functions.winograd_pool_parts(convolution), workspaceBytes, transformed);
    });
    return;
  }
  heap.lend(functions.conv_pool_panels(convolution), (panels) => {
    functions.conv_pool_pack_filter(convolution, filter.memoryOffset, bias, panels);
    const parts = partsOf(batchSize * Math.floor(outHeight / 2));
    run("conv_pool", parts, functions.conv_pool_workspace(convolution), panels);
  });
}

/** The same for the input's gradient. */
function withTurnedFilter(
  kernels: Kernels,
  heap: Heap,
  { batchSize, inHeight }: backend_util.Conv2DInfo,
  convolution: number,
  filter: TensorData,
  run: (
    name: "winograd_pool_input_gradient" | "conv_pool_input_gradient",
    parts: number,
    workspaceBytes: number,
    turned: number,
  ) => void,
): void {
  const { functions } = kernels;
  if (isWinograd(kernels, convolution)) {
    withTransformedFilter(kernels, heap, convolution, "inputGradient", filter, (...work) => {
      run("winograd_pool_input_gradient", ...work);
    });
    return;
  }
  heap.lend(functions.conv_pool_turned_filter(convolution), (turned) => {
    functions.conv_pool_turn_filter(convolution, filter.memoryOffset, turned);
    const parts = partsOf(batchSize * inHeight);
    run("conv_pool_input_gradient", parts, functions.conv_pool_input_gradient_workspace(convolution), turned);
  });
}

type Three = [number, number, number];

function conv2dInfo(inputShape: readonly number[], filterShape: readonly number[]): backend_util.Conv2DInfo {
  return backend_util.computeConv2DInfo(
    inputShape as Tensor4D["shape"],
    filterShape as Tensor4D["shape"],
    1,
    1,
    "valid",
  );
}
