// The operations of an elementwise expression.

/**
 * The code of each operation on operands `a` and `b`, in which an expression gives it to the kernels: the `Operation` of
 * `src/expressions/operations.rs`. Results are rounded to `f32`; a NaN operand gives NaN, except where it says otherwise.
 */
export const OPERATIONS = {
  /** a + b */
  add: 0,
  /** a - b */
  subtract: 1,
  /** a * b */
  multiply: 2,
  /** a / b */
  divide: 3,
  /** max(a, b) */
  maximum: 4,
  /** min(a, b) */
  minimum: 5,
  /** (a - b)² */
  squaredDifference: 6,
  /** a > 0 ? 1 : b, but NaN if a is NaN */
  step: 7,
  /** -a */
  negate: 8,
  /** |a| */
  absolute: 9,
  /** a² */
  square: 10,
  /** √a */
  sqrt: 11,
  /** 1 / √a */
  rsqrt: 12,
  /** 1 / a */
  reciprocal: 13,
  /** ⌊a⌋ */
  floor: 14,
  /** eᵃ */
  exp: 15,
  /** ln a */
  log: 16,
  /** 1 / (1 + e⁻ᵃ) */
  sigmoid: 17,
  /** (eᵃ - e⁻ᵃ) / (eᵃ + e⁻ᵃ) */
  tanh: 18,
  /** 2 / √π ∫₀ᵃ exp(-t²) dt */
  erf: 19,
  /** ln(1 + eᵃ) */
  softplus: 20,
  /** a >= 0 ? a : eᵃ - 1 */
  elu: 21,
  /** b >= 0 ? a : a (b + 1): the gradient by the input of ELU, with a by its output, and its output b */
  eluGradient: 22,
  /** a >= 0 ? a : a * b */
  leakyRelu: 23,
  /** a >= 0 ? 1.0507009873554805 a : 1.7580993408473766 (eᵃ - 1) */
  selu: 24,
  /** a > 0 ? 1 : a < 0 ? -1 : 0, also if a is NaN */
  sign: 25,
  /** ln(1 + a) */
  log1p: 26,
  /** eᵃ - 1 */
  expm1: 27,
} as const;
