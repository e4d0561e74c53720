// Aborts computations in the middle: before each operation of TensorFlow.js, forward or backward.

import { engine, Identity } from "@tensorflow/tfjs-core";

/**
 * Returns the result of `compute`. Calls `signal.throwIfAborted` before each of its operations; what that throws ends the
 * computation like an error of the operation.
 *
 * @param compute must be synchronous
 */
export function unlessAborted<Result>(signal: AbortSignal | undefined, compute: () => Result): Result {
  if (signal === undefined) return compute();
  const running = engine();
  // All operations, including gradients, go through this one method.
  running.runKernel = (...kernel) => {
    // Not before a clone, which costs nothing: TensorFlow.js keeps the clones that a gradient needs, and frees none if another one fails.
    if (kernel[0] !== Identity) signal.throwIfAborted();
    return Object.getPrototypeOf(running).runKernel.apply(running, kernel);
  };
  try {
    return compute();
  } finally {
    // Restores the method of the class.
    Reflect.deleteProperty(running, "runKernel");
  }
}
