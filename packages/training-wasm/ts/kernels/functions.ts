// Functions of single numbers, in JavaScript, where the stock kernels have them wrong: of whole numbers, whose bits most take for
// those of a float, or leave the output as it is; and of floats where they lose digits, NaN, or a shape that is broadcast.

import {
  Acos,
  Acosh,
  Asin,
  Asinh,
  Atan,
  Atanh,
  broadcast_util,
  Ceil,
  Cos,
  Cosh,
  Elu,
  Erf,
  Exp,
  Expm1,
  Floor,
  FloorDiv,
  IsFinite,
  IsInf,
  IsNan,
  LeakyRelu,
  Log,
  Log1p,
  Maximum,
  Minimum,
  Mod,
  Neg,
  Pow,
  Prelu,
  RealDiv,
  Reciprocal,
  Round,
  Rsqrt,
  Selu,
  Sigmoid,
  Sign,
  Sin,
  Sinh,
  Softplus,
  Sqrt,
  Square,
  Tan,
  Tanh,
  util,
  type DataType,
  type KernelFunc,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import type { Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** What a function may be told besides its numbers. */
interface FunctionAttributes {
  readonly alpha?: number;
}

/** SELU's constants, from Klambauer et al., Self-Normalizing Neural Networks (2017), appendix A.4. */
const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };

/** Whole numbers from which on erf is 1 in float64. */
const ERF_ENDS = 6;

/**
 * Functions of one number. What they give is stored as the tensor's dtype: of whole numbers without their fractions, and modulo
 * 2³², as the cpu backend does.
 */
export const FUNCTIONS: Readonly<Record<string, (x: number, attributes: FunctionAttributes) => number>> = {
  [Acos]: Math.acos,
  [Acosh]: Math.acosh,
  [Asin]: Math.asin,
  [Asinh]: Math.asinh,
  [Atan]: Math.atan,
  [Atanh]: Math.atanh,
  [Ceil]: Math.ceil,
  [Cos]: Math.cos,
  [Cosh]: Math.cosh,
  [Elu]: (x) => (x >= 0 ? x : Math.expm1(x)),
  // Of whole numbers alone.
  [Erf]: (x) => (Math.abs(x) < ERF_ENDS ? 0 : Math.sign(x)),
  [Exp]: Math.exp,
  [Expm1]: Math.expm1,
  [Floor]: Math.floor,
  [IsFinite]: (x) => Number(Number.isFinite(x)),
  [IsInf]: (x) => Number(Math.abs(x) === Infinity),
  [IsNan]: (x) => Number(Number.isNaN(x)),
  [LeakyRelu]: (x, { alpha = 0.2 }) => (x < 0 ? alpha * x : x),
  [Log]: Math.log,
  [Log1p]: Math.log1p,
  [Neg]: (x) => -x,
  [Reciprocal]: (x) => 1 / x,
  [Round]: (x) => x,
  [Rsqrt]: (x) => 1 / Math.sqrt(x),
  [Selu]: (x) => SELU.scale * (x >= 0 ? x : SELU.alpha * Math.expm1(x)),
  [Sigmoid]: (x) => 1 / (1 + Math.exp(-x)),
  // Of a NaN 0, as on all backends.
  [Sign]: (x) => Math.sign(x) || 0,
  [Sin]: Math.sin,
  [Sinh]: Math.sinh,
  [Softplus]: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  [Sqrt]: Math.sqrt,
  [Square]: (x) => Math.imul(x, x),
  [Tan]: Math.tan,
  [Tanh]: Math.tanh,
};

/**
 * Functions that the stock kernels have wrong of floats too: of angles beyond 2³⁰ or so, and of numbers near 0, for which they
 * subtract from 1, or take 0.
 */
const OF_ALL_NUMBERS: ReadonlySet<string> = new Set([Cos, Log1p, Selu, Sign, Sin]);

/** Dtypes of what functions of whole numbers give, where it is another one. */
const RESULTS: Readonly<Record<string, DataType>> = {
  [Exp]: "float32",
  [IsFinite]: "bool",
  [IsInf]: "bool",
  [IsNan]: "bool",
  [LeakyRelu]: "float32",
};

/** A function of one number, `stock` where that is right. */
export function ofOne(heap: Heap, name: string, stock: KernelFunc): Kernel {
  const compute = FUNCTIONS[name] as (x: number, attributes: FunctionAttributes) => number;
  return kernel<"x", FunctionAttributes>(name, ({ x }, attributes) => {
    if (x.dtype === "float32" && !OF_ALL_NUMBERS.has(name))
      return stock({ inputs: { x }, attrs: { ...attributes }, backend: heap.backend });
    const y = heap.output(x.shape, RESULTS[name] ?? x.dtype);
    const [from, to] = [heap.backend.typedArrayFromHeap(x), heap.backend.typedArrayFromHeap(y)];
    for (let index = 0; index < to.length; index++) to[index] = compute(from[index] ?? 0, attributes);
    return y;
  });
}

/** The remainder with the sign of `b`, as NumPy and Python have it. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** A power of whole numbers modulo 2³², which float64 has no digits for. */
function power(base: number, exponent: number): number {
  // A fraction, of which the whole part is stored.
  if (exponent < 0) return base ** exponent;
  let [result, factor] = [1, base];
  for (let rest = exponent; rest > 0; rest >>= 1) {
    if (rest & 1) result = Math.imul(result, factor);
    factor = Math.imul(factor, factor);
  }
  return result;
}

/** Functions of two numbers, and of which dtypes: of others the stock kernel runs. A quotient by 0 is stored as 0. */
export const FUNCTIONS_OF_TWO: Readonly<
  Record<string, { readonly of: readonly DataType[]; readonly compute: (a: number, b: number) => number }>
> = {
  [FloorDiv]: { of: ["int32"], compute: (a, b) => Math.floor(a / b) },
  [Maximum]: { of: ["float32"], compute: Math.max },
  [Minimum]: { of: ["float32"], compute: Math.min },
  [Mod]: { of: ["float32", "int32"], compute: modulo },
  [Pow]: { of: ["int32"], compute: power },
  [RealDiv]: { of: ["int32"], compute: (a, b) => a / b },
};

/** A function of two numbers that are broadcast, `stock` where that is right. */
export function ofTwo(heap: Heap, name: string, stock: KernelFunc): Kernel {
  const { of, compute } = FUNCTIONS_OF_TWO[name] as (typeof FUNCTIONS_OF_TWO)[string];
  return kernel<"a" | "b">(name, ({ a, b }, attributes) => {
    return of.includes(a.dtype)
      ? ofPairs(heap, a, b, a.dtype, compute)
      : stock({ inputs: { a, b }, attrs: { ...attributes }, backend: heap.backend });
  });
}

/** `x`, times `alpha` below 0. Stock TensorFlow.js broadcasts nothing, and adds 0 times `alpha` elsewhere, which may be NaN. */
export function prelu(heap: Heap): Kernel {
  return kernel<"x" | "alpha">(Prelu, ({ x, alpha }) =>
    ofPairs(heap, x, alpha, "float32", (value, slope) => (value < 0 ? slope * value : value)),
  );
}

/** What `compute` makes of each pair of numbers of `a` and `b`. */
function ofPairs(
  heap: Heap,
  a: TensorInfo,
  b: TensorInfo,
  dtype: DataType,
  compute: (a: number, b: number) => number,
): TensorInfo {
  const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const out = heap.output(shape, dtype);
  const [as, bs, to] = [a, b, out].map((x) => heap.backend.typedArrayFromHeap(x)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [aSteps, bSteps] = [steps(a.shape, shape), steps(b.shape, shape)];
  const place = shape.map(() => 0);
  let [aAt, bAt] = [0, 0];
  for (let index = 0; index < to.length; index++) {
    to[index] = compute(as[aAt] ?? 0, bs[bAt] ?? 0);
    // The next place: the last axis first, back to its begin at its end.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 0;
      const next = (place[axis] ?? 0) + 1;
      const [aStep, bStep] = [aSteps[axis] ?? 0, bSteps[axis] ?? 0];
      if (next < size) {
        place[axis] = next;
        aAt += aStep;
        bAt += bStep;
        break;
      }
      place[axis] = 0;
      aAt -= aStep * (size - 1);
      bAt -= bStep * (size - 1);
    }
  }
  return out;
}

/** How far each axis of `broadcast` leads in a tensor of `shape`: nowhere where that has one element. */
function steps(shape: readonly number[], broadcast: readonly number[]): readonly number[] {
  const missing = broadcast.length - shape.length;
  return broadcast.map((_, axis) => {
    const size = shape[axis - missing] ?? 1;
    return size === 1 ? 0 : util.sizeFromShape(shape.slice(axis - missing + 1));
  });
}
