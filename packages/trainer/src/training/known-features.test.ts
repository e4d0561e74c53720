// Distances of features are Mahalanobis', verified against scikit-learn; features are folded to a bounded number.

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { distanceTo, foldedFeatures, knownFeatures, knownFeaturesShape } from "./known-features.ts";

/** `known_features.json`: see golden/make_known_features.py. */
interface Golden {
  readonly cases: readonly {
    readonly features: readonly (readonly number[])[];
    readonly actual: readonly number[];
    readonly asked: readonly (readonly number[])[];
    readonly distances: readonly number[];
  }[];
}

const GOLDEN = JSON.parse(readFileSync(new URL("../../golden/known_features.json", import.meta.url), "utf8")) as Golden;

describe("folded features", () => {
  it("are of length 1, and at most 64: each is added to its number modulo 64", () => {
    expect(foldedFeatures([3, 4])).toEqual([0.6, 0.8]);
    const many = Float32Array.from({ length: 130 }, (_, index) =>
      index === 1 || index === 65 || index === 129 ? 1 : 0,
    );
    many[2] = 4;
    const folded = foldedFeatures(many);
    expect(folded).toHaveLength(64);
    expect(folded[1]).toBeCloseTo(0.6, 15);
    expect(folded[2]).toBeCloseTo(0.8, 15);
  });

  it("stay zeros if all are", () => {
    expect(foldedFeatures(new Float32Array(3))).toEqual([0, 0, 0]);
  });
});

describe("known features", () => {
  it.each(GOLDEN.cases)("give the distances of scikit-learn, case %#", ({ features, actual, asked, distances }) => {
    const known = knownFeatures(
      features.map((each, index) => ({ features: foldedFeatures(each), actual: actual[index] ?? 0 })),
    );
    for (const [index, each] of asked.entries()) {
      const distance = distanceTo(known, foldedFeatures(each));
      expect(Math.abs(distance / (distances[index] ?? 0) - 1)).toBeLessThan(1e-4);
    }
  });

  it("are the same after they were JSON", () => {
    const [{ features, actual } = { features: [], actual: [] }] = GOLDEN.cases;
    const known = knownFeatures(features.map((each, index) => ({ features: each, actual: actual[index] ?? 0 })));
    expect(knownFeaturesShape(JSON.parse(JSON.stringify(known)), "known")).toEqual(known);
  });

  it.each([
    [{ means: [], whitening: [[1]] }],
    [{ means: [[1, 2]], whitening: [[1]] }],
    [{ means: [[1, 2]], whitening: [[1], [1]] }],
    [{ means: [[1]], whitening: [["one"]] }],
  ])("are refused as %j", (known) => {
    expect(() => knownFeaturesShape(known, "known")).toThrow("known");
  });

  it("have the means of the classes that the pictures have", () => {
    const pictures = [
      { features: [1, 0], actual: 2 },
      { features: [0, 1], actual: 0 },
      { features: [0.5, 0.5], actual: 2 },
    ];
    expect(knownFeatures(pictures).means).toEqual([
      [0, 1],
      [0.75, 0.25],
    ]);
  });

  it("of pictures that are all the same have any other far away", () => {
    const known = knownFeatures([0, 0, 1].map((actual) => ({ features: [1, 0], actual })));
    expect(distanceTo(known, [1, 0])).toBe(0);
    expect(distanceTo(known, [0, 1])).toBeGreaterThan(1000);
  });
});
