// Calibration undoes a known overconfidence, and its limit refuses a known share of right answers.

import { describe, expect, it } from "vitest";

import { Generator } from "../values/generator.ts";
import { calibrated, calibrationOf, noveltyOf, type Answer } from "./calibration.ts";
import { unlikenessOf } from "./unlikeness.ts";

/** Features of training pictures point up and to the right, others to the other side. */
const LEARNED = unlikenessOf(
  [
    [1, 0],
    [0.96, 0.28],
    [0, 1],
    [0.28, 0.96],
  ],
  [
    [-1, 0],
    [0, -1],
    [-0.6, -0.8],
  ],
);

/** Answers that are right as often as they say, with their logarithms times `sureness`. */
function answersOf(count: number, sureness: number): readonly Answer[] {
  const generator = Generator.ofSeed(1);
  return Array.from({ length: count }, () => {
    const honest = [0.05 + 0.9 * generator.uniform(), 0.5 * generator.uniform(), 0.3 * generator.uniform()];
    const sum = honest.reduce((total, each) => total + each, 0);
    const shares = honest.map((each) => each / sum);
    const draw = generator.uniform();
    const actual = draw < (shares[0] ?? 0) ? 0 : draw < (shares[0] ?? 0) + (shares[1] ?? 0) ? 1 : 2;
    const angle = generator.uniform();
    return { probabilities: calibrated(shares, 1 / sureness), features: [angle, Math.sqrt(1 - angle * angle)], actual };
  });
}

describe("a calibration", () => {
  it.each([0.5, 1, 2, 3])(
    "finds the temperature of answers that are %d times as sure as they should be",
    (sureness) => {
      const { temperature } = calibrationOf(answersOf(20_000, sureness), LEARNED);
      expect(temperature / sureness).toBeGreaterThan(0.95);
      expect(temperature / sureness).toBeLessThan(1.05);
    },
  );

  it("has a limit that the pictures of 5 % of the right answers exceed", () => {
    const answers = answersOf(5000, 2);
    const calibration = calibrationOf(answers, LEARNED);
    const right = answers.filter(
      ({ probabilities, actual }) => probabilities.indexOf(Math.max(...probabilities)) === actual,
    );
    const refused = right.filter(({ features }) => noveltyOf(calibration, features) > 1);
    expect(refused.length / right.length).toBeGreaterThan(0.045);
    expect(refused.length / right.length).toBeLessThan(0.0501);
    const wrong = answers.filter((answer) => !right.includes(answer));
    const limit = (all: readonly Answer[]): number => calibrationOf(all, LEARNED).noneBeyond;
    const far = wrong.map((answer) => ({ ...answer, features: [0.8, -0.6] }));
    expect(limit([...right, ...far])).toBe(limit(right));
    expect(limit(far)).toBeGreaterThan(limit(right));
  });

  it("stays within its range if every answer is right", () => {
    const answers = Array.from({ length: 30 }, () => ({
      probabilities: [0.9, 0.1],
      features: [1, 0],
      actual: 0,
    }));
    expect(calibrationOf(answers, LEARNED).temperature).toBe(0.25);
  });
});

it("calibrated probabilities keep their order, add up to 1, and stay as they are at temperature 1", () => {
  const probabilities = [0.7, 0.2, 0.1, 0];
  for (const temperature of [0.25, 0.5, 3]) {
    const changed = calibrated(probabilities, temperature);
    expect(changed.toSorted((one, other) => other - one)).toEqual(changed);
    expect(changed.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
    expect((changed[0] ?? 0) > 0.7).toBe(temperature < 1);
  }
  expect(calibrated(probabilities, 1)).toBe(probabilities);
});
