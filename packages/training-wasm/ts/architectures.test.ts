// Common architectures, verified against tfjs-node: golden/curves.json, written by golden/make-curves.mjs.

import { readFileSync } from "node:fs";

import { beforeAll, describe, expect, it } from "vitest";

import { enableTraining } from "./index.ts";
import { ARCHITECTURES, learnByHeart, type Curve } from "./testing/architectures.ts";

beforeAll(async () => {
  await enableTraining();
});

interface GoldenCurve {
  readonly losses: readonly number[];
  /** Relative to the loss: how far tfjs-node's own losses are apart, up to this step, when weights are hardly moved. */
  readonly spread: readonly number[];
}

const { curves } = JSON.parse(readFileSync(new URL("../golden/curves.json", import.meta.url), "utf8")) as {
  readonly curves: Readonly<Record<string, GoldenCurve>>;
};

/** How much further than its spread our losses may be from tfjs-node's: their sums are in another order everywhere. */
const SPREAD_FACTOR = 5;

/** Relative distance that needs no training: of a mean over 6144 pixels, summed in another order. */
const LEAST_BOUND = 1e-5;

describe.each(ARCHITECTURES)("a small $name", (architecture) => {
  let curve: Curve;
  beforeAll(async () => {
    curve = await learnByHeart(architecture);
  });

  it("learns a batch by heart with model.fit", () => {
    expect(curve.losses[0]).toBeGreaterThan(0.5);
    expect(curve.losses.at(-1)).toBeLessThan(0.01);
    expect(curve.accuracies.at(-1)).toBeGreaterThan(0.999);
  });

  it("has the losses of tfjs-node, step by step", () => {
    const { losses, spread } = curves[architecture.name] ?? { losses: [], spread: [] };
    expect(curve.losses.length).toBe(losses.length);
    const distances = losses.map((loss, step) => ({
      step,
      distance: Math.abs((curve.losses[step] ?? Number.NaN) - loss) / loss,
      bound: Math.max(SPREAD_FACTOR * (spread[step] ?? Number.NaN), LEAST_BOUND),
    }));
    // Written so that a NaN is too far.
    expect(distances.filter(({ distance, bound }) => !(distance <= bound))).toEqual([]);
  });
});
