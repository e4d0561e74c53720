// Scales of the curves.

import { describe, expect, it } from "vitest";

import { domainOf, epochScale, labelShifts, ticksOf } from "./curves.tsx";
import { decimal, percent } from "./numbers.ts";

describe("the scale of epochs", () => {
  it("has whole numbers from the first to the last epoch", () => {
    expect(epochScale([1, 2, 3])).toMatchObject({ domain: [1, 3], ticks: [1, 2, 3] });
    expect(epochScale([1, 2, 59, 60]).ticks).toEqual([1, 11, 21, 31, 41, 51]);
  });

  it("leaves room around a single epoch, and exists without any", () => {
    expect(epochScale([1])).toMatchObject({ domain: [0, 2], ticks: [1] });
    expect(epochScale([])).toMatchObject({ domain: [0, 2], ticks: [1] });
  });
});

describe("the range of values", () => {
  it("has some room, and is not empty for equal values", () => {
    const [low, high] = domainOf([0.5, 1.5]);
    expect([low, high]).toEqual([0.44, 1.56]);
    expect(domainOf([0.3, 0.3])[0]).toBeLessThan(0.3);
    expect(domainOf([0, 0])).toEqual([0, 0.06]);
    expect(domainOf([])).toEqual([0, 1]);
  });
});

describe("ticks", () => {
  it("have as many decimals as they need to differ", () => {
    expect([0.47, 0.475].map(ticksOf([0.47, 0.49], percent, 0))).toEqual(["47.0\u00A0%", "47.5\u00A0%"]);
    expect([0.5, 0.6].map(ticksOf([0.5, 1], percent, 0))).toEqual(["50\u00A0%", "60\u00A0%"]);
    expect([1.2, 1.2001].map(ticksOf([1.2, 1.2004], decimal, 2))).toEqual(["1.20000", "1.20010"]);
  });
});

describe("the labels of lines", () => {
  it("stay where they are if they do not touch", () => {
    expect(labelShifts([0.9, 0.1, 0.5], [0, 1], 200)).toEqual([0, 0, 0]);
  });

  it("are moved 15 pixels apart, around where they would be, in the order of their values", () => {
    expect(labelShifts([0.5, 0.5], [0, 1], 200)).toEqual([-7.5, 7.5]);
    // Wanted at 100, 98 and 99 pixels.
    expect(labelShifts([0.5, 0.51, 0.505], [0, 1], 200)).toEqual([14, -14, 0]);
  });
});
