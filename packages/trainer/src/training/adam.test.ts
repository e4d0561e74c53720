// Adam equals the formula in 64 bits and TensorFlow.js' own Adam; a restored state continues as if it had never been saved.

import { Damage } from "../values/errors.ts";
import { RATE } from "../testing/learning.ts";
import { tensor, tidy, train, variable, type NamedTensorMap, type Tensor, type Variable } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { Adam } from "./adam.ts";
import { startBackend } from "../node/backends/start.ts";
import type { Backend } from "../backend/operations.ts";

const STEPS = 50;

/** F = Σ curvature (θ - lowest)² / 2 over all values, and the initial θ. */
interface Quadratic {
  readonly shape: readonly number[];
  readonly start: readonly number[];
  readonly curvature: readonly number[];
  readonly lowest: readonly number[];
}

/** Values of very different curvature in two variables, some with an initial slope of 0. */
const QUADRATICS: readonly Quadratic[] = [
  { shape: [2, 2], start: [1, -2, 0.5, 3], curvature: [1, 1e-3, 1e3, 10], lowest: [0, 0, 0.4, 3] },
  { shape: [3], start: [0, 1e-3, -5], curvature: [1e-6, 0, 2], lowest: [1, 1, 1] },
];

/** dF/dθ, in 32 bits like a network's gradients. */
function slopes({ curvature, lowest }: Quadratic, theta: ArrayLike<number>): Float32Array {
  return Float32Array.from(curvature, (each, index) => each * ((theta[index] ?? 0) - (lowest[index] ?? 0)));
}

function variables(): readonly Variable[] {
  const made = QUADRATICS.map(({ start, shape }) => variable(tensor([...start], [...shape])));
  onTestFinished(() => made.forEach((each) => each.dispose()));
  return made;
}

function adamOf(theta: readonly Variable[]): Adam {
  const adam = new Adam(theta, backend.operations);
  onTestFinished(() => adam.dispose());
  return adam;
}

/** Minimizes the quadratics with `adam`. */
function descend(theta: readonly Variable[], steps: number, apply: (gradients: NamedTensorMap) => void): void {
  for (let step = 0; step < steps; step++) {
    tidy(() => {
      const gradients = QUADRATICS.map((each, index) =>
        tensor(slopes(each, theta[index]?.dataSync() ?? []), [...each.shape]),
      );
      apply(Object.fromEntries(theta.map(({ name }, index) => [name, gradients[index] as Tensor])));
    });
  }
}

function valuesOf(theta: readonly Variable[]): number[] {
  return theta.flatMap((each) => [...each.dataSync()]);
}

/** Kingma and Ba's algorithm 1, one value at a time, in 64 bits. */
function byTheFormula(steps: number): number[] {
  return QUADRATICS.flatMap((each) => {
    const theta = [...each.start];
    const m = theta.map(() => 0);
    const v = theta.map(() => 0);
    for (let t = 1; t <= steps; t++) {
      for (const [index, g] of slopes(each, theta).entries()) {
        m[index] = 0.9 * (m[index] ?? 0) + (1 - 0.9) * g;
        v[index] = 0.999 * (v[index] ?? 0) + (1 - 0.999) * g * g;
        const mHat = (m[index] ?? 0) / (1 - 0.9 ** t);
        const vHat = (v[index] ?? 0) / (1 - 0.999 ** t);
        theta[index] = (theta[index] ?? 0) - (0.001 * mHat) / (Math.sqrt(vHat) + 1e-7);
      }
    }
    return theta;
  });
}

/** The largest of the distances. */
function distance(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? Number.NaN))));
}

let backend: Backend;

beforeAll(async () => {
  backend = await startBackend("auto");
});

describe("Adam", () => {
  it.each([1, 2, STEPS])("equals the formula after %i steps", (steps) => {
    const theta = variables();
    const adam = adamOf(theta);
    descend(theta, steps, (gradients) => adam.apply(gradients, RATE));
    // A step is at most about 0.001; 32-bit rounding alone changes a value of 5 by 2.4e-7 at every step.
    expect(distance(valuesOf(theta), byTheFormula(steps))).toBeLessThan(2.4e-7 * steps);
    expect(
      distance(
        valuesOf(theta),
        QUADRATICS.flatMap(({ start }) => start),
      ),
    ).toBeGreaterThan(0.0009 * steps);
    expect(adam.state().step).toBe(steps);
  });

  it("equals TensorFlow.js' Adam", () => {
    const [ours, theirs] = [variables(), variables()];
    const adam = adamOf(ours);
    const optimizer = train.adam(0.001, 0.9, 0.999, 1e-7);
    onTestFinished(() => optimizer.dispose());
    descend(ours, STEPS, (gradients) => adam.apply(gradients, RATE));
    descend(theirs, STEPS, (gradients) =>
      optimizer.applyGradients(gradients as Parameters<typeof optimizer.applyGradients>[0]),
    );
    // TensorFlow.js keeps the powers of β in 32 bits.
    expect(distance(valuesOf(ours), valuesOf(theirs))).toBeLessThan(1e-5);
  });

  it("does not dispose of gradients, and leaks no tensors", () => {
    const theta = variables();
    const adam = adamOf(theta);
    const gradients = Object.fromEntries(theta.map((each) => [each.name, tensor(each.dataSync(), each.shape)]));
    const before = theta[0]?.dataSync();
    adam.apply(gradients, RATE);
    expect(theta[0]?.dataSync()).not.toEqual(before);
    expect(Object.values(gradients).map(({ isDisposed }) => isDisposed)).toEqual([false, false]);
    Object.values(gradients).forEach((each) => each.dispose());
  });
});

describe("Adam's state", () => {
  it.each([1, 7])("continues byte for byte after %i steps", (steps) => {
    const [one, other] = [variables(), variables()];
    const adam = adamOf(one);
    descend(one, steps, (gradients) => adam.apply(gradients, RATE));
    const later = adamOf(other);
    for (const [index, each] of other.entries()) each.assign(one[index] as Tensor);
    later.restore(adam.state());
    expect(later.state()).toEqual(adam.state());
    descend(one, STEPS, (gradients) => adam.apply(gradients, RATE));
    descend(other, STEPS, (gradients) => later.apply(gradients, RATE));
    expect(valuesOf(other)).toEqual(valuesOf(one));
    expect(later.state()).toEqual(adam.state());
  });

  it("is a copy that later steps do not change", () => {
    const theta = variables();
    const adam = adamOf(theta);
    descend(theta, 3, (gradients) => adam.apply(gradients, RATE));
    const state = adam.state();
    const copy = structuredClone(state);
    descend(theta, 3, (gradients) => adam.apply(gradients, RATE));
    expect(state).toEqual(copy);
    expect(adam.state()).not.toEqual(copy);
  });

  it("has the same names for the same variables in every process", () => {
    const [one, other] = [adamOf(variables()).state(), adamOf(variables()).state()];
    expect(one).toEqual(other);
    expect(one.m.map(({ name }) => name)).toEqual(["0.2x2", "1.3"]);
  });

  it("is rejected for other variables", () => {
    const adam = adamOf(variables());
    const state = adam.state();
    const [first, second] = state.m;
    if (first === undefined || second === undefined) throw new Error("Expected two moments");
    for (const moments of [[], [first], [second, first], [...state.m, first]]) {
      expect(() => adam.restore({ ...state, m: moments })).toThrow(Damage);
      expect(() => adam.restore({ ...state, v: moments })).toThrow(Damage);
    }
  });
});
