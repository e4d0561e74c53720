// The unlikeness of pictures is the decision value of a support vector machine, verified against scikit-learn; features are joined and bounded.

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { featuresAt, joinedFeatures, unlikeness, unlikenessOf, unlikenessShape } from "./unlikeness.ts";

type Blocks = readonly (readonly number[])[];

/** `unlikeness.json`: see golden/make_unlikeness.py. */
interface Golden {
  readonly cases: readonly {
    readonly known: readonly Blocks[];
    readonly others: readonly Blocks[];
    readonly asked: readonly Blocks[];
    readonly values: readonly number[];
  }[];
}

const GOLDEN = JSON.parse(readFileSync(new URL("../../golden/unlikeness.json", import.meta.url), "utf8")) as Golden;

describe("joined features", () => {
  it("are of length 1 in each block, of at most 128 features: each is added to its number modulo 128", () => {
    expect(joinedFeatures([[3, 4], [5]])).toEqual([0.6, 0.8, 1]);
    const many = Float32Array.from({ length: 260 }, (_, index) =>
      index === 1 || index === 129 || index === 257 ? 1 : 0,
    );
    many[2] = 4;
    const joined = joinedFeatures([many]);
    expect(joined).toHaveLength(128);
    expect(joined[1]).toBeCloseTo(0.6, 15);
    expect(joined[2]).toBeCloseTo(0.8, 15);
  });

  it("stay zeros if all are, or if they overflow", () => {
    expect(joinedFeatures([new Float32Array(3), [1e200, 1e200], [2]])).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it("are those of a picture of a batch", () => {
    const blocks = [Float32Array.of(1, 0, 3, 4), Float32Array.of(-2, 5)];
    expect(featuresAt(0, blocks, 2)).toEqual([1, 0, -1]);
    expect(featuresAt(1, blocks, 2)).toEqual([0.6, 0.8, 1]);
  });
});

describe("unlikeness", () => {
  it.each(GOLDEN.cases)("is the decision value of scikit-learn, case %#", ({ known, others, asked, values }) => {
    const learned = unlikenessOf(known.map(joinedFeatures), others.map(joinedFeatures));
    for (const [index, each] of asked.entries()) {
      expect(Math.abs(unlikeness(learned, joinedFeatures(each)) - (values[index] ?? 0))).toBeLessThan(1e-3);
    }
  });

  it("is the same after it was JSON", () => {
    const [{ known, others } = { known: [], others: [] }] = GOLDEN.cases;
    const learned = unlikenessOf(known.map(joinedFeatures), others.map(joinedFeatures));
    expect(unlikenessShape(JSON.parse(JSON.stringify(learned)), "unlikeness")).toEqual(learned);
  });

  it.each([{ weights: [1] }, { weights: ["one"], bias: 0 }, { weights: [1], bias: null }])(
    "is refused as %j",
    (learned) => {
      expect(() => unlikenessShape(learned, "unlikeness")).toThrow("unlikeness");
    },
  );

  it("is 0 for the mean of the training pictures, and above it for others", () => {
    const learned = unlikenessOf(
      [
        [1, 0],
        [0.6, 0.8],
      ],
      [
        [0, 1],
        [-0.6, 0.8],
      ],
    );
    expect(unlikeness(learned, [0.8, 0.4])).toBeCloseTo(0, 5);
    expect(unlikeness(learned, [-0.6, 0.8])).toBeGreaterThan(0.5);
  });

  it("is 0 for every picture if others cannot be told from the training pictures", () => {
    const same = [
      [1, 0],
      [1, 0],
    ];
    expect(unlikenessOf(same, same)).toEqual({ weights: [0, 0], bias: 0 });
  });
});
