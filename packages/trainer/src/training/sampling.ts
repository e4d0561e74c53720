// The pictures of an epoch, as set in a run's configuration: which ones, and in which order.

import { oneOf, type Shape } from "../values/json-shape.ts";
import type { Generator } from "../values/generator.ts";

/**
 * `uniform`: every picture once. `balanced`: as many pictures, of each class equally many; those of a larger class at most once, those
 * of a smaller class repeatedly, but none twice more often than another.
 */
export type Sampling = "uniform" | "balanced";

/** Shape of its JSON. */
export const samplingShape: Shape<Sampling> = oneOf("uniform", "balanced");

/**
 * Draws the pictures of an epoch: as many indices as there are `labels`.
 *
 * If `balanced`, with n pictures of k classes, each class gets ⌊n / k⌋ places, and n mod k classes, which are drawn first, one more.
 * Class by class, in the order of the labels, its pictures are then shuffled once for every time that they are needed; at last, all
 * are shuffled.
 *
 * @param labels index of each picture's class; classes without pictures do not count
 */
export function drawOrder(sampling: Sampling, labels: ArrayLike<number>, generator: Generator): Int32Array {
  if (sampling === "uniform") return generator.permutation(labels.length);
  const classes = byClass(labels);
  const share = Math.floor(labels.length / classes.length);
  const favored = new Set(generator.permutation(classes.length).subarray(0, labels.length % classes.length));
  const drawn = new Int32Array(labels.length);
  let next = 0;
  for (const [place, pictures] of classes.entries()) {
    const end = next + share + (favored.has(place) ? 1 : 0);
    while (next < end) {
      const pass = generator.permutation(pictures.length).subarray(0, end - next);
      drawn.set(
        pass.map((index) => pictures[index] ?? 0),
        next,
      );
      next += pass.length;
    }
  }
  return generator.permutation(labels.length).map((index) => drawn[index] ?? 0);
}

/** The indices of each class's pictures, in order; classes in the order of their labels. */
function byClass(labels: ArrayLike<number>): readonly (readonly number[])[] {
  const classes: number[][] = [];
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] ?? 0;
    (classes[label] ??= []).push(index);
  }
  return classes.filter(Boolean);
}
