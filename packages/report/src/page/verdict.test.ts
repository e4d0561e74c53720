// The paired test in words.

import { describe, expect, it } from "vitest";

import { verdictOf } from "./verdict.ts";

const pair = { pictures: 160, both: 140, onlyFirst: 3, onlySecond: 11, neither: 6, pValue: 0.0574 };

describe("the verdict on two runs", () => {
  it("names the better one if chance does not explain the difference", () => {
    expect(verdictOf({ ...pair, pValue: 0.031 }, "A", "B").replaceAll("\u00A0", " ")).toBe(
      "B is better than A: of the 14 pictures that only one of them classifies correctly, B has 11 and A has 3 (p = 0.03).",
    );
    expect(verdictOf({ ...pair, onlyFirst: 11, onlySecond: 3, pValue: 0.031 }, "A", "B")).toMatch(
      /^A is better than B: /,
    );
  });

  it("says that chance explains a difference at a p-value of 0.05 and above", () => {
    expect(verdictOf(pair, "A", "B")).toMatch(/^Chance explains the difference between B and A: .* \(p\s=\s0\.06\)\.$/);
    expect(verdictOf({ ...pair, pValue: 0.05 }, "A", "B")).toMatch(/^Chance explains/);
  });

  it("says so if both are right about the same pictures, or were not tested on the same", () => {
    expect(verdictOf({ ...pair, onlyFirst: 0, onlySecond: 0, pValue: 1 }, "A", "B")).toBe(
      "B and A classify the same of the 160 shared test pictures correctly.",
    );
    expect(verdictOf(null, "A", "B")).toMatch(/different pictures/);
  });
});
