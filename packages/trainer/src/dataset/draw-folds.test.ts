// Folds spread each class evenly, keep copies together, and depend on nothing but paths, copies and the seed.

import { expect, it } from "vitest";

import { drawFolds } from "./draw-folds.ts";
import type { Unsplit } from "./draw-splits.ts";

/** `count` pictures of a class; every `copies` of them are copies of one picture. */
function picturesOf(label: string, count: number, copies = 1): Unsplit[] {
  const first = label.charCodeAt(0) * 1000;
  return Array.from({ length: count }, (_, at) => ({
    path: `${label}/${at}.jpg`,
    label,
    group: first + Math.floor(at / copies),
  }));
}

function countsOf(pictures: readonly Unsplit[], folds: readonly number[], label: string): readonly number[] {
  const counts = [0, 0, 0];
  for (const [at, fold] of folds.entries()) if (pictures[at]?.label === label) counts[fold] = (counts[fold] ?? 0) + 1;
  return counts;
}

it("each class is spread evenly, and so are all pictures", () => {
  const pictures = [...picturesOf("a", 100), ...picturesOf("b", 31), ...picturesOf("c", 31)];
  const folds = drawFolds(pictures, 0, 3);
  expect(countsOf(pictures, folds, "a").toSorted((one, other) => one - other)).toEqual([33, 33, 34]);
  expect(countsOf(pictures, folds, "b").toSorted((one, other) => one - other)).toEqual([10, 10, 11]);
  expect([0, 1, 2].map((fold) => folds.filter((each) => each === fold).length)).toEqual([54, 54, 54]);
});

it("copies are in the same fold", () => {
  const pictures = picturesOf("a", 90, 3);
  const folds = drawFolds(pictures, 0, 3);
  const byGroup = new Map<number, Set<number>>();
  for (const [at, { group }] of pictures.entries()) {
    byGroup.set(group, (byGroup.get(group) ?? new Set()).add(folds[at] ?? -1));
  }
  expect([...byGroup.values()].map(({ size }) => size)).toEqual(Array.from({ length: 30 }, () => 1));
});

it("the order of the pictures does not matter, the seed does", () => {
  const pictures = [...picturesOf("a", 20, 2), ...picturesOf("b", 20)];
  const folds = drawFolds(pictures, 0, 3);
  expect(drawFolds(pictures.toReversed(), 0, 3)).toEqual(folds.toReversed());
  expect(drawFolds(pictures, 1, 3)).not.toEqual(folds);
});
