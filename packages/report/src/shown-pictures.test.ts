// Which pictures a report shows.

import { expect, it } from "vitest";

import { shownPictures } from "./shown-pictures.ts";

/** Predictions of two classes, `actual` and `predicted`, with a probability each. */
function prediction(actual: string, predicted: string, probability: number) {
  return { path: "", label: actual, predicted, probabilities: [probability, 1 - probability] };
}

it("shows all mistakes if they are few, and the least confident correct answers of each class, in their order", () => {
  const correct = Array.from({ length: 10 }, (_, index) => prediction("a", "a", 0.99 - 0.03 * index));
  const predictions = [...correct, prediction("b", "a", 0.6), prediction("b", "b", 0.7), prediction("a", "b", 0.9)];
  expect(shownPictures(predictions)).toEqual([6, 7, 8, 9, 10, 11, 12]);
});

it("shows of many mistakes the most confident ones, of each pair of classes equally many", () => {
  const many = Array.from({ length: 300 }, (_, index) => prediction("a", "b", 0.6 + index / 1000));
  const others = Array.from({ length: 50 }, (_, index) => prediction("b", "a", 0.9 - index / 1000));
  const shown = shownPictures([...many, ...others]);
  expect(shown).toHaveLength(200);
  expect(shown.filter((index) => index >= 300)).toHaveLength(50);
  expect(Math.min(...shown)).toBe(150);
});

it("shows at most 100 correct answers", () => {
  const classes = Array.from({ length: 60 }, (_, index) => `class ${index}`);
  const predictions = classes.flatMap((name) => [0.9, 0.8, 0.7].map((sure) => prediction(name, name, sure)));
  const shown = shownPictures(predictions);
  expect(shown).toHaveLength(100);
  // All have their least confident one.
  expect(shown.filter((index) => index % 3 === 2)).toHaveLength(60);
});

it("shows nothing of nothing", () => {
  expect(shownPictures([])).toEqual([]);
});
