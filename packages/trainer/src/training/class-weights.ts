// How much each class counts in the loss, as a run's configuration says it.

/** `uniform`: each picture counts the same. */
export type ClassWeights = "uniform";

/**
 * The weight of each class: the cross-entropy of its pictures is multiplied by it.
 *
 * @param counts training pictures of each class, in the order of the labels
 */
export function weightsOf(_weights: ClassWeights, counts: readonly number[]): Float32Array {
  return new Float32Array(counts.length).fill(1);
}
