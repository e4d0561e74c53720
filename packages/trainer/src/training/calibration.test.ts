// Calibration undoes a known overconfidence, and its threshold refuses a known share of right answers.

import { describe, expect, it } from "vitest";

import { Generator } from "../values/generator.ts";
import { calibrated, calibrationOf, type Answer } from "./calibration.ts";

/** Answers that are right as often as they say, with their logarithms times `sureness`. */
function answersOf(count: number, sureness: number): readonly Answer[] {
  const generator = Generator.ofSeed(1);
  return Array.from({ length: count }, () => {
    const honest = [0.05 + 0.9 * generator.uniform(), 0.5 * generator.uniform(), 0.3 * generator.uniform()];
    const sum = honest.reduce((total, each) => total + each, 0);
    const shares = honest.map((each) => each / sum);
    const draw = generator.uniform();
    const actual = draw < (shares[0] ?? 0) ? 0 : draw < (shares[0] ?? 0) + (shares[1] ?? 0) ? 1 : 2;
    return { probabilities: calibrated(shares, 1 / sureness), actual };
  });
}

describe("a calibration", () => {
  it.each([0.5, 1, 2, 3])(
    "finds the temperature of answers that are %d times as sure as they should be",
    (sureness) => {
      const { temperature } = calibrationOf(answersOf(20_000, sureness)) ?? { temperature: 0 };
      expect(temperature / sureness).toBeGreaterThan(0.95);
      expect(temperature / sureness).toBeLessThan(1.05);
    },
  );

  it("refuses about 2 % of the right answers", () => {
    const answers = answersOf(5000, 2);
    const { temperature, noneBelow } = calibrationOf(answers) ?? { temperature: 1, noneBelow: 0 };
    const right = answers.filter(
      ({ probabilities, actual }) => probabilities.indexOf(Math.max(...probabilities)) === actual,
    );
    const refused = right.filter(
      ({ probabilities }) => Math.max(...calibrated(probabilities, temperature)) < noneBelow,
    );
    expect(refused.length / right.length).toBeGreaterThan(0.012);
    expect(refused.length / right.length).toBeLessThan(0.021);
  });

  it("is not learned from fewer than 20 answers", () => {
    expect(calibrationOf(answersOf(19, 1))).toBeUndefined();
    expect(calibrationOf(answersOf(20, 1))).toBeDefined();
  });

  it("stays within its range if every answer is right", () => {
    const answers = Array.from({ length: 30 }, () => ({ probabilities: [0.9, 0.1], actual: 0 }));
    expect(calibrationOf(answers)?.temperature).toBe(0.25);
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
