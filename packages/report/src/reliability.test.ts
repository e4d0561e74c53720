// The reliability diagram.

import { expect, it } from "vitest";

import { reliabilityOf } from "./reliability.ts";

function answer(probability: number, isCorrect: boolean) {
  return { path: "", label: isCorrect ? "a" : "b", predicted: "a", probabilities: [probability, 1 - probability] };
}

it("counts answers in ten steps of probability, each up to and including its upper end", () => {
  const { bins } = reliabilityOf([answer(0.5, true), answer(0.6, false), answer(0.61, true), answer(1, true)]);
  expect(bins.map(({ pictures }) => pictures)).toEqual([0, 0, 0, 0, 1, 1, 1, 0, 0, 1]);
  expect(bins[5]).toEqual({ from: 0.5, to: 0.6, pictures: 1, correct: 0, probability: 0.6 });
  expect(bins[0]).toEqual({ from: 0, to: 0.1, pictures: 0, correct: 0, probability: null });
});

it("has the expected calibration error of Naeini et al.", () => {
  // Two bins: 4 answers of 0.95 of which 3 are correct, and 6 of 0.75 of which 3 are.
  const answers = [
    ...[true, true, true, false].map((each) => answer(0.95, each)),
    ...[true, true, true, false, false, false].map((each) => answer(0.75, each)),
  ];
  expect(reliabilityOf(answers).error).toBeCloseTo(0.4 * Math.abs(0.75 - 0.95) + 0.6 * Math.abs(0.5 - 0.75), 12);
  expect(reliabilityOf([answer(1, true)]).error).toBe(0);
  expect(reliabilityOf([]).error).toBe(0);
});

it("counts a probability that rounding has put above 1", () => {
  expect(reliabilityOf([answer(1.000_000_1, true)]).bins[9]).toMatchObject({ pictures: 1, correct: 1 });
});
