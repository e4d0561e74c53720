// Label smoothing (Szegedy et al. 2016): labels that leave some probability to the other classes.

/**
 * Smooths labels as Keras does, y ← y (1 - s) + s / classes, and keeps the weight of each picture, the sum of its labels.
 *
 * @param labels y, `[batch, classes]`
 * @param smoothing s, 0 to 1, 1 excluded
 */
export function smoothed(labels: Float32Array, classes: number, smoothing: number): Float32Array {
  const result = new Float32Array(labels.length);
  for (let begin = 0; begin < labels.length; begin += classes) {
    const row = labels.subarray(begin, begin + classes);
    const weight = row.reduce((sum, value) => sum + value, 0);
    result.set(
      row.map((value) => value * (1 - smoothing) + (weight * smoothing) / classes),
      begin,
    );
  }
  return result;
}
