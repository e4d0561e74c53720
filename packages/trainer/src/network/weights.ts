// The weights of a network, and what an optimizer keeps of each, as named values.

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

/** Copies of the values of `variables`, under the names of `weights`, which they belong to one by one. */
export function namedValues(variables: readonly Variable[], weights: readonly Variable[] = variables): NamedValues[] {
  return variables.map((each, index) => ({
    name: weightName(weights, index),
    shape: each.shape,
    values: each.dataSync<"float32">(),
  }));
}

/** A name that is the same in every process: TensorFlow.js counts its own up, across all networks. */
export function weightName(weights: readonly Variable[], index: number): string {
  return `${index}.${weights[index]?.shape.join("x") ?? ""}`;
}

/**
 * Gives `variables` the values of `named`, in order.
 *
 * @throws {Damage} unless names and shapes are theirs, and every number is finite
 */
export function assignValues(variables: readonly Variable[], named: readonly NamedValues[]): void {
  const isTheirs = variables.every(
    ({ shape }, index) =>
      named[index]?.name === weightName(variables, index) && named[index].shape.join() === shape.join(),
  );
  if (named.length !== variables.length || !isTheirs) {
    throw new Damage(`it has ${named.length} tensors, which are not the ${variables.length} of this network`);
  }
  const spoilt = named.find(({ values }) => !values.every((value) => Number.isFinite(value)));
  if (spoilt !== undefined) throw new Damage(`its tensor ${spoilt.name} holds numbers that are NaN or infinite`);
  for (const [index, each] of variables.entries()) {
    const { values, shape } = named[index] ?? { values: new Float32Array(), shape: [] };
    tidy(() => each.assign(tensor(values, [...shape])));
  }
}
