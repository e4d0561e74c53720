// Training and validation part only if chance does not explain it.

import { expect, it } from "vitest";

import { isOverfitted } from "./overfitting.ts";

it.each([
  [0.97, 0.76, 118, true],
  [0.9, 0.76, 10, false],
  [0.9, 0.86, 10_000, false],
  [0.8, 0.85, 118, false],
  [0.99, null, 0, false],
])("training %d and validation %d of %d pictures: %s", (accuracy, valAccuracy, pictures, expected) => {
  expect(isOverfitted({ accuracy, valAccuracy }, pictures)).toBe(expected);
});
