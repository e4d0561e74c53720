// Elementwise functions that the stock kernels get wrong, in JavaScript: of integers, whose bits most kernels read as
// those of a float, or leave outputs unwritten; and of floats, if they lose digits or NaN, or do not broadcast.

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
  Mod,
  Neg,
  Pow,
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
  type DataType,
  type KernelFunc,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { broadcastStrides } from "../expressions/expression.ts";
import type { Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** Attributes of functions. */
interface FunctionAttributes {
  readonly alpha?: number;
}

/** SELU's constants, from Klambauer et al., Self-Normalizing Neural Networks (2017), appendix A.4. */
const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };

/** Integer from which on erf is 1 in float64. */
const ERF_ENDS = 6;

/**
 * Functions of one number. Results are stored in the tensor's dtype: as integers without their fractions and modulo
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
  // For integers only.
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
  // 0 for NaN, as on all backends.
  [Sign]: (x) => Math.sign(x) || 0,
  [Sin]: Math.sin,
  [Sinh]: Math.sinh,
  [Softplus]: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  [Sqrt]: Math.sqrt,
  [Square]: (x) => Math.imul(x, x),
  [Tan]: Math.tan,
  [Tanh]: Math.tanh,
};

/** Functions that the stock kernels get wrong for floats, too: for angles beyond about 2³⁰. */
const OF_ALL_NUMBERS: ReadonlySet<string> = new Set([Cos, Sin]);

/** Dtypes of the results of functions of integers, if they differ. */
const RESULTS: Readonly<Record<string, DataType>> = {
  [Exp]: "float32",
  [IsFinite]: "bool",
  [IsInf]: "bool",
  [IsNan]: "bool",
  [LeakyRelu]: "float32",
};

/** A function of one number, computed by `stock` if that is correct. */
export function ofOne(heap: Heap, name: string, stock: KernelFunc): Kernel {
  const compute = FUNCTIONS[name] as (x: number, attributes: FunctionAttributes) => number;
  return kernel<"x", FunctionAttributes>(name, ({ x }, attributes, call) => {
    if (x.dtype === "float32" && !OF_ALL_NUMBERS.has(name)) return stock(call);
    const y = heap.output(x.shape, RESULTS[name] ?? x.dtype);
    const [from, to] = [heap.backend.typedArrayFromHeap(x), heap.backend.typedArrayFromHeap(y)];
    for (let index = 0; index < to.length; index++) to[index] = compute(from[index] ?? 0, attributes);
    return y;
  });
}

/** The remainder with the sign of `b`, as in NumPy and Python. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** A power of integers modulo 2³², which is beyond the precision of float64. */
function power(base: number, exponent: number): number {
  // A fraction, whose integer part is stored.
  if (exponent < 0) return base ** exponent;
  let [result, factor] = [1, base];
  for (let rest = exponent; rest > 0; rest >>= 1) {
    if (rest & 1) result = Math.imul(result, factor);
    factor = Math.imul(factor, factor);
  }
  return result;
}

/** Functions of two numbers, and their dtypes: others are left to the stock kernel. A quotient by 0 is stored as 0. */
export const FUNCTIONS_OF_TWO: Readonly<
  Record<string, { readonly of: readonly DataType[]; readonly compute: (a: number, b: number) => number }>
> = {
  [FloorDiv]: { of: ["int32"], compute: (a, b) => Math.floor(a / b) },
  [Mod]: { of: ["float32", "int32"], compute: modulo },
  [Pow]: { of: ["int32"], compute: power },
  [RealDiv]: { of: ["int32"], compute: (a, b) => a / b },
};

/** A function of two broadcast numbers, computed by `stock` if that is correct. */
export function ofTwo(heap: Heap, name: string, stock: KernelFunc): Kernel {
  const { of, compute } = FUNCTIONS_OF_TWO[name] as (typeof FUNCTIONS_OF_TWO)[string];
  return kernel<"a" | "b">(name, ({ a, b }, _, call) => {
    return of.includes(a.dtype) ? ofPairs(heap, a, b, a.dtype, compute) : stock(call);
  });
}

/** The result of `compute` of each pair of numbers of `a` and `b`. */
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
  const [aSteps, bSteps] = [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)];
  const place = shape.map(() => 0);
  let [aAt, bAt] = [0, 0];
  for (let index = 0; index < to.length; index++) {
    to[index] = compute(as[aAt] ?? 0, bs[bAt] ?? 0);
    // The next place: the last axis first, back to its start at its end.
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
