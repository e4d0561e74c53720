// Which backend computes. The only file that knows backends by their names.

import { enableTraining, TrainingWasmError, type TrainingBackend } from "@silhouette/training-wasm";

import { TrainerError } from "./errors.ts";
import { totalMemory } from "./machine-memory.ts";

/** What may be asked for: `auto` takes the fastest that is there. */
export const BACKEND_CHOICES = ["auto", "wasm"] as const;

/** A backend, or `auto`. */
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

/** A backend that is ready. */
export interface Backend {
  readonly name: "wasm";
  /** Which kernels run: with the same set, the same inputs give the same bytes. */
  readonly kernelSet: string;
  /** Why this one, as a sentence. */
  readonly reason: string;
  /** Bytes that all tensors together may take. */
  readonly memoryLimit: number;
}

/**
 * Starts a backend; there is no other to fall back to.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE`
 */
export async function startBackend(choice: BackendChoice): Promise<Backend> {
  let backend: TrainingBackend;
  try {
    backend = await enableTraining();
  } catch (cause) {
    if (!(cause instanceof TrainingWasmError)) throw cause;
    throw new TrainerError(
      "BACKEND_UNAVAILABLE",
      cause.message,
      "Run it with Node 20.19 or later on a machine with SIMD; in a clone, build it with: npx turbo build",
      { cause },
    );
  }
  return {
    name: "wasm",
    kernelSet: backend.kernelSet,
    reason:
      choice === "auto"
        ? "WebAssembly, since no native backend is part of this version."
        : "WebAssembly, as it was asked for.",
    memoryLimit: Math.min(backend.heapLimit, totalMemory()),
  };
}

/** Runs `compute`; a heap that cannot grow becomes an error of this package, whatever its plan was. */
export function computeOrExplain<Result>(compute: () => Result): Result {
  try {
    return compute();
  } catch (cause) {
    if (!(cause instanceof TrainingWasmError) || cause.code !== "OUT_OF_MEMORY") throw cause;
    throw new TrainerError("BATCH_TOO_LARGE", cause.message, "Use a smaller --batch, or a smaller --size.", { cause });
  }
}
