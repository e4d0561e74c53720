// The weight of each class in the loss, as set in a run's configuration.

/** `uniform`: all pictures have the same weight. */
export type ClassWeights = "uniform";

/**
 * The weight of each class, by which the cross-entropy of its pictures is multiplied.
 *
 * @param counts number of training pictures per class, in the order of the labels
 */
export function weightsOf(_weights: ClassWeights, counts: readonly number[]): Float32Array {
  return new Float32Array(counts.length).fill(1);
}
