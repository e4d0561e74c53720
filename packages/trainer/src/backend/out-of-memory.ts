// Tensors that memory cannot hold, whatever the plan was.

import { TrainingWasmError } from "@silhouette/training-wasm";

import { TrainerError } from "../values/errors.ts";

/** What `compute` returns. @throws {TrainerError} `BATCH_TOO_LARGE` if memory cannot hold one of its tensors */
export function computeOrExplain<Result>(compute: () => Result): Result {
  try {
    return compute();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const isOutOfMemory =
      cause instanceof TrainingWasmError ? cause.code === "OUT_OF_MEMORY" : message.includes("OOM when allocating");
    if (!isOutOfMemory) throw cause;
    throw new TrainerError("BATCH_TOO_LARGE", message, "Use smaller batches, or smaller pictures.", { cause });
  }
}
