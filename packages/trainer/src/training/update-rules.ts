// What one step of each optimizer makes of a variable and of its slots, the values that are kept between steps. In: the recipe's
// optimizer. Out: a rule, which assigns variables and keeps nothing itself.

import { add, mul, sub, type Tensor, type Variable } from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "../backend/operations.ts";
import type { Optimizer } from "./optimizer.ts";

/** Keras' defaults for Adam. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

/** Minimum rank of the variables that decay: kernels and embeddings, but neither biases nor the scales of normalizations. */
const MIN_DECAYING_RANK = 2;

/** A step. */
export interface Step {
  /** Counted from 1. */
  readonly step: number;
  /** Learning rate α. */
  readonly rate: number;
}

/** The update of one variable. */
export interface UpdateRule {
  /** Names of the slots of a variable, each of its shape, and 0 before the first step. */
  readonly slots: readonly string[];
  /**
   * Assigns the next values of a variable and its slots. Call it within `tidy`.
   *
   * @param variable θ
   * @param slots in the order of their names
   * @param gradient g
   */
  readonly update: (variable: Variable, slots: readonly Variable[], gradient: Tensor, step: Step) => void;
}

/** The rule of `optimizer`. */
export function ruleOf(optimizer: Optimizer, operations: NetworkOperations): UpdateRule {
  if (optimizer.method === "adam") return adam(operations);
  if (optimizer.method === "adamw") return adamW(operations, optimizer.weightDecay);
  return optimizer.momentum === 0 ? descent : descentWithMomentum(optimizer.momentum);
}

/**
 * Kingma and Ba 2015, algorithm 1: θ ← θ - α m̂ / (√v̂ + ε), with m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ). TensorFlow.js' own
 * Adam restores its bias correction with a different formula than the one it continues with.
 */
function adam({ adamStep }: NetworkOperations): UpdateRule {
  return {
    slots: ["m", "v"],
    update: (variable, [m, v], gradient, { step, rate }) => {
      if (m === undefined || v === undefined) return;
      const next = adamStep<Tensor>({ value: variable, m, v }, gradient, step, { ...ADAM, learningRate: rate });
      variable.assign(next.value);
      m.assign(next.m);
      v.assign(next.v);
    },
  };
}

/** Loshchilov and Hutter 2019, as in PyTorch: θ ← (1 - α λ) θ, with λ the decay, then a step of Adam. */
function adamW(operations: NetworkOperations, decay: number): UpdateRule {
  const { slots, update } = adam(operations);
  return {
    slots,
    update: (variable, moments, gradient, step) => {
      if (variable.rank >= MIN_DECAYING_RANK) variable.assign(mul(variable, 1 - step.rate * decay));
      update(variable, moments, gradient, step);
    },
  };
}

/** θ ← θ - α g. */
const descent: UpdateRule = {
  slots: [],
  update: (variable, _slots, gradient, { rate }) => variable.assign(sub(variable, mul(gradient, rate))),
};

/** b ← μ b + g, θ ← θ - α b, with μ the momentum. */
function descentWithMomentum(momentum: number): UpdateRule {
  return {
    slots: ["momentum"],
    update: (variable, [buffer], gradient, step) => {
      if (buffer === undefined) return;
      buffer.assign(add(mul(buffer, momentum), gradient));
      descent.update(variable, [], buffer, step);
    },
  };
}
