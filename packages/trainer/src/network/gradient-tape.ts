// Gradients that leave nothing behind where they fail: TensorFlow.js forgets the tensors that it has recorded for the backward
// pass, which are nearly all memory of a training step.

import { engine } from "@tensorflow/tfjs-core";

/** What `compute` returns, which asks TensorFlow.js for gradients; whatever it has recorded is freed if it throws. */
export function withTape<Result>(compute: () => Result): Result {
  const { state } = engine();
  try {
    return compute();
  } catch (error) {
    const tape = state.activeTape ?? [];
    for (const { saved = [] } of tape) for (const tensor of saved) tensor.dispose();
    // The value whose gradients were asked for: in the backward pass it is nobody's yet.
    for (const tensor of tape.at(-1)?.outputs ?? []) tensor.dispose();
    state.activeTape = [];
    throw error;
  }
}
