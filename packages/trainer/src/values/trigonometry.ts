// Sine and cosine that are the same in every engine: engines compute Math.sin and Math.cos by algorithms of their own, which differ
// in the last digit, and a learning rate or a rotation that differs there trains other weights.

/** Terms of the series: the next one is below 1e-17 for angles up to π/2. */
const TERMS = 11;

/** The sine of an angle from -π/2 to π/2, in radians, by its Taylor series: exact to 1e-15. */
export function sine(angle: number): number {
  let [term, sum] = [angle, angle];
  for (let n = 1; n < TERMS; n++) {
    term *= -(angle * angle) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}

/** The cosine of an angle from -π to π, in radians: exact to 1e-15. */
export function cosine(angle: number): number {
  const half = sine(angle / 2);
  return 1 - 2 * half * half;
}
