// The weight of each class in the loss, as set in a run's configuration.

import { oneOf, type Shape } from "../values/json-shape.ts";

/**
 * `uniform`: all pictures have the same weight. `balanced`: all classes have the same weight, pictures / (classes · pictures of
 * the class), as in scikit-learn; classes without pictures do not count.
 */
export type ClassWeights = "uniform" | "balanced";

/** Shape of its JSON. */
export const classWeightsShape: Shape<ClassWeights> = oneOf("uniform", "balanced");

/**
 * The weight of each class, by which the cross-entropy of its pictures is multiplied; 0 if `balanced` and the class has none.
 *
 * @param counts number of training pictures per class, in the order of the labels
 */
export function weightsOf(weights: ClassWeights, counts: readonly number[]): Float32Array {
  if (weights === "uniform") return new Float32Array(counts.length).fill(1);
  const pictures = counts.reduce((sum, each) => sum + each, 0);
  const classes = counts.filter((each) => each > 0).length;
  return Float32Array.from(counts, (each) => (each === 0 ? 0 : pictures / (classes * each)));
}
