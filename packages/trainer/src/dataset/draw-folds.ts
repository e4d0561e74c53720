// Assigns each picture to a fold of a cross-validation: by a seeded hash of the paths, with copies in the same fold and each class
// spread evenly.

import { unitsOf, type Unsplit } from "./draw-splits.ts";

/**
 * Draws folds. Units of copies are taken in the order of their draws; each goes to the fold with the fewest pictures of its class so
 * far, the fewest pictures at all if several have as few, and the lowest number otherwise.
 *
 * @param pictures in any order; the order does not affect the result
 * @param seed a whole number from 0 to 2^53 - 1
 * @param folds number of folds: 2 or more
 * @returns the fold of each picture, 0 to `folds - 1`, in the order of `pictures`
 */
export function drawFolds(pictures: readonly Unsplit[], seed: number, folds: number): number[] {
  const foldOf = new Map<Unsplit, number>();
  const sizes = Array.from({ length: folds }, () => ({ pictures: 0, ofClass: new Map<string, number>() }));
  for (const { pictures: together } of unitsOf(pictures, seed)) {
    const label = together[0]?.label ?? "";
    const countIn = (fold: number): readonly [number, number] => {
      const size = sizes[fold];
      return [size?.ofClass.get(label) ?? 0, size?.pictures ?? 0];
    };
    let chosen = 0;
    for (let fold = 1; fold < folds; fold++) if (isLess(countIn(fold), countIn(chosen))) chosen = fold;
    const size = sizes[chosen];
    for (const picture of together) {
      foldOf.set(picture, chosen);
      if (size === undefined) continue;
      size.pictures++;
      size.ofClass.set(picture.label, (size.ofClass.get(picture.label) ?? 0) + 1);
    }
  }
  return pictures.map((picture) => foldOf.get(picture) ?? 0);
}

function isLess([one, two]: readonly [number, number], [other, second]: readonly [number, number]): boolean {
  return one < other || (one === other && two < second);
}
