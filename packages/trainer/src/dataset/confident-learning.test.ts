import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { labelIssues } from "./confident-learning.ts";

interface Golden {
  readonly cases: readonly {
    readonly labels: readonly number[];
    readonly probabilities: readonly (readonly number[])[];
    readonly thresholds: readonly number[];
    readonly issues: readonly number[];
  }[];
}

const { cases } = JSON.parse(
  readFileSync(new URL("../../golden/label_issues.json", import.meta.url), "utf8"),
) as Golden;

describe("labelIssues", () => {
  it.each(cases)(
    "selects the pictures that cleanlab selects, case %#",
    ({ labels, probabilities, thresholds, issues }) => {
      const predictions = labels.map((label, index) => ({ label, probabilities: probabilities[index] ?? [] }));
      const found = labelIssues(predictions, thresholds.length);
      expect(found.map(({ index }) => index).toSorted((one, other) => one - other)).toEqual(issues);
      expect(found.length).toBeGreaterThan(5);
      const margins = found.map(({ margin }) => margin);
      expect(margins).toEqual(margins.toSorted((one, other) => other - one));
    },
  );

  it("rules a label out if it is as improbable as for pictures of other classes", () => {
    const sure = (label: number, probability: number): { label: number; probabilities: readonly number[] } => ({
      label,
      probabilities: label === 0 ? [probability, 1 - probability] : [1 - probability, probability],
    });
    // Mean probability of class 0 among pictures labeled 1: 0.1375; thresholds: 0.65 and 0.8625.
    const predictions = [
      sure(0, 0.9),
      sure(0, 0.9),
      sure(0, 0.135),
      sure(1, 0.9),
      sure(1, 0.9),
      sure(1, 0.9),
      sure(1, 0.75),
    ];
    expect(labelIssues(predictions, 2)).toEqual([
      { index: 2, predicted: 1, probability: 0.865, margin: expect.closeTo(0.73, 9), isRuledOut: true },
    ]);
    // Of three classes, the label of the last picture is half as probable as the prediction, and not ruled out.
    const of = (label: number, ...probabilities: readonly number[]) => ({ label, probabilities });
    const three = [of(0, 0.8, 0.1, 0.1), of(1, 0.1, 0.6, 0.3), of(2, 0.1, 0.1, 0.8), of(0, 0.3, 0.6, 0.1)];
    expect(labelIssues(three, 3)).toMatchObject([{ index: 3, predicted: 1, isRuledOut: false }]);
  });

  it("finds nothing in a class without pictures, or in no predictions", () => {
    expect(labelIssues([], 3)).toEqual([]);
    expect(labelIssues([{ label: 0, probabilities: [0.2, 0.1, 0.7] }], 3)).toEqual([]);
  });
});
