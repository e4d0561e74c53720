// Convolutions that are computed when they are read, together with the bias, the normalization and the activation that
// follow them, or with the maximum over 2 x 2 pixels: the map before pooling, the largest tensor of a network, then never
// exists.

import { backend_util, util, type Tensor4D, type TensorInfo } from "@tensorflow/tfjs-core";

import { checkChannelsLast } from "../convolution-words.ts";
import { computationOf, type Computation, type TensorData } from "../deferred.ts";
import { deferred, type Evaluator } from "../expressions/expression.ts";
import { checkFloats, sizeOf } from "../heap.ts";
import { isPooledConvolution, pooledConvolution } from "./conv-pool.ts";
import { convolve, normalizationShape, type Epilogue } from "./convolve.ts";
import { ACTIVATION_CODES, withAnyBias, type FusedActivation } from "./fused.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** Attributes of all convolutions. */
interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number | backend_util.ExplicitPadding;
  readonly dataFormat?: "NHWC" | "NCHW";
  /** Null if tf.layers leaves them out. */
  readonly dilations?: [number, number] | number | null;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly activation?: FusedActivation;
}

/** What a convolution reads, and what it does to the sums. */
interface Parameters extends Epilogue {
  readonly info: backend_util.Conv2DInfo;
  readonly isDepthwise: boolean;
  readonly x: TensorData;
  readonly filter: TensorData;
}

/** A convolution, with the bias, normalization and activation that follow it. */
export class Convolution implements Computation {
  readonly parameters: Parameters;
  readonly #evaluator: Evaluator;
  #places: TensorData | undefined;

  constructor(evaluator: Evaluator, parameters: Parameters) {
    this.#evaluator = evaluator;
    this.parameters = parameters;
  }

