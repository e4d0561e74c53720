// Maxima over 2 x 2 pixels of a convolution that was not computed, and the gradient before them: at the places of the
// maxima, 0 elsewhere. The gradients of the convolution read the places, so that this one never exists either.

import {
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  MaxPool,
  MaxPoolGrad,
  Sum,
  util,
  type backend_util,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type KernelFunc,
  type MaxPoolAttrs,
  type MaxPoolGradAttrs,
  type SumAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { convolutionWords } from "../convolution-words.ts";
import { computationOf, type Computation, type TensorData } from "../deferred.ts";
import { deferred, Expression, type Evaluator } from "../expressions/expression.ts";
import { OPERATIONS } from "../expressions/operations.ts";
import { pooledBiasGradient, pooledFilterGradient, pooledInputGradient } from "./conv-pool.ts";
import { InputGradient } from "./conv2d-gradients.ts";
import { convolutionOf, infoOf, type Convolution } from "./convolutions.ts";
import { kernel, type Kernel } from "./kernel.ts";
import { maxPoolGradient, poolingInfo } from "./pooling.ts";

/** The gradient of a pooled convolution's output before pooling: `dy` at the places of the maxima, 0 elsewhere. */
class Unpooling implements Computation {
  readonly convolution: Convolution;
  /** The output before pooling. */
  readonly output: TensorData;
  readonly dy: TensorData;
  readonly places: TensorData;
  /** The shape of `dy`, whose data may be those of a tensor of another shape, such as of a flattened map. */
  readonly pooledShape: readonly number[];
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
    this.pooledShape = info.outShape;
    this.#info = info;
  }

  get inputs(): readonly TensorData[] {
    return [this.output, this.dy, this.places];
  }

  /** Whether it is the gradient of the output of a convolution like this one. */
  isOf(info: backend_util.Conv2DInfo): boolean {
    return util.arraysEqual([...convolutionWords(info)], [...convolutionWords(this.convolution.parameters.info)]);
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
      const gradient = pooledGradient(evaluator, dy);
      if (gradient !== undefined && x.dtype === "float32") {
        const info = infoOf(x.shape, attributes.filterShape, attributes);
        const { dy: pooled, places } = gradient;
        const { kernels } = evaluator;
        if (gradient.isOf(info))
          return pooledFilterGradient(kernels, heap, info, heap.address(x), pooled.memoryOffset, places.memoryOffset);
      }
      return otherwise(Conv2DBackpropFilter)({ inputs: { ...inputs }, attrs: { ...attributes }, backend });
    }),

    kernel<"dy" | "filter", Conv2DBackpropInputAttrs>(Conv2DBackpropInput, (inputs, attributes) => {
      const { dy, filter } = inputs;
      const gradient = pooledGradient(evaluator, dy);
      if (gradient !== undefined && filter.dtype === "float32") {
        const info = infoOf(attributes.inputShape, filter.shape, attributes);
        const { dy: pooled, places } = gradient;
        if (gradient.isOf(info)) {
          void heap.address(filter);
          const filterData = heap.data(filter);
          const computation = new InputGradient([pooled, filterData, places], (address) => {
            const addresses = [pooled.memoryOffset, places.memoryOffset, address] as const;
            pooledInputGradient(evaluator.kernels, heap, info, filterData, ...addresses);
          });
          return deferred(evaluator, info.inShape, computation);
        }
      }
      return otherwise(Conv2DBackpropInput)({ inputs: { ...inputs }, attrs: { ...attributes }, backend });
    }),

    kernel<"x", SumAttrs>(Sum, ({ x }, attributes) => {
      const gradient = pooledGradient(evaluator, x);
      const axes = util.parseAxisParam(attributes.axis, x.shape);
      const isBias = x.shape.length === 4 && isOfRows(axes) && !attributes.keepDims;
      if (gradient !== undefined && isBias) {
        const { dy, places, pooledShape } = gradient;
        return pooledBiasGradient(evaluator.kernels, heap, pooledShape, dy.memoryOffset, places.memoryOffset);
      }
      return otherwise(Sum)({ inputs: { x }, attrs: { ...attributes }, backend });
    }),
  ];
}

/**
 * The gradient before pooling by which `dy`, that of a convolution's sums, is computed: past the ReLU, if there is one. Undefined if
 * it is anything else.
 */
function pooledGradient({ heap }: Evaluator, dy: TensorInfo): Unpooling | undefined {
  const computation = computationOf(heap.data(dy));
  if (computation instanceof RectifiedUnpooling) return computation.unpooling;
  const isWhole = computation instanceof Unpooling && computation.convolution.parameters.activation === "linear";
  return isWhole ? computation : undefined;
}

/** `gradient` past a ReLU, which is its product with the step function `step` of the ReLU's output. */
export function rectified(
  evaluator: Evaluator,
  gradient: TensorInfo,
  step: TensorInfo,
): RectifiedUnpooling | undefined {
  const { heap } = evaluator;
  const unpooling = computationOf(heap.data(gradient));
  const expression = computationOf(heap.data(step));
  if (!(unpooling instanceof Unpooling && expression instanceof Expression)) return undefined;
  if (expression.steppedInput !== unpooling.output) return undefined;
  const { shape } = gradient;
  return new RectifiedUnpooling(unpooling, Expression.apply(evaluator, shape, OPERATIONS.multiply, gradient, step));
}

function isOfRows(axes: readonly number[]): boolean {
  return util.arraysEqual(
    axes.toSorted((a, b) => a - b),
    [0, 1, 2],
  );
}
