// What of a test is shown first.

import { describe, expect, it } from "vitest";

import type { ReportPicture } from "../report-data.ts";
import { confusedPairs, mistakesOf, mostConfusedClasses, picturesOf } from "./ranking.ts";

/** Rows are actual classes: 0 and 2 are confused nine times, 1 and 2 four times, 0 and 1 never. */
const CONFUSION = [
  [20, 0, 3],
  [0, 15, 4],
  [6, 0, 30],
];

function picture(path: string, actual: number, predicted: number, probability: number): ReportPicture {
  return {
    path,
    actual,
    predicted,
    probabilities: [0, 1, 2].map((label) => (label === predicted ? probability : (1 - probability) / 2)),
    isNone: false,
    photograph: null,
    silhouette: "data:,",
    attention: null,
    threshold: 128,
    separability: null,
    blame: null,
  };
}

const PICTURES = [
  picture("a", 0, 2, 0.6),
  picture("b", 0, 0, 0.99),
  picture("c", 2, 0, 0.9),
  picture("d", 1, 2, 0.6),
  picture("e", 0, 2, 0.7),
];

const pathsOf = (pictures: readonly ReportPicture[]): string => pictures.map(({ path }) => path).join("");

describe("the most confused pairs", () => {
  it("are ranked by the mistakes of both directions, the more frequent one first", () => {
    expect(confusedPairs(CONFUSION)).toEqual([
      { first: 2, second: 0, firstAsSecond: 6, secondAsFirst: 3 },
      { first: 1, second: 2, firstAsSecond: 4, secondAsFirst: 0 },
    ]);
  });

  it("are none without mistakes", () => {
    expect(
      confusedPairs([
        [3, 0],
        [0, 4],
      ]),
    ).toEqual([]);
    expect(confusedPairs([])).toEqual([]);
  });

  it("give the classes that are confused most, in the order of the labels, filled up with the first ones", () => {
    expect(mostConfusedClasses(CONFUSION, 2)).toEqual([0, 2]);
    expect(
      mostConfusedClasses(
        [
          [1, 0, 0, 0],
          [0, 1, 0, 0],
          [0, 0, 1, 2],
          [0, 0, 0, 1],
        ],
        3,
      ),
    ).toEqual([0, 2, 3]);
  });
});

describe("pictures", () => {
  it("that were classified incorrectly come by probability, equal ones in the order of the dataset", () => {
    expect(pathsOf(mistakesOf(PICTURES))).toBe("cead");
  });

  it("of a cell are those with its actual and its predicted class", () => {
    expect(pathsOf(picturesOf(PICTURES, 0, 2))).toBe("ea");
    expect(pathsOf(picturesOf(PICTURES, 1, 1))).toBe("");
  });
});
