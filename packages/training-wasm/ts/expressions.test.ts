// Elementwise expressions on TensorFlow.js' heap, as the kernels compute them.

import { readFileSync } from "node:fs";

import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { canRun, KERNEL_SETS } from "./engine.ts";
import { OPERATIONS } from "./expressions/operations.ts";
import { Heap } from "./heap.ts";
import { enableTraining } from "./index.ts";
import { Kernels, partsOf, partsOfElements } from "./kernels.ts";
import { tf } from "./testing/tensorflow.ts";

type Operation = keyof typeof OPERATIONS;

/** The operand that is an instruction's constant. */
const CONSTANT = 0xffff_ffff;

/** What each operation computes, in 64 bits. */
const DEFINITIONS: Readonly<Record<Operation, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  squaredDifference: (a, b) => Math.fround(a - b) ** 2,
  step: (a, b) => (Number.isNaN(a) ? a : a > 0 ? 1 : b),
  negate: (a) => -a,
  absolute: Math.abs,
  square: (a) => a * a,
  sqrt: Math.sqrt,
  rsqrt: (a) => 1 / Math.sqrt(a),
  reciprocal: (a) => 1 / a,
  floor: Math.floor,
  exp: Math.exp,
  log: Math.log,
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  tanh: Math.tanh,
  erf,
  softplus: (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
  elu: (a) => (a < 0 ? Math.expm1(a) : a),
  eluGradient: (a, b) => (b >= 0 ? a : a * Math.fround(b + 1)),
  leakyRelu: (a, b) => (a < 0 ? a * b : a),
  selu: (a) => (a < 0 ? 1.7580993408473766 * Math.expm1(a) : 1.0507009873554805 * a),
  sign: (a) => Math.sign(a) || 0,
  log1p: Math.log1p,
  expm1: Math.expm1,
};

/** Its series of terms with one sign; beyond 6 it is 1. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const SPECIAL = [0, -0, 1, -1, 0.5, -2.75, 3.25, 20, -20, 1e-40, -1e-40, 3e38, -3e38, Infinity, -Infinity, NaN];

/** Pairs of special values, and a rest that fills no vector. */
const PAIRS: readonly (readonly [a: number, b: number])[] = [
  ...SPECIAL.flatMap((a) => SPECIAL.map((b): [number, number] => [Math.fround(a), Math.fround(b)])),
  [0.25, 3],
  [NaN, 1],
  [-7, NaN],
];

interface Input {
  readonly x: tf.Tensor;
  readonly strides: readonly number[];
}

type Instruction = readonly [operation: Operation, slot: number, a: number, b: number, constant?: number];

/** Bits of a number as `f32`. */
function bits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

it("the operations have the codes that the kernels know", () => {
  const source = readFileSync(new URL("../src/expressions/operations.rs", import.meta.url), "utf8");
  const codes = [...source.matchAll(/^ {4}(\w)(\w+) = (\d+),$/gm)].map(([, first = "", rest = "", code]) => [
    first.toLowerCase() + rest,
    Number(code),
  ]);
  expect(Object.fromEntries(codes)).toEqual(OPERATIONS);
});

