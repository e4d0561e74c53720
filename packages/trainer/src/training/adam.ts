// Adam (Kingma and Ba 2015, algorithm 1) with a state that a checkpoint can store and restore exactly: TensorFlow.js' own
// optimizer restores its bias correction with a different formula than the one it continues with.

import { tidy, variable, zerosLike, type NamedTensorMap, type Variable } from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "../backend/operations.ts";
import { assignValues, namedValues, type NamedValues } from "../network/weights.ts";

/** Keras' defaults. */
const SETTINGS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

/** Adam's state between steps. */
export interface AdamState {
  /** Number of steps so far. */
  readonly step: number;
  /** First moments, one per variable. */
  readonly m: readonly NamedValues[];
  /** Second moments, one per variable. */
  readonly v: readonly NamedValues[];
}

/** Adam for a fixed list of variables. Dispose of it after use. */
export class Adam {
  readonly #operations: NetworkOperations;
  readonly #variables: readonly Variable[];
  readonly #m: readonly Variable[];
  readonly #v: readonly Variable[];
  #step = 0;

  constructor(variables: readonly Variable[], operations: NetworkOperations) {
    this.#operations = operations;
    this.#variables = variables;
    const zeros = (): readonly Variable[] => tidy(() => variables.map((each) => variable(zerosLike(each), false)));
    this.#m = zeros();
    this.#v = zeros();
  }

  /**
   * Updates the variables by one step, θ ← θ - α m̂ / (√v̂ + ε), with m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ).
   *
   * @param gradients gradients by variable name
   * @param learningRate α
   */
  apply(gradients: NamedTensorMap, learningRate: number): void {
    const settings = { ...SETTINGS, learningRate };
    this.#step++;
    for (const [index, each] of this.#variables.entries()) {
      const [gradient, m, v] = [gradients[each.name], this.#m[index], this.#v[index]];
      if (gradient === undefined || m === undefined || v === undefined) continue;
      tidy(() => {
        const next = this.#operations.adamStep({ value: each, m, v }, gradient, this.#step, settings);
        each.assign(next.value);
        m.assign(next.m);
        v.assign(next.v);
      });
    }
  }

  /** A copy of the state. */
  state(): AdamState {
    return {
      step: this.#step,
      m: namedValues(this.#m, this.#variables),
      v: namedValues(this.#v, this.#variables),
    };
  }

  /** @throws {Damage} if the state belongs to other variables */
  restore({ step, m, v }: AdamState): void {
    assignValues(this.#m, m);
    assignValues(this.#v, v);
    this.#step = step;
  }

  dispose(): void {
    for (const each of [...this.#m, ...this.#v]) each.dispose();
  }
}
