// Counts, shares and intervals, verified against published or independently computed numbers.

import { describe, expect, it } from "vitest";

import { accuracy, classMetrics, confusionOf, metricsOf, correct, wilsonInterval, incorrect } from "./metrics.ts";

const LABELS = ["car", "bus", "bike"] as const;

/** 2 cars correct, 1 car classified as a bus, 1 bus classified as a car; no bikes, and nothing classified as one. */
const CONFUSION = confusionOf(LABELS, [
  [0, 0],
  [0, 1],
  [1, 0],
  [0, 0],
]);

describe("a confusion", () => {
  it("has a row per actual class and a column per predicted class", () => {
    expect(CONFUSION.labels).toEqual(LABELS);
    expect(CONFUSION.counts).toEqual([
      [2, 1, 0],
      [1, 0, 0],
      [0, 0, 0],
    ]);
  });

  it("counts correct and incorrect predictions", () => {
    expect([correct(CONFUSION), incorrect(CONFUSION), accuracy(CONFUSION)]).toEqual([2, 2, 0.5]);
  });

  it("has no accuracy without pictures", () => {
    const empty = confusionOf(LABELS, []);
    expect([correct(empty), incorrect(empty), accuracy(empty)]).toEqual([0, 0, null]);
  });

  it("has precision per column and recall per row, or neither if there is nothing to count", () => {
    expect(classMetrics(CONFUSION)).toEqual([
      { label: "car", precision: 2 / 3, recall: 2 / 3 },
      { label: "bus", precision: 0, recall: 0 },
      { label: "bike", precision: null, recall: null },
    ]);
    const skewed = confusionOf(["a", "b"], [[0, 0], [0, 1], [0, 1], [0, 1], [1, 1]]); // prettier-ignore
    expect(classMetrics(skewed)).toEqual([
      { label: "a", precision: 1, recall: 1 / 4 },
      { label: "b", precision: 1 / 4, recall: 1 },
    ]);
  });

  it.each([
    [3, 0],
    [0, 3],
    [-1, 0],
    [0, 0.5],
    [Number.NaN, 0],
  ])("rejects class %d classified as %d", (actual, predicted) => {
    expect(() => confusionOf(LABELS, [[actual, predicted]])).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});

describe("metrics", () => {
  it("contain everything that follows from the confusion", () => {
    expect(metricsOf(CONFUSION, 0.7)).toEqual({
      pictures: 4,
      correct: 2,
      incorrect: 2,
      accuracy: 0.5,
      interval95: wilsonInterval(2, 4),
      loss: 0.7,
      labels: LABELS,
      confusion: CONFUSION.counts,
      perClass: classMetrics(CONFUSION),
    });
  });
});

describe("Wilson's interval", () => {
  // statsmodels 0.15, proportion_confint(hits, total, method="wilson").
  it.each([
    [0, 1, 0, 0.7934506856227627],
    [1, 1, 0.2065493143772374, 1],
    [0, 20, 0, 0.1611251580528194],
    [1, 29, 0.006113214292762667, 0.17175521879320294],
    [15, 148, 0.06238639953073628, 0.16048724172330803],
    [81, 263, 0.2552885198782742, 0.36620957698280004],
    [5, 10, 0.23659309051256394, 0.7634069094874361],
    [300, 300, 0.9873570287754538, 1],
    [437, 450, 0.951206129037746, 0.9830408238558106],
    [1, 1_000_000, 1.7652457674537176e-7, 5.664911804311445e-6],
  ])("of %d correct of %d is %d to %d", (hits, total, low, high) => {
    const interval = wilsonInterval(hits, total);
    expect(interval[0]).toBeCloseTo(low, 14);
    expect(interval[1]).toBeCloseTo(high, 14);
  });

  // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
  it.each([
    [81, 263, "0.2553", "0.3662"],
    [15, 148, "0.0624", "0.1605"],
    [0, 20, "0.0000", "0.1611"],
    [1, 29, "0.0061", "0.1718"],
  ])("of %d of %d equals the published one", (hits, total, low, high) => {
    expect(wilsonInterval(hits, total).map((bound) => bound.toFixed(4))).toEqual([low, high]);
  });

  it("is within 0 and 1, and contains the share", () => {
    for (let total = 1; total <= 60; total++) {
      for (let hits = 0; hits <= total; hits++) {
        const [low, high] = wilsonInterval(hits, total);
        expect(low >= 0 && low <= hits / total && hits / total <= high && high <= 1).toBe(true);
      }
    }
  });

  it("is 0 to 1 without predictions", () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  });

  it.each([
    [2, 1],
    [-1, 3],
    [0.5, 1],
    [Number.NaN, 1],
    [1, Infinity],
  ])("rejects %d of %d", (hits, total) => {
    expect(() => wilsonInterval(hits, total)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