describe.each(KERNEL_SETS.filter(canRun))("expressions by the %s kernels", (set) => {
  let heap: Heap;
  let kernels: Kernels;
  let alone: Kernels;
  beforeAll(async () => {
    await enableTraining({ threads: 2 });
    heap = new Heap(tf.backend() as BackendWasm);
    kernels = await Kernels.start(set, heap, 2);
    alone = await Kernels.start(set, heap, 1);
  });
  afterAll(() => {
    kernels.stop();
  });

  const lend = <Result>(
    sizes: readonly number[],
    inputs: readonly Input[],
    instructions: readonly Instruction[],
    slots: number,
    use: (expression: number) => Result,
  ): Result =>
    heap.lendWords(
      [
        sizes.length,
        inputs.length,
        instructions.length,
        slots,
        ...sizes,
        ...inputs.flatMap(({ x, strides }) => [heap.address(x), ...strides]),
        ...instructions.flatMap(([operation, slot, a, b, constant = 0]) => [
          OPERATIONS[operation],
          slot,
          a,
          b,
          bits(constant),
        ]),
      ],
      use,
    );

  const valuesOf = (of: tf.TensorInfo): Float32Array => heap.backend.typedArrayFromHeap(of) as Float32Array;

  const evaluate = (
    by: Kernels,
    sizes: readonly number[],
    inputs: readonly Input[],
    instructions: readonly Instruction[],
    slots: number,
  ): Float32Array =>
    lend(sizes, inputs, instructions, slots, (expression) => {
      const y = heap.output(sizes);
      const bytes = by.functions.expression_workspace(expression);
      by.run("evaluate", partsOfElements(sizes.reduce((a, b) => a * b, 1)), bytes, expression, heap.address(y));
      return valuesOf(y).slice();
    });

  it.each(Object.keys(OPERATIONS) as Operation[])("%s is what its definition says, of special values, too", (name) => {
    const [a, b] = [0, 1].map((index) => tf.tensor1d(PAIRS.map((pair) => pair[index] ?? NaN))) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const inputs = [a, b].map((x) => ({ x, strides: [1] }));
    const y = evaluate(kernels, [PAIRS.length], inputs, [[name, 0, 0, 1]], 1);
    for (const [index, [first, second]] of PAIRS.entries()) {
      const expected = Math.fround(DEFINITIONS[name](first, second));
      const actual = y[index] ?? NaN;
      if (Number.isFinite(expected)) {
        const bound = Math.max(Math.abs(expected) * 4e-7, 2 ** -148);
        expect(Math.abs(actual - expected), `${name} of ${first} and ${second}`).toBeLessThanOrEqual(bound);
      } else expect(actual, `${name} of ${first} and ${second}`).toBe(expected);
    }
  });

  describe("relu(x * scale + 0.5) of [40, 50, 33] and a scale for each of the last axis", () => {
    const sizes = [40, 50, 33];
    const program: readonly Instruction[] = [
      ["multiply", 0, 0, 1],
      ["add", 0, 2, CONSTANT, 0.5],
      ["maximum", 1, 2, CONSTANT, 0],
    ];
    let inputs: readonly Input[];
    let expected: Float32Array;
    beforeAll(() => {
      const [x, scale] = [tf.randomUniform(sizes, -1, 1, "float32", 1), tf.randomUniform([33], -1, 1, "float32", 2)];
      const [values, scales] = [x.dataSync(), scale.dataSync()];
      inputs = [
        { x, strides: [50 * 33, 33, 1] },
        { x: scale, strides: [0, 0, 1] },
      ];
      expected = Float32Array.from(values, (value, index) =>
        Math.max(0, Math.fround(Math.fround(value * (scales[index % 33] ?? NaN)) + 0.5)),
      );
    });

    it("has the same bits on any number of threads", () => {
      expect(evaluate(kernels, sizes, inputs, program, 2)).toEqual(expected);
      expect(evaluate(alone, sizes, inputs, program, 2)).toEqual(expected);
    });

    it("is summed and compared without being stored", () => {
      const reduce = (name: "expression_axis_sums" | "expression_axis_max"): Float32Array =>
        lend(sizes, inputs, program, 2, (expression) => {
          const out = heap.output([40, 33]);
          if (name === "expression_axis_max") {
            const bytes = kernels.functions.expression_workspace(expression);
            kernels.run(name, partsOf(40), bytes, expression, 40, 50, 33, heap.address(out));
          } else {
            const bytes = kernels.functions.expression_axis_sums_workspace(expression, 33);
            kernels.run(name, partsOf(40), bytes, expression, 40, 50, 33, 0.5, heap.address(out));
          }
          return valuesOf(out).slice();
        });
      const columns = Array.from({ length: 40 * 33 }, (_, index) => {
        const [image, channel] = [Math.floor(index / 33), index % 33];
        return Array.from({ length: 50 }, (__, row) => expected[(image * 50 + row) * 33 + channel] ?? NaN);
      });
      expect([...reduce("expression_axis_max")]).toEqual(columns.map((column) => Math.max(...column)));
      const sums = columns.map((column) => column.reduce((sum, value) => sum + value) / 2);
      for (const [index, sum] of reduce("expression_axis_sums").entries())
        expect(sum).toBeCloseTo(sums[index] ?? NaN, 5);
    });

    it("has sums over its rows that are those of its values, bit by bit", () => {
      const rowSums = (of: (use: (expression: number) => void) => void): Float32Array => {
        const out = heap.output([33]);
        const parts = kernels.functions.row_sums_parts(2000);
        of((expression) => {
          const bytes = kernels.functions.expression_row_sums_workspace(expression, 33);
          heap.lend(parts * 33 * Float64Array.BYTES_PER_ELEMENT, (sums) => {
            kernels.run("expression_row_sums", parts, bytes, expression, 33, sums);
            kernels.functions.row_sums_total(parts, 33, 1, sums, heap.address(out));
          });
        });
        return valuesOf(out).slice();
      };
      const stored = { x: tf.tensor1d(expected), strides: [1] };
      const fused = rowSums((use) => lend(sizes, inputs, program, 2, use));
      expect(fused).toEqual(rowSums((use) => lend([expected.length], [stored], [], 0, use)));
      expect(fused.some((sum) => sum > 0)).toBe(true);
    });
  });

  it("without operations, a transposed tensor is copied", () => {
    const x = tf.tensor2d(
      Float32Array.from({ length: 37 * 53 }, (_, index) => index),
      [37, 53],
    );
    const y = evaluate(kernels, [53, 37], [{ x, strides: [1, 53] }], [], 0);
    expect(y).toEqual(Float32Array.from({ length: 37 * 53 }, (_, index) => (index % 37) * 53 + Math.floor(index / 37)));
  });
});
