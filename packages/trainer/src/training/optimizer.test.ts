// Optimizers equal PyTorch's, Adam also the formula in 64 bits and TensorFlow.js' own; a restored state continues as if it had
// never been saved.

import { readFileSync } from "node:fs";

import {
  memory,
  tensor,
  tidy,
  train,
  variable,
  type NamedTensorMap,
  type Tensor,
  type Variable,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import type { Backend } from "../backend/operations.ts";
import { startBackend } from "../node/backends/start.ts";
import { RATE } from "../testing/learning.ts";
import { Damage } from "../values/errors.ts";
import { clip } from "./clip-norm.ts";
import type { Optimizer } from "./optimizer.ts";
import { VariableOptimizer } from "./variable-optimizer.ts";

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

/** Disposed of after the test. */
function optimizerOf(theta: readonly Variable[], optimizer: Optimizer = { method: "adam" }): VariableOptimizer {
  const made = new VariableOptimizer(optimizer, theta, backend.operations);
  onTestFinished(() => made.dispose());
  return made;
}

/** Minimizes the quadratics. */
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

describe("clipped gradients", () => {
  it("have the given norm together, or are not changed if theirs is smaller; none is left behind", () => {
    const { numTensors } = memory();
    const gradients: NamedTensorMap = { a: tensor([3, 0]), b: tensor([[0], [-4]]) };
    const valuesNow = () => Object.values(gradients).map((each) => [...each.dataSync()]);
    clip(gradients, 5.1);
    expect(valuesNow()).toEqual([
      [3, 0],
      [0, -4],
    ]);
    clip(gradients, 2.5);
    const expected = Math.fround(2.5 / (5 + 1e-6));
    expect(valuesNow()).toEqual([
      [Math.fround(3 * expected), 0],
      [0, Math.fround(-4 * expected)],
    ]);
    for (const each of Object.values(gradients)) each.dispose();
    expect(memory().numTensors).toBe(numTensors);
  });
});

describe("Adam", () => {
  it.each([1, 2, STEPS])("equals the formula after %i steps", (steps) => {
    const theta = variables();
    const adam = optimizerOf(theta);
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
    const adam = optimizerOf(ours);
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
    const adam = optimizerOf(theta);
    const gradients = Object.fromEntries(theta.map((each) => [each.name, tensor(each.dataSync(), each.shape)]));
    const before = theta[0]?.dataSync();
    adam.apply(gradients, RATE);
    expect(theta[0]?.dataSync()).not.toEqual(before);
    expect(Object.values(gradients).map(({ isDisposed }) => isDisposed)).toEqual([false, false]);
    Object.values(gradients).forEach((each) => each.dispose());
  });
});

/** `optimizers.json`: see golden/make_optimizers.py. */
interface Golden {
  readonly shapes: readonly number[][];
  readonly start: readonly number[][];
  /** Of each step. */
  readonly rates: readonly number[];
  /** Of each step and variable. */
  readonly gradients: readonly (readonly number[][])[];
  /** With all values after each step. */
  readonly cases: readonly {
    readonly optimizer: Optimizer;
    readonly clipNorm: number | null;
    readonly values: readonly number[][];
  }[];
}

const GOLDEN = JSON.parse(readFileSync(new URL("../../golden/optimizers.json", import.meta.url), "utf8")) as Golden;

describe("PyTorch's optimizer", () => {
  it.each(GOLDEN.cases)("of $optimizer and gradients clipped to $clipNorm gives the same values", (golden) => {
    const { shapes, start, rates, gradients } = GOLDEN;
    const theta = start.map((values, index) => variable(tensor(values, shapes[index])));
    onTestFinished(() => theta.forEach((each) => each.dispose()));
    const optimizer = optimizerOf(theta, golden.optimizer);
    for (const [step, rate] of rates.entries()) {
      tidy(() => {
        const ofStep = Object.fromEntries(
          theta.map(({ name, shape }, index) => [name, tensor(gradients[step]?.[index] ?? [], shape)]),
        );
        if (golden.clipNorm !== null) clip(ofStep, golden.clipNorm);
        optimizer.apply(ofStep, rate);
      });
      // Values are below 4, where 32 bits round by up to 1.2e-7, in a few operations per step.
      expect(distance(valuesOf(theta), golden.values[step] ?? [])).toBeLessThan(4e-7 * (step + 1));
    }
  });
});

/** One of each update rule. */
const METHODS: readonly Optimizer[] = [
  { method: "adam" },
  { method: "adamw", weightDecay: 0.1 },
  { method: "sgd", momentum: 0 },
  { method: "sgd", momentum: 0.9 },
];

describe("an optimizer's state", () => {
  it.each(
    METHODS.flatMap((optimizer) => [
      { optimizer, steps: 1 },
      { optimizer, steps: 7 },
    ]),
  )("of $optimizer continues byte for byte after $steps steps", ({ optimizer, steps }) => {
    const [one, other] = [variables(), variables()];
    const adam = optimizerOf(one, optimizer);
    descend(one, steps, (gradients) => adam.apply(gradients, RATE));
    const later = optimizerOf(other, optimizer);
    for (const [index, each] of other.entries()) each.assign(one[index] as Tensor);
    later.restore(structuredClone(adam.state()));
    expect(later.state()).toEqual(adam.state());
    descend(one, STEPS, (gradients) => adam.apply(gradients, RATE));
    descend(other, STEPS, (gradients) => later.apply(gradients, RATE));
    expect(valuesOf(other)).toEqual(valuesOf(one));
    expect(later.state()).toEqual(adam.state());
  });

  it("is a copy that later steps do not change", () => {
    const theta = variables();
    const adam = optimizerOf(theta);
    descend(theta, 3, (gradients) => adam.apply(gradients, RATE));
    const state = adam.state();
    const copy = structuredClone(state);
    descend(theta, 3, (gradients) => adam.apply(gradients, RATE));
    expect(state).toEqual(copy);
    expect(adam.state()).not.toEqual(copy);
  });

  it("has the same names for the same variables in every process", () => {
    const [one, other] = [optimizerOf(variables()).state(), optimizerOf(variables()).state()];
    expect(one).toEqual(other);
    expect(one.slots["m"]?.map(({ name }) => name)).toEqual(["0.2x2", "1.3"]);
  });

  it("has the slots of its method", () => {
    const slotsOf = (optimizer: Optimizer) => Object.keys(optimizerOf(variables(), optimizer).state().slots);
    expect(METHODS.map(slotsOf)).toEqual([["m", "v"], ["m", "v"], [], ["momentum"]]);
  });

  it("is rejected for other variables, and for another optimizer", () => {
    const adam = optimizerOf(variables());
    const { step, slots } = adam.state();
    const { m = [], v = [] } = slots;
    const [first, second] = m;
    if (first === undefined || second === undefined) throw new Error("Expected two moments");
    for (const moments of [[], [first], [second, first], [...m, first]]) {
      expect(() => adam.restore({ step, slots: { m: moments, v } })).toThrow(Damage);
      expect(() => adam.restore({ step, slots: { m, v: moments } })).toThrow(Damage);
    }
    const sgd = optimizerOf(variables(), { method: "sgd", momentum: 0.9 });
    expect(() => sgd.restore({ step, slots })).toThrow(new Damage("its optimizer keeps m and v instead of momentum"));
    expect(() => adam.restore({ step, slots: {} })).toThrow(
      new Damage("its optimizer keeps nothing instead of m and v"),
    );
  });
});
