// McNemar's test equals the sum of its terms in exact fractions.

import { expect, it } from "vitest";

import { mcNemar } from "./paired-test.ts";

// Python: min(1, 2 * Fraction(sum(comb(n, k) for k in range(fewer + 1)), 2**n)), with n = first + second
it.each([
  [0, 0, 1],
  [1, 0, 1],
  [0, 6, 0.03125],
  [3, 12, 0.03515625],
  [12, 3, 0.03515625],
  [10, 10, 1],
  [40, 60, 0.0568879],
  [900, 1000, 0.0231088],
])("of %i and %i pictures is %d", (first, second, expected) => {
  expect(mcNemar(first, second)).toBeCloseTo(expected, 6);
});
