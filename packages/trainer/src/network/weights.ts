// The weights of a network, and the optimizer's state of each, as named values.

import { tensor, tidy, type Variable } from "@tensorflow/tfjs-core";

import { Damage } from "../values/errors.ts";

/** An array of 32-bit floats, row-major. */
export interface NamedValues {
  /** The same in every process. */
  readonly name: string;
  /** Sizes of its axes. */
  readonly shape: readonly number[];
  /** As many as the shape says. */
  readonly values: Float32Array;
}

/** Duplicates of the values of `variables`, named after the corresponding `weights`. */
export function namedValues(variables: readonly Variable[], weights: readonly Variable[] = variables): NamedValues[] {
  return variables.map((each, index) => ({
    name: weightName(weights, index),
    shape: each.shape,
    values: each.dataSync<"float32">(),
  }));
}

/** A name that is the same in every process: TensorFlow.js numbers its names across all networks. */
export function weightName(weights: readonly Variable[], index: number): string {
  return `${index}.${weights[index]?.shape.join("x") ?? ""}`;
}

/** @throws {Damage} unless the names and shapes of `named` are those of `variables`, in order, and all values are finite */
export function checkValues(variables: readonly Variable[], named: readonly NamedValues[]): void {
  const isMatch = variables.every(
    ({ shape }, index) =>
      named[index]?.name === weightName(variables, index) && named[index].shape.join() === shape.join(),
  );
  if (named.length !== variables.length || !isMatch) {
    throw new Damage(`its ${named.length} tensors do not match the ${variables.length} of this network`);
  }
  const nonFinite = named.find(({ values }) => !values.every((value) => Number.isFinite(value)));
  if (nonFinite !== undefined) throw new Damage(`its tensor ${nonFinite.name} has values that are NaN or infinite`);
}

/** Assigns the values of `named` to `variables`, in order. @throws {Damage} as {@link checkValues} */
export function assignValues(variables: readonly Variable[], named: readonly NamedValues[]): void {
  checkValues(variables, named);
  for (const [index, each] of variables.entries()) {
    const { values, shape } = named[index] ?? { values: new Float32Array(), shape: [] };
    tidy(() => each.assign(tensor(values, [...shape])));
  }
}
