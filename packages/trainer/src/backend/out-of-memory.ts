// Errors for tensors that do not fit into memory, despite the memory plan.

import { TrainingWasmError } from "@silhouette/training-wasm";

import { TrainerError } from "../values/errors.ts";

/** Returns the result of `compute`. @throws {TrainerError} `BATCH_TOO_LARGE` if one of its tensors does not fit into memory */
export function computeOrExplain<Result>(compute: () => Result): Result {
  try {
    return compute();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const isOutOfMemory =
      cause instanceof TrainingWasmError ? cause.code === "OUT_OF_MEMORY" : message.includes("OOM when allocating");
    if (!isOutOfMemory) throw cause;
    throw new TrainerError("BATCH_TOO_LARGE", message, "Use smaller batches or smaller pictures.", { cause });
  }
}
