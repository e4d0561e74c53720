// Which pictures an epoch has: all of them, or of each class equally many, as PyTorch's weighted sampler draws on average.

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { smallSession, trained, trainedInTwo, type SmallTraining } from "../testing/small-training.ts";
import { folderForAllTests } from "../testing/striped-classes.ts";
import { Generator } from "../values/generator.ts";
import { drawOrder } from "./sampling.ts";

/** `sampling.json`: see golden/make_sampling.py. */
interface Golden {
  readonly epochs: number;
  readonly cases: readonly {
    /** Index of each picture's class. */
    readonly labels: readonly number[];
    /** Mean number of times that an epoch has each picture. */
    readonly draws: readonly number[];
  }[];
}

const GOLDEN = JSON.parse(readFileSync(new URL("../../golden/sampling.json", import.meta.url), "utf8")) as Golden;

const folder = folderForAllTests();

/** How often each of `length` pictures is in `order`. */
function countsOf(order: Int32Array, length: number): number[] {
  const counts = Array.from({ length }, () => 0);
  for (const index of order) counts[index] = (counts[index] ?? 0) + 1;
  return counts;
}

describe("uniform sampling", () => {
  it("has every picture once, and draws nothing but their order", () => {
    const [one, other] = [Generator.ofSeed(1), Generator.ofSeed(1)];
    expect(drawOrder("uniform", [0, 0, 1, 0], one)).toEqual(other.permutation(4));
    expect(one.state).toEqual(other.state);
  });
});

describe("balanced sampling", () => {
  it.each(GOLDEN.cases)(
    "draws each picture of $labels as often as PyTorch's sampler, on average",
    ({ labels, draws }) => {
      const generator = Generator.ofSeed(2);
      const sums = labels.map(() => 0);
      for (let epoch = 0; epoch < GOLDEN.epochs; epoch++) {
        const order = drawOrder("balanced", labels, generator);
        for (const index of order) sums[index] = (sums[index] ?? 0) + 1;
      }
      for (const [index, sum] of sums.entries())
        expect(Math.abs(sum / GOLDEN.epochs - (draws[index] ?? 0))).toBeLessThan(0.04);
    },
  );

  it.each(GOLDEN.cases)(
    "has each class of $labels as often as another, but for one picture, and none of it twice more often",
    ({ labels }) => {
      const generator = Generator.ofSeed(3);
      for (let epoch = 0; epoch < 50; epoch++) {
        const order = drawOrder("balanced", labels, generator);
        expect(order).toHaveLength(labels.length);
        const counts = countsOf(order, labels.length);
        const classes = [...new Set(labels)].map((label) => counts.filter((_, index) => labels[index] === label));
        const sums = classes.map((each) => each.reduce((sum, count) => sum + count, 0));
        expect(Math.max(...sums) - Math.min(...sums)).toBeLessThanOrEqual(1);
        for (const each of classes) expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1);
      }
    },
  );

  it("has every picture once if the classes are balanced already, and mixes them", () => {
    const order = drawOrder("balanced", [0, 0, 0, 0, 1, 1, 1, 1], Generator.ofSeed(4));
    expect(countsOf(order, 8)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(Math.max(...order.subarray(0, 4))).toBeGreaterThan(3);
  });
});

describe("a training on balanced samples", () => {
  const training = { folder, counts: [12, 4], recipe: { sampling: "balanced" } } satisfies SmallTraining;

  it("sees both classes equally often", async () => {
    const session = await smallSession(training);
    const stop = new AbortController();
    let order = new Int32Array();
    const stopped = session.run({
      signal: stop.signal,
      onEvent: ({ type }) => type === "step" && stop.abort(new Error("enough")),
      onCheckpoint: async (checkpoint) => void (order = Int32Array.from(checkpoint.order)),
    });
    await expect(stopped).rejects.toThrow("enough");
    // The classes of striped pictures alternate, as long as there are any of both.
    const ofSmall = order.filter((index) => index < 8 && index % 2 === 1).length;
    expect([ofSmall, order.length]).toEqual([8, 16]);
  });

  it("gives the same, byte for byte, if it is stopped in the middle of an epoch and resumed", async () => {
    const whole = await trained(await smallSession(training));
    expect(await trainedInTwo(training, { epoch: 2, step: 2 })).toEqual(whole);
  });

  it("is the only one that can be resumed with a picture twice", async () => {
    const { checkpoint } = await trained(await smallSession({ ...training, epochs: 1 }));
    const order = Int32Array.from({ length: 16 }, (_, index) => index % 9);
    const session = await smallSession(training);
    expect(() => session.restore({ ...checkpoint, order })).not.toThrow();
    const uniform = await smallSession({ ...training, recipe: {} });
    expect(() => uniform.restore({ ...checkpoint, order })).toThrow(
      expect.objectContaining({ code: "CHECKPOINT_DAMAGED" }) as Error,
    );
  });
});
