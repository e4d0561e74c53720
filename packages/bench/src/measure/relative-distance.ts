// How far an answer is from the expected one.

/** Length of the difference of two vectors in relation to the second's length; NaN for vectors of different lengths. */
export function relativeDistance(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (values.length !== expected.length) return Number.NaN;
  let [difference, length] = [0, 0];
  for (let index = 0; index < expected.length; index++) {
    const value = expected[index] ?? Number.NaN;
    difference += ((values[index] ?? Number.NaN) - value) ** 2;
    length += value ** 2;
  }
  return Math.sqrt(difference / length);
}
