// Numbers as text for readers.

import { describe, expect, it } from "vitest";

import { counted, decimal, duration, f1, intervalText, letterOf, percent, probability, pText } from "./numbers.ts";

/** With ordinary spaces, which are easier to read here. */
const plain = (text: string): string => text.replaceAll("\u00A0", " ");

describe("numbers", () => {
  it("are shares in percent, and a dash if unknown or not finite", () => {
    expect(plain(percent(0.9237))).toBe("92.4 %");
    expect(plain(percent(1, 0))).toBe("100 %");
    expect([percent(null), percent(Number.NaN), decimal(null), decimal(Infinity)]).toEqual(["–", "–", "–", "–"]);
  });

  it("are probabilities that are never rounded to certainty", () => {
    expect([0, 0.001, 0.005, 0.874, 0.9949, 0.9999, 1].map((each) => plain(probability(each)))).toEqual([
      "0 %",
      "< 1 %",
      "1 %",
      "87 %",
      "99 %",
      "> 99 %",
      "100 %",
    ]);
  });

  it("are intervals with one unit", () => {
    expect(plain(intervalText([0.8811, 0.9624]))).toBe("95 % interval 88.1 to 96.2 %");
  });

  it("are p-values with one significant digit where they are small", () => {
    expect([0.00004, 0.0312, 0.0949, 0.096, 0.3438, 1].map((each) => plain(pText(each)))).toEqual([
      "p < 0.001",
      "p = 0.03",
      "p = 0.09",
      "p = 0.10",
      "p = 0.34",
      "p = 1.00",
    ]);
  });

  it("are durations in the two units that matter", () => {
    expect([0.4, 48, 125, 3599.6, 3840].map((each) => plain(duration(each)))).toEqual([
      "0 s",
      "48 s",
      "2 min 5 s",
      "1 h 0 min",
      "1 h 4 min",
    ]);
  });

  it("are counts with the right form of the word", () => {
    expect([counted(1, "picture"), counted(2, "class", "classes"), counted(12_345, "picture")]).toEqual([
      "1 picture",
      "2 classes",
      "12,345 pictures",
    ]);
  });
});

describe("F1", () => {
  it("is the harmonic mean of precision and recall", () => {
    expect(f1(0.5, 1)).toBeCloseTo(2 / 3);
    expect(f1(0, 0)).toBe(0);
    expect(f1(null, 0.5)).toBeNull();
  });
});

it("runs are called by letters, with numbers beyond Z", () => {
  expect([0, 25, 26, 52].map(letterOf)).toEqual(["A", "Z", "A2", "A3"]);
});
