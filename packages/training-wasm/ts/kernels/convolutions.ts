// Convolutions that are computed when they are read: together with the bias, the activation and the 2x2 maximum that
// follow them. The map before pooling, the largest tensor of a network, then never exists, nor does its gradient.

import {
  Add,
  backend_util,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  MaxPool,
  MaxPoolGrad,
  Multiply,
  Relu,
  Relu6,
  Sum,
  util,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type KernelFunc,
  type MaxPoolAttrs,
  type MaxPoolGradAttrs,
  type SumAttrs,
  type Tensor4D,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { checkChannelsLast, convolutionWords } from "../convolution-words.ts";
import { computationOf, type Computation, type TensorData } from "../deferred.ts";
import { Expression, type Evaluator } from "../expressions/expression.ts";
import { OPERATIONS } from "../expressions/operations.ts";
import { checkFloats, sizeOf } from "../heap.ts";
import { pooledBiasGradient, pooledConvolution, pooledFilterGradient, pooledInputGradient } from "./conv-pool.ts";
import { ACTIVATION_CODES, convolve, type FusedActivation } from "./convolve.ts";
import { LEAST_DEFERRED, type Fusion } from "./elementwise.ts";
import { withAnyBias } from "./fused.ts";
import { kernel, type Kernel } from "./kernel.ts";
import { maxPoolGradient, poolingInfo } from "./pooling.ts";

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
interface Parameters {
  readonly info: backend_util.Conv2DInfo;
  readonly isDepthwise: boolean;
  readonly x: TensorData;
  readonly filter: TensorData;
  readonly bias?: TensorData;
  readonly activation: FusedActivation;
}

/** A convolution, with the bias and activation that follow it. */
class Convolution implements Computation {
  readonly parameters: Parameters;
  readonly #evaluator: Evaluator;
  #places: TensorData | undefined;

  constructor(evaluator: Evaluator, parameters: Parameters) {
    this.#evaluator = evaluator;
    this.parameters = parameters;
  }

  get inputs(): readonly TensorData[] {
    const { x, filter, bias } = this.parameters;
    return [x, filter, bias, this.#places].filter((each) => each !== undefined);
  }

  /** The places of the maxima, if the output was pooled and not computed itself. */
  get places(): TensorData | undefined {
    return this.#places;
  }

  compute(address: number): void {
    const { info, isDepthwise, x, filter, bias, activation } = this.parameters;
    const { kernels, heap } = this.#evaluator;
    convolve(kernels, heap, info, isDepthwise, x.memoryOffset, filter, bias, activation, address);
  }

  /** Whether {@link pool} computes its maxima over windows of 2 x 2 pixels. */
  get canPool(): boolean {
    const { info, isDepthwise, activation } = this.parameters;
    const { top, bottom, left, right } = info.padInfo;
    const steps = [info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth];
    return (
      !isDepthwise &&
      activation === "relu" &&
      this.#places === undefined &&
      info.outChannels % 4 === 0 &&
      top + bottom + left + right === 0 &&
      steps.every((step) => step === 1)
    );
  }

  /** The maxima over windows of 2 x 2 pixels. */
  pool(): TensorInfo {
    const { info, x, filter, bias } = this.parameters;
    const { kernels, heap } = this.#evaluator;
    const run = (biasAt: number): TensorInfo => {
      const { output, places } = pooledConvolution(kernels, heap, info, x.memoryOffset, filter, biasAt);
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

/** The gradient of a pooled convolution's output before pooling: `dy` at the places of the maxima, 0 elsewhere. */
class Unpooling implements Computation {
  readonly convolution: Convolution;
  /** The output before pooling. */
  readonly output: TensorData;
  readonly dy: TensorData;
  readonly places: TensorData;
  readonly #evaluator: Evaluator;
  readonly #info: backend_util.Conv2DInfo;

  constructor(
    evaluator: Evaluator,
    convolution: Convolution,
    output: TensorData,
    dy: TensorData,
    places: TensorData,
    info: backend_util.Conv2DInfo,
  ) {
    this.#evaluator = evaluator;
    this.convolution = convolution;
    this.output = output;
    this.dy = dy;
    this.places = places;
    this.#info = info;
  }

  get inputs(): readonly TensorData[] {
    return [this.output, this.dy, this.places];
  }

  compute(address: number): void {
    const { kernels, heap } = this.#evaluator;
    maxPoolGradient(kernels, heap, this.#info, this.output.memoryOffset, this.dy.memoryOffset, address);
  }
}

/** {@link Unpooling}, past the ReLU before the pooling: 0 also where the maximum is. */
class RectifiedUnpooling implements Computation {
  readonly unpooling: Unpooling;
  readonly #expression: Expression;

  /** @param expression the same values, by the map before pooling */
  constructor(unpooling: Unpooling, expression: Expression) {
    this.unpooling = unpooling;
    this.#expression = expression;
  }

  get inputs(): readonly TensorData[] {
    return [...this.#expression.inputs, this.unpooling.dy, this.unpooling.places];
  }

  compute(address: number): void {
    this.#expression.compute(address);
  }

  /** Whether it is the gradient of the output of a convolution like this one. */
  isOf(info: backend_util.Conv2DInfo): boolean {
    return util.arraysEqual(
      [...convolutionWords(info)],
      [...convolutionWords(this.unpooling.convolution.parameters.info)],
    );
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
    const y = heap.deferred(info.outShape, new Convolution(evaluator, { info, isDepthwise, activation, ...read }));
    if (sizeOf(y) < LEAST_DEFERRED) void heap.address(y);
    return y;
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

/** What an elementwise operation makes of a deferred convolution; undefined if it is not a part of one. */
export const FUSIONS: Readonly<Record<string, Fusion>> = {
  [Add]: (evaluator, { a, b }) => {
    if (a === undefined || b === undefined) return undefined;
    return withBias(evaluator, a, b) ?? withBias(evaluator, b, a);
  },
  [Relu]: (evaluator, { x }) => (x === undefined ? undefined : withActivation(evaluator, x, "relu")),
  [Relu6]: (evaluator, { x }) => (x === undefined ? undefined : withActivation(evaluator, x, "relu6")),
  [Multiply]: (evaluator, { a, b }) => {
    if (a === undefined || b === undefined) return undefined;
    return rectified(evaluator, a, b) ?? rectified(evaluator, b, a);
  },
};

function withBias(evaluator: Evaluator, x: TensorInfo, bias: TensorInfo): Convolution | undefined {
  const { heap } = evaluator;
  const convolution = convolutionOf(evaluator, x);
  if (convolution === undefined || convolution.parameters.activation !== "linear") return undefined;
  const { info } = convolution.parameters;
  const isVector = sizeOf(bias) === info.outChannels && bias.shape.at(-1) === info.outChannels;
  if (convolution.parameters.bias !== undefined || !isVector || bias.shape.length > x.shape.length) return undefined;
  void heap.address(bias);
  return new Convolution(evaluator, { ...convolution.parameters, bias: heap.data(bias) });
}

function withActivation(evaluator: Evaluator, x: TensorInfo, activation: FusedActivation): Convolution | undefined {
  const convolution = convolutionOf(evaluator, x);
  if (convolution?.parameters.activation !== "linear") return undefined;
  return new Convolution(evaluator, { ...convolution.parameters, activation });
}

/** `gradient` past a ReLU, which is its product with the step function `step` of the ReLU's output. */
function rectified(evaluator: Evaluator, gradient: TensorInfo, step: TensorInfo): RectifiedUnpooling | undefined {
  const { heap } = evaluator;
  const unpooling = computationOf(heap.data(gradient));
  const expression = computationOf(heap.data(step));
  if (!(unpooling instanceof Unpooling && expression instanceof Expression)) return undefined;
  if (expression.steppedInput !== unpooling.output) return undefined;
  const { shape } = gradient;
  return new RectifiedUnpooling(unpooling, Expression.apply(evaluator, shape, OPERATIONS.multiply, gradient, step));
}

/** Maxima over windows: over 2 x 2 pixels of a deferred convolution, together with it. */
export function pooledConvolutions(evaluator: Evaluator, otherwise: (name: string) => KernelFunc): readonly Kernel[] {
  const { heap } = evaluator;
  const { backend } = heap;
  const isByTwo = (info: backend_util.Conv2DInfo): boolean => {
    const { top, bottom, left, right } = info.padInfo;
    const sizes = [info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth];
    return sizes.every((size) => size === 2) && top + bottom + left + right === 0;
  };
  return [
    kernel<"x", MaxPoolAttrs>(MaxPool, ({ x }, attributes) => {
      const convolution = convolutionOf(evaluator, x);
      if (convolution?.canPool && isByTwo(poolingInfo(x, attributes))) return convolution.pool();
      return otherwise(MaxPool)({ inputs: { x }, attrs: { ...attributes }, backend });
    }),

    kernel<"dy" | "input" | "output", MaxPoolGradAttrs>(MaxPoolGrad, (inputs, attributes) => {
      const { dy, input } = inputs;
      const convolution = convolutionOf(evaluator, input);
      const places = convolution?.places;
      const info = poolingInfo(input, attributes);
      if (convolution === undefined || places === undefined || dy.dtype !== "float32" || !isByTwo(info))
        return otherwise(MaxPoolGrad)({ inputs: { ...inputs }, attrs: { ...attributes }, backend });
      void heap.address(dy);
      const computation = new Unpooling(evaluator, convolution, heap.data(input), heap.data(dy), places, info);
      return heap.deferred(input.shape, computation);
    }),

    kernel<"x" | "dy", Conv2DBackpropFilterAttrs>(Conv2DBackpropFilter, (inputs, attributes) => {
      const { x, dy } = inputs;
      const gradient = computationOf(heap.data(dy));
      if (gradient instanceof RectifiedUnpooling && x.dtype === "float32") {
        const info = infoOf(x.shape, attributes.filterShape, attributes);
        const { dy: pooled, places } = gradient.unpooling;
        const { kernels } = evaluator;
        if (gradient.isOf(info))
          return pooledFilterGradient(kernels, heap, info, heap.address(x), pooled.memoryOffset, places.memoryOffset);
      }
      return otherwise(Conv2DBackpropFilter)({ inputs: { ...inputs }, attrs: { ...attributes }, backend });
    }),

    kernel<"dy" | "filter", Conv2DBackpropInputAttrs>(Conv2DBackpropInput, (inputs, attributes) => {
      const { dy, filter } = inputs;
      const gradient = computationOf(heap.data(dy));
      if (gradient instanceof RectifiedUnpooling && filter.dtype === "float32") {
        const info = infoOf(attributes.inputShape, filter.shape, attributes);
        const { dy: pooled, places } = gradient.unpooling;
        const { kernels } = evaluator;
        if (gradient.isOf(info))
          return pooledInputGradient(kernels, heap, info, heap.data(filter), pooled.memoryOffset, places.memoryOffset);
      }
      return otherwise(Conv2DBackpropInput)({ inputs: { ...inputs }, attrs: { ...attributes }, backend });
    }),

    kernel<"x", SumAttrs>(Sum, ({ x }, attributes) => {
      const gradient = computationOf(heap.data(x));
      const axes = util.parseAxisParam(attributes.axis, x.shape);
      const isBias = x.shape.length === 4 && isOfRows(axes) && !attributes.keepDims;
      if (gradient instanceof RectifiedUnpooling && isBias) {
        const { dy, places } = gradient.unpooling;
        return pooledBiasGradient(evaluator.kernels, heap, dy.shape, dy.memoryOffset, places.memoryOffset);
      }
      return otherwise(Sum)({ inputs: { x }, attrs: { ...attributes }, backend });
    }),
  ];
}

/** The deferred convolution that computes `x`; undefined if there is none. */
function convolutionOf({ heap }: Evaluator, x: TensorInfo): Convolution | undefined {
  const computation = computationOf(heap.data(x));
  if (!(computation instanceof Convolution)) return undefined;
  return util.arraysEqual(x.shape, computation.parameters.info.outShape) ? computation : undefined;
}

function infoOf(
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

function isOfRows(axes: readonly number[]): boolean {
  return util.arraysEqual(
    axes.toSorted((a, b) => a - b),
    [0, 1, 2],
  );
}