  get inputs(): readonly TensorData[] {
    const { x, filter, bias, normalization } = this.parameters;
    return [x, filter, bias, normalization, this.#places].filter((each) => each !== undefined);
  }

  /** The places of the maxima, if the output was pooled and not computed itself. */
  get places(): TensorData | undefined {
    return this.#places;
  }

  compute(address: number): void {
    const { info, isDepthwise, x, filter } = this.parameters;
    const { kernels, heap } = this.#evaluator;
    convolve(kernels, heap, info, isDepthwise, x.memoryOffset, filter, this.parameters, address);
  }

  /** Whether {@link pool} computes its maxima over windows of 2 x 2 pixels. */
  get canPool(): boolean {
    const { info, isDepthwise, normalization, activation } = this.parameters;
    const { kernels, heap } = this.#evaluator;
    const isAlone = !isDepthwise && normalization === undefined && activation !== "relu6" && this.#places === undefined;
    return isAlone && isPooledConvolution(kernels, heap, info);
  }

  /** The maxima over windows of 2 x 2 pixels. */
  pool(): TensorInfo {
    const { info, x, filter, bias, activation } = this.parameters;
    const { kernels, heap } = this.#evaluator;
    const following = activation === "relu" ? "relu" : "linear";
    const run = (biasAt: number): TensorInfo => {
      const { output, places } = pooledConvolution(kernels, heap, info, following, x.memoryOffset, filter, biasAt);
      this.#places = heap.taken(places);
      return output;
    };
    if (bias !== undefined) return run(bias.memoryOffset);
    return heap.lend(info.outChannels * Float32Array.BYTES_PER_ELEMENT, (zeros) => {
      new Float32Array(heap.memory.buffer, zeros, info.outChannels).fill(0);
      return run(zeros);
    });
  }
}

/**
 * A convolution, with an optional bias of one number per channel and one of the activations above.
 *
 * @param isDepthwise whether each channel has its own filters
 */
export function forwardConvolution(evaluator: Evaluator, name: string, isDepthwise: boolean): Kernel {
  const { heap } = evaluator;
  return kernel<"x" | "filter" | "bias", ConvolutionAttributes>(name, (inputs, attributes) => {
    const { x, filter, bias } = inputs as typeof inputs & { readonly bias?: TensorInfo };
    checkFloats(name, [x, filter]);
    const { dataFormat, activation = "linear" } = attributes;
    const info = infoOf(x.shape, filter.shape, attributes, isDepthwise, dataFormat);
    checkChannelsLast(info);
    // They are computed now: a chain of deferred convolutions would keep all of its tensors.
    for (const each of [x, filter, bias]) if (each !== undefined) void heap.address(each);
    const read = {
      x: heap.data(x),
      filter: heap.data(filter),
      ...(bias === undefined ? {} : { bias: heap.data(bias) }),
    };
    return deferred(evaluator, info.outShape, new Convolution(evaluator, { info, isDepthwise, activation, ...read }));
  });
}

/** A convolution with any bias and activation: those that its kernels do not apply are steps of their own. */
export function fusedConvolution(evaluator: Evaluator, name: string, isDepthwise: boolean): Kernel {
  const { kernelFunc } = forwardConvolution(evaluator, name, isDepthwise);
  return withAnyBias(evaluator.heap, name, kernelFunc, ({ filter, bias }, { activation }) => {
    const [inputs = 0, outputs = 0] = filter?.shape.slice(2) ?? [];
    const channels = isDepthwise ? inputs * outputs : outputs;
    return activation in ACTIVATION_CODES && (bias === undefined || sizeOf(bias) === channels);
  });
}

/** The convolution that computes `x`, with a bias; undefined if it has anything that follows its sums. */
export function withBias(evaluator: Evaluator, x: TensorInfo, bias: TensorInfo): Convolution | undefined {
  const { heap } = evaluator;
  const convolution = convolutionOf(evaluator, x);
  if (convolution === undefined) return undefined;
  const { info, normalization, activation } = convolution.parameters;
  if (normalization !== undefined || activation !== "linear") return undefined;
  const isVector = sizeOf(bias) === info.outChannels && bias.shape.at(-1) === info.outChannels;
  if (convolution.parameters.bias !== undefined || !isVector || bias.shape.length > x.shape.length) return undefined;
  void heap.address(bias);
  return new Convolution(evaluator, { ...convolution.parameters, bias: heap.data(bias) });
}

/**
 * A new tensor: `(x - mean) factor + offset`, of numbers per channel, by the convolution that computes `x`; undefined
 * unless it is one that has no normalization and no activation yet.
 */
export function normalizedConvolution(
  evaluator: Evaluator,
  x: TensorInfo,
  by: { readonly mean: TensorInfo; readonly factors: Float32Array; readonly offset: TensorInfo },
): TensorInfo | undefined {
  const { heap } = evaluator;
  const convolution = convolutionOf(evaluator, x);
  if (convolution === undefined) return undefined;
  const { info, normalization, activation } = convolution.parameters;
  if (normalization !== undefined || activation !== "linear") return undefined;
  for (const each of [by.mean, by.offset]) void heap.address(each);
  const [rows, width] = normalizationShape(info.outChannels);
  const packed = heap.output([rows, width]);
  const valuesOf = (each: TensorInfo): ArrayLike<number> => heap.backend.typedArrayFromHeap(each);
  const target = heap.backend.typedArrayFromHeap(packed);
  for (const [row, values] of [valuesOf(by.mean), by.factors, valuesOf(by.offset)].entries()) {
    target.set(values, row * width);
    target.fill(0, row * width + info.outChannels, (row + 1) * width);
  }
  const parameters = { ...convolution.parameters, normalization: heap.data(packed) };
  const y = deferred(evaluator, x.shape, new Convolution(evaluator, parameters));
  heap.backend.disposeData(packed.dataId);
  return y;
}

/** The convolution that computes `x`, with an activation; undefined unless it has none yet, or one that this implies. */
export function withActivation(
  evaluator: Evaluator,
  x: TensorInfo,
  activation: FusedActivation,
): Convolution | undefined {
  const convolution = convolutionOf(evaluator, x);
  if (convolution === undefined) return undefined;
  const { activation: former } = convolution.parameters;
  // Layers of ReLU6 rectify first, and then clip.
  if (former !== "linear" && !(former === "relu" && activation === "relu6")) return undefined;
  return new Convolution(evaluator, { ...convolution.parameters, activation });
}

/** The deferred convolution that computes `x`; undefined if there is none. */
export function convolutionOf({ heap }: Evaluator, x: TensorInfo): Convolution | undefined {
  const computation = computationOf(heap.data(x));
  if (!(computation instanceof Convolution)) return undefined;
  return util.arraysEqual(x.shape, computation.parameters.info.outShape) ? computation : undefined;
}

/** Sizes of a convolution. */
export function infoOf(
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dilations, dimRoundingMode }: ConvolutionAttributes,
  isDepthwise = false,
  dataFormat: "NHWC" | "NCHW" = "NHWC",
): backend_util.Conv2DInfo {
  return backend_util.computeConv2DInfo(
    inputShape as Tensor4D["shape"],
    filterShape as Tensor4D["shape"],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    isDepthwise,
    backend_util.convertConv2DDataFormat(dataFormat),
  );
}
