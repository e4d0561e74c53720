// Elementwise operations of large float32 tensors: expressions, which are evaluated when a result is read. Small
// tensors, which are not worth it, and other dtypes are computed at once, as before.

import {
  Abs,
  Add,
  broadcast_util,
  ClipByValue,
  Elu,
  EluGrad,
  Erf,
  Exp,
  Expm1,
  Floor,
  FusedBatchNorm,
  LeakyRelu,
  Log,
  Log1p,
  Maximum,
  Minimum,
  Multiply,
  Neg,
  Prelu,
  RealDiv,
  Reciprocal,
  Relu,
  Relu6,
  Rsqrt,
  Selu,
  Sigmoid,
  Sign,
  Softplus,
  Sqrt,
  Square,
  SquaredDifference,
  Step,
  Sub,
  Tanh,
  Tile,
  util,
  type ClipByValueAttrs,
  type FusedBatchNormAttrs,
  type KernelFunc,
  type LeakyReluAttrs,
  type StepAttrs,
  type TensorInfo,
  type TileAttrs,
} from "@tensorflow/tfjs-core";

import type { Computation } from "../deferred.ts";
import { deferred, Expression, type Argument, type Evaluator, type Operation } from "../expressions/expression.ts";
import { OPERATIONS } from "../expressions/operations.ts";
import { sizeOf, type Heap } from "../heap.ts";
import { normalizedConvolution } from "./convolutions.ts";
import { kernel, type Kernel } from "./kernel.ts";

const OF_TWO: Readonly<Record<string, Operation>> = {
  [Add]: OPERATIONS.add,
  [Sub]: OPERATIONS.subtract,
  [Multiply]: OPERATIONS.multiply,
  [RealDiv]: OPERATIONS.divide,
  [Maximum]: OPERATIONS.maximum,
  [Minimum]: OPERATIONS.minimum,
  [SquaredDifference]: OPERATIONS.squaredDifference,
};

const OF_ONE: Readonly<Record<string, Operation>> = {
  [Neg]: OPERATIONS.negate,
  [Abs]: OPERATIONS.absolute,
  [Square]: OPERATIONS.square,
  [Sqrt]: OPERATIONS.sqrt,
  [Rsqrt]: OPERATIONS.rsqrt,
  [Reciprocal]: OPERATIONS.reciprocal,
  [Floor]: OPERATIONS.floor,
  [Exp]: OPERATIONS.exp,
  [Log]: OPERATIONS.log,
  [Sigmoid]: OPERATIONS.sigmoid,
  [Tanh]: OPERATIONS.tanh,
  [Erf]: OPERATIONS.erf,
  [Softplus]: OPERATIONS.softplus,
  [Elu]: OPERATIONS.elu,
  [Selu]: OPERATIONS.selu,
  [Sign]: OPERATIONS.sign,
  [Log1p]: OPERATIONS.log1p,
  [Expm1]: OPERATIONS.expm1,
};

/** Inputs and attributes of any elementwise operation. */
interface Call {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attributes: object;
}

/** The expression of an operation's result, of the given shape. */
type Build = (evaluator: Evaluator, shape: readonly number[], call: Call) => Expression;

const ofOne =
  (operation: Operation): Build =>
  (evaluator, shape, { inputs }) =>
    Expression.apply(evaluator, shape, operation, inputs["x"] as TensorInfo);

const ofTwo =
  (operation: Operation, first = "a", second = "b"): Build =>
  (evaluator, shape, { inputs }) =>
    Expression.apply(evaluator, shape, operation, inputs[first] as TensorInfo, inputs[second]);

/** Each operation as an expression. */
const EXPRESSIONS: Readonly<Record<string, Build>> = {
  ...Object.fromEntries(Object.entries(OF_TWO).map(([name, operation]) => [name, ofTwo(operation)])),
  ...Object.fromEntries(Object.entries(OF_ONE).map(([name, operation]) => [name, ofOne(operation)])),
  [Prelu]: ofTwo(OPERATIONS.leakyRelu, "x", "alpha"),
  [EluGrad]: ofTwo(OPERATIONS.eluGradient, "dy", "y"),
  [LeakyRelu]: (evaluator, shape, { inputs, attributes }) =>
    Expression.apply(
      evaluator,
      shape,
      OPERATIONS.leakyRelu,
      inputs["x"] as TensorInfo,
      (attributes as LeakyReluAttrs).alpha,
    ),
  [Step]: (evaluator, shape, { inputs, attributes }) =>
    Expression.apply(evaluator, shape, OPERATIONS.step, inputs["x"] as TensorInfo, (attributes as StepAttrs).alpha),
  [Relu]: (evaluator, shape, { inputs }) => clipped(evaluator, shape, inputs["x"] as TensorInfo, 0, Infinity),
  [Relu6]: (evaluator, shape, { inputs }) => clipped(evaluator, shape, inputs["x"] as TensorInfo, 0, 6),
  [ClipByValue]: (evaluator, shape, { inputs, attributes }) => {
    const { clipValueMin, clipValueMax } = attributes as ClipByValueAttrs;
    return clipped(evaluator, shape, inputs["x"] as TensorInfo, clipValueMin, clipValueMax);
  },
};

/** Operations that the stock kernels get wrong: NaN, broadcasting, numbers near 0, which they subtract from 1 or round. */
const WRONG_IN_STOCK: ReadonlySet<string> = new Set([Maximum, Minimum, Prelu, Selu, Sign, Log1p]);

/** Operations that are deferred if their results are large. */
export const ELEMENTWISE: readonly string[] = Object.keys(EXPRESSIONS);

