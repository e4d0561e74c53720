// Gradients that leave nothing behind where they fail: TensorFlow.js forgets the tensors that it has recorded for the backward
// pass, which are nearly all memory of a training step.

import { engine } from "@tensorflow/tfjs-core";

/** What `compute` returns, which asks TensorFlow.js for gradients; whatever it has recorded is freed if it throws. */
export function withTape<Result>(compute: () => Result): Result {
  const { state } = engine();
  try {
    return compute();
  } catch (error) {
    for (const { saved = [] } of state.activeTape ?? []) for (const tensor of saved) tensor.dispose();
    state.activeTape = [];
    throw error;
  }
}
