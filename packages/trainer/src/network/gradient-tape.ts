// Frees memory if computing gradients fails: TensorFlow.js does not free the tensors recorded for the backward pass, which are
// nearly all of a training step's memory.

import { engine } from "@tensorflow/tfjs-core";

/** Returns the result of `compute`, which computes gradients. Frees everything on the tape if it throws. */
export function withTape<Result>(compute: () => Result): Result {
  const { state } = engine();
  try {
    return compute();
  } catch (error) {
    const tape = state.activeTape ?? [];
    for (const { saved = [] } of tape) for (const tensor of saved) tensor.dispose();
    // The value being differentiated: during the backward pass nobody owns it yet.
    for (const tensor of tape.at(-1)?.outputs ?? []) tensor.dispose();
    state.activeTape = [];
    throw error;
  }
}
