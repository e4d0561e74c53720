// Makes TensorFlow.js draw its random numbers from the one generator.
//
// What TensorFlow.js draws without a seed (initial weights, dropout masks, noise) it seeds from Math.random, deep inside
// operations that accept no generator. So Math.random is replaced by the generator during one synchronous call.

import type { Generator } from "../values/generator.ts";

/**
 * Returns the result of `compute`. Meanwhile `Math.random` returns the next numbers of `generator`: operations with their own
 * seed are not affected, and nothing is drawn that `compute` does not request.
 *
 * @param compute must be synchronous
 */
export function withDrawsOf<Result>(generator: Generator, compute: () => Result): Result {
  const { random } = Math;
  Math.random = () => generator.uniform();
  try {
    return compute();
  } finally {
    Math.random = random;
  }
}
