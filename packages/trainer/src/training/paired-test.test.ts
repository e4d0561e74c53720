// McNemar's test equals SciPy's binomtest.

import { expect, it } from "vitest";

import { mcNemar } from "./paired-test.ts";

// scipy.stats.binomtest(first, first + second).pvalue, SciPy 1.17
it.each([
  [0, 0, 1],
  [1, 0, 1],
  [0, 6, 0.03125],
  [3, 12, 0.03515625],
  [12, 3, 0.03515625],
  [10, 10, 1],
  [40, 60, 0.0568879],
  [900, 1000, 0.0231106],
])("of %i and %i pictures is %d", (first, second, expected) => {
  expect(mcNemar(first, second)).toBeCloseTo(expected, 6);
});
