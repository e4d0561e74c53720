// Computations that can be abandoned in the middle: each operation of TensorFlow.js, forward or backward, is a moment to stop.

import { engine } from "@tensorflow/tfjs-core";

/**
 * What `compute` returns. Before each of its operations `signal` is asked, by its method `throwIfAborted`; what that throws
 * ends it as an error of the operation would.
 *
 * @param compute must be synchronous
 */
export function unlessAborted<Result>(signal: AbortSignal | undefined, compute: () => Result): Result {
  if (signal === undefined) return compute();
  const running = engine();
  // All operations and all gradients come by this one method.
  running.runKernel = (...kernel) => {
    signal.throwIfAborted();
    return Object.getPrototypeOf(running).runKernel.apply(running, kernel);
  };
  try {
    return compute();
  } finally {
    // The method of its class again.
    Reflect.deleteProperty(running, "runKernel");
  }
}
