// Random networks of all layers of convolutional networks, verified against PyTorch: golden/README.md.

import { beforeAll, describe, expect, it } from "vitest";

import { enableTraining } from "./index.ts";
import { goldenNetworks, train, type Answer } from "./testing/networks.ts";
import type { Array32 } from "./testing/safetensors.ts";

beforeAll(async () => {
  await enableTraining();
});

/** Relative L2 distance of an output from PyTorch's in float64. Rounding comes to 1e-6. */
const OUTPUT_BOUND = 1e-5;

/** And of a gradient. Rounding comes to 4e-5, as in PyTorch's own float32, where a gradient nearly cancels out. */
const GRADIENT_BOUND = 1e-4;

/** How much further from PyTorch's losses ours may be than PyTorch's in float32 are from its own in float64. */
const LOSS_FACTOR = 3;

describe.each(goldenNetworks())("the network $name", (network) => {
  let answer: Answer;
  beforeAll(() => {
    answer = train(network);
  });

  it("has PyTorch's output, and its gradient of the input and of every weight", () => {
    const shapes = (arrays: ReadonlyMap<string, Array32>) => [...arrays].map(([name, { shape }]) => [name, shape]);
    expect(shapes(answer.tensors)).toEqual(shapes(network.expected));
    const distances = [...network.expected].map(([name, { values }]) => {
      const bound = name === "output" ? OUTPUT_BOUND : GRADIENT_BOUND;
      return { name, bound, distance: relativeDistance(answer.tensors.get(name)?.values ?? [], values) };
    });
    // Written so that a NaN is too far.
    expect(distances.filter(({ distance, bound }) => !(distance <= bound))).toEqual([]);
  });

  it("has PyTorch's losses in training, as closely as PyTorch's own precisions agree", () => {
    const { float32, float64 } = network.losses;
    expect(answer.losses.length).toBe(float32.length);
    expect(mostApart(answer.losses, float32)).toBeLessThanOrEqual(LOSS_FACTOR * mostApart(float32, float64));
  });
});

/** ‖values - reference‖ / ‖reference‖ */
function relativeDistance(values: ArrayLike<number>, reference: ArrayLike<number>): number {
  let apart = 0;
  let norm = 0;
  for (let index = 0; index < reference.length; index++) {
    const expected = reference[index] ?? Number.NaN;
    apart += ((values[index] ?? Number.NaN) - expected) ** 2;
    norm += expected ** 2;
  }
  return Math.sqrt(apart / norm);
}

/** The largest difference of a step: a single step that goes wrong is not averaged away. */
function mostApart(losses: readonly number[], others: readonly number[]): number {
  return Math.max(...losses.map((loss, step) => Math.abs(loss - (others[step] ?? Number.NaN))));
}
