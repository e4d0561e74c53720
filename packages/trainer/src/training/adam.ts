// Adam, as Kingma and Ba 2015 give it in algorithm 1, with a state that a checkpoint can hold and restore exactly:
// TensorFlow.js' own optimizer restores its bias correction by another formula than the one it counts on with.

import { tensor, tidy, variable, zerosLike, type NamedTensorMap, type Variable } from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "../backend/operations.ts";
import type { NamedValues } from "../node/files/checkpoint-file.ts";
import { TrainerError } from "../values/errors.ts";

/** Keras' defaults. */
const SETTINGS = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

/** What Adam remembers between steps. */
export interface AdamState {
  /** Steps so far. */
  readonly step: number;
  /** First moments, one a variable. */
  readonly m: readonly NamedValues[];
  /** Second moments, one a variable. */
  readonly v: readonly NamedValues[];
}

/** Adam over a fixed list of variables. Dispose it after use. */
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
   * Changes the variables by one step, θ ← θ - α m̂ / (√v̂ + ε), with m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ).
   *
   * @param gradients by the names of the variables
   */
  apply(gradients: NamedTensorMap): void {
    this.#step++;
    for (const [index, each] of this.#variables.entries()) {
      const [gradient, m, v] = [gradients[each.name], this.#m[index], this.#v[index]];
      if (gradient === undefined || m === undefined || v === undefined) continue;
      tidy(() => {
        const next = this.#operations.adamStep({ value: each, m, v }, gradient, this.#step, SETTINGS);
        each.assign(next.value);
        m.assign(next.m);
        v.assign(next.v);
      });
    }
  }

  /** A copy of what it remembers. */
  state(): AdamState {
    return { step: this.#step, m: this.#named(this.#m), v: this.#named(this.#v) };
  }

  /** @throws {TrainerError} `CHECKPOINT_DAMAGED` if the state is of other variables */
  restore({ step, m, v }: AdamState): void {
    assignValues(this.#m, m);
    assignValues(this.#v, v);
    this.#step = step;
  }

  dispose(): void {
    for (const each of [...this.#m, ...this.#v]) each.dispose();
  }

  #named(moments: readonly Variable[]): readonly NamedValues[] {
    return moments.map((each, index) => ({
      name: weightName(this.#variables, index),
      shape: each.shape,
      values: each.dataSync<"float32">(),
    }));
  }
}

/** A name that is the same in every process: TensorFlow.js counts its own up, across all networks. */
export function weightName(variables: readonly Variable[], index: number): string {
  return `${index}.${variables[index]?.shape.join("x") ?? ""}`;
}

/**
 * Gives `variables` the values of `named`, in order.
 *
 * @throws {TrainerError} `CHECKPOINT_DAMAGED` unless names and shapes are theirs, and every number is finite
 */
export function assignValues(variables: readonly Variable[], named: readonly NamedValues[]): void {
  const isTheirs = variables.every(
    ({ shape }, index) =>
      named[index]?.name === weightName(variables, index) && named[index].shape.join() === shape.join(),
  );
  if (named.length !== variables.length || !isTheirs) {
    throw new TrainerError(
      "CHECKPOINT_DAMAGED",
      `Expected ${variables.length} tensors of this network in the checkpoint, but it has ${named.length}, or others`,
      "Resume with the network that the checkpoint is of, or train anew into another folder.",
    );
  }
  const spoilt = named.find(({ values }) => !values.every((value) => Number.isFinite(value)));
  if (spoilt !== undefined) {
    throw new TrainerError(
      "CHECKPOINT_DAMAGED",
      `Expected finite numbers in the checkpoint, but its tensor ${spoilt.name} holds some that are NaN or infinite`,
      "Train anew into another folder.",
    );
  }
  for (const [index, each] of variables.entries()) {
    const { values, shape } = named[index] ?? { values: new Float32Array(), shape: [] };
    tidy(() => each.assign(tensor(values, [...shape])));
  }
}