/** What else an operation may become a part of; undefined if it does not. */
export type Fusion = (
  evaluator: Evaluator,
  inputs: Readonly<Record<string, TensorInfo>>,
  attributes: object,
) => Computation | undefined;

/** An elementwise operation of large float32 tensors, deferred; `otherwise` computes others. */
export function elementwise(evaluator: Evaluator, name: string, otherwise: KernelFunc, fusion?: Fusion): Kernel {
  const build = EXPRESSIONS[name] as Build;
  const isAlwaysOurs = WRONG_IN_STOCK.has(name);
  const ours = kernel<string>(name, (inputs, attributes) => {
    const shape = Object.values(inputs)
      .map((x) => x.shape)
      .reduce(broadcast_util.assertAndGetBroadcastShape);
    if (util.sizeFromShape(shape) === 0) return evaluator.heap.output(shape);
    const fused = fusion?.(evaluator, inputs, attributes);
    return deferred(evaluator, shape, fused ?? build(evaluator, shape, { inputs, attributes }));
  });
  // Passes on calls as they are: small tensors take no longer than the kernel itself.
  const kernelFunc: KernelFunc = (call) => {
    const { inputs } = call;
    let isLarge = isAlwaysOurs;
    let areFloats = true;
    for (const key in inputs) {
      const x = inputs[key] as TensorInfo;
      areFloats &&= x.dtype === "float32";
      isLarge ||= sizeOf(x) >= evaluator.leastDeferred;
    }
    return isLarge && areFloats ? ours.kernelFunc(call) : otherwise(call);
  };
  return { kernelName: name, kernelFunc };
}

/** Copies of a tensor side by side: if they are along axes of one value each, deferred. */
export function tile(evaluator: Evaluator, otherwise: KernelFunc): Kernel {
  return kernel<"x", TileAttrs>(Tile, ({ x }, attributes) => {
    const { reps } = attributes;
    const isBroadcast =
      reps.length === x.shape.length && reps.every((count, axis) => count === 1 || x.shape[axis] === 1);
    const shape = x.shape.map((size, axis) => size * (reps[axis] ?? 1));
    if (!isBroadcast || !isFloat(x) || util.sizeFromShape(shape) < evaluator.leastDeferred)
      return otherwise({ inputs: { x }, attrs: { ...attributes }, backend: evaluator.heap.backend });
    return deferred(evaluator, shape, Expression.of(evaluator, x, shape));
  });
}

/**
 * `(x - mean) scale / √(variance + ε) + offset`, if all parameters have one number per place of the last axis; scale and
 * offset default to 1 and 0. The stock kernel, which computes a root and a division per number, broadcasts others.
 */
export function batchNormalization(evaluator: Evaluator, stock: KernelFunc): Kernel {
  const { heap } = evaluator;
  return kernel<"x" | "mean" | "variance" | "scale" | "offset", FusedBatchNormAttrs>(
    FusedBatchNorm,
    (inputs, attributes) => {
      const { x, mean, variance } = inputs;
      // Despite their types, these may be left out.
      const { scale, offset } = inputs as Partial<typeof inputs>;
      const channels = x.shape.at(-1) ?? 1;
      const parameters = [mean, variance, scale, offset].filter((each) => each !== undefined && each !== null);
      const isByChannel = parameters.every((each) => isFloat(each) && sizeOf(each) === channels);
      if (!isFloat(x) || !isByChannel || sizeOf(x) === 0)
        return stock({ inputs: { ...inputs }, attrs: { ...attributes }, backend: heap.backend });
      const factors = normalizationFactors(heap, variance, scale, attributes.varianceEpsilon);
      const isShifted = offset !== undefined && offset !== null;
      const fused = isShifted ? normalizedConvolution(evaluator, x, { mean, factors, offset }) : undefined;
      if (fused !== undefined) return fused;
      const factor = heap.output([channels]);
      heap.backend.typedArrayFromHeap(factor).set(factors);
      const apply = (operation: Operation, a: Argument, b: TensorInfo): Expression =>
        Expression.apply(evaluator, x.shape, operation, a, { ...b, shape: [channels] });
      const scaled = apply(OPERATIONS.multiply, apply(OPERATIONS.subtract, x, mean), factor);
      const y = deferred(evaluator, x.shape, isShifted ? apply(OPERATIONS.add, scaled, offset) : scaled);
      heap.backend.disposeData(factor.dataId);
      return y;
    },
  );
}

/** `scale / √(variance + ε)` of each channel, each step in float32, as in `src/batch_norm.rs`. */
function normalizationFactors(
  { backend }: Heap,
  variance: TensorInfo,
  scale: TensorInfo | null | undefined,
  varianceEpsilon: number,
): Float32Array {
  const scales =
    scale === undefined || scale === null ? undefined : Float32Array.from(backend.typedArrayFromHeap(scale));
  const epsilon = Math.fround(varianceEpsilon);
  return Float32Array.from(backend.typedArrayFromHeap(variance), (value, channel) => {
    const deviation = Math.fround(Math.sqrt(Math.fround(value + epsilon)));
    return (scales?.[channel] ?? 1) * Math.fround(1 / deviation);
  });
}

function clipped(
  evaluator: Evaluator,
  shape: readonly number[],
  x: TensorInfo,
  least: number,
  most: number,
): Expression {
  const above = Expression.apply(evaluator, shape, OPERATIONS.maximum, x, least);
  return most === Infinity ? above : Expression.apply(evaluator, shape, OPERATIONS.minimum, above, most);
}

function isFloat({ dtype }: TensorInfo): boolean {
  return dtype === "float32";
}
