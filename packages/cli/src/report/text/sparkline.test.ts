import { describe, expect, it } from "vitest";

import { rangeOf, sparkline } from "./sparkline.ts";

describe("a sparkline", () => {
  it("has a character per value, from the lowest to the highest of the range", () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8], 20, [0, 8])).toBe("▁▂▃▄▅▆▇██");
  });

  it("has means of neighbors where there are more values than columns", () => {
    expect(sparkline([0, 2, 8, 8, 3, 5], 3, [0, 8])).toBe("▂█▅");
  });

  it("is flat without a range, and leaves gaps for what is not finite", () => {
    expect(sparkline([3, 3], 9, [3, 3])).toBe("▅▅");
    expect(sparkline([0, NaN, Infinity, 8], 9, [0, 8])).toBe("▁  █");
  });

  it("has the range of the finite values", () => {
    expect(rangeOf([NaN, 2, 1, Infinity])).toEqual([1, 2]);
    expect(rangeOf([NaN])).toBeUndefined();
  });
});
