// TensorFlow.js' random numbers, taken from the one generator while something is computed.
//
// Whatever TensorFlow.js draws without a seed of its own (initial weights, dropout masks, noise) it seeds from Math.random,
// deep inside operations that accept no generator. So Math.random is the generator's for the length of one synchronous call.

import type { Generator } from "../values/generator.ts";

/**
 * What `compute` returns. Until then `Math.random` gives the next numbers of `generator`: draws that have a seed of their own
 * stay as they are, and nothing is drawn that `compute` does not ask for.
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
