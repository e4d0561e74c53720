// Averages equal PyTorch's; exchanging them with the weights and back changes nothing, and leaks nothing.

import { readFileSync } from "node:fs";

import { memory, tensor, tidy, variable, type Variable } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import { Damage } from "../values/errors.ts";
import { AveragedWeights } from "./averaged-weights.ts";

/** Part of `optimizers.json`: see golden/make_optimizers.py. */
interface Golden {
  readonly averages: readonly {
    readonly decay: number;
    /** After each step. */
    readonly values: readonly number[][];
    readonly averages: readonly (readonly number[])[];
  }[];
}

const GOLDEN = JSON.parse(readFileSync(new URL("../../golden/optimizers.json", import.meta.url), "utf8")) as Golden;

function variableOf(values: number[] | number[][]): Variable {
  return tidy(() => variable(tensor(values)));
}

beforeAll(async () => {
  await startBackend("auto");
});

describe("averaged weights", () => {
  it.each(GOLDEN.averages)("with a decay of $decay are PyTorch's", ({ decay, values, averages }) => {
    const weights = variableOf(values[0]?.map(() => 9) ?? []);
    const averaged = new AveragedWeights(decay, [weights]);
    onTestFinished(() => [weights, averaged].forEach((each) => each.dispose()));
    for (const [index, each] of values.entries()) {
      tidy(() => weights.assign(tensor(each)));
      averaged.add(index + 1);
      const found = averaged.values()[0]?.values ?? new Float32Array();
      for (const [place, expected] of (averages[index] ?? []).entries()) expect(found[place]).toBeCloseTo(expected, 5);
    }
  });

  it("are exchanged with the weights and back, and continue from their values", () => {
    const { numTensors } = memory();
    const weights = [variableOf([1, 2]), variableOf([[3]])];
    const [averaged, later] = [1, 2].map(() => new AveragedWeights(0.5, weights)) as [AveragedWeights, AveragedWeights];
    averaged.add(1);
    tidy(() => weights[0]?.assign(tensor([5, 6])));
    averaged.add(2);
    const now = () => weights.map((each) => [...each.dataSync()]);
    averaged.swap();
    expect(now()).toEqual([[3, 4], [3]]);
    averaged.swap();
    expect(now()).toEqual([[5, 6], [3]]);
    later.restore(averaged.values());
    expect(later.values()).toEqual(averaged.values());
    for (const each of [averaged, later]) each.add(3);
    expect(later.values()).toEqual(averaged.values());
    expect(() => later.restore([])).toThrow(Damage);
    for (const each of [averaged, later, ...weights]) each.dispose();
    expect(memory().numTensors).toBe(numTensors);
  });
});
