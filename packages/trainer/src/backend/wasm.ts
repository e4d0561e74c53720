// The backend that runs everywhere: TensorFlow.js' WASM backend with the kernels of `@silhouette/training-wasm`.

import {
  adamStep,
  areFinite,
  batchNormInTraining,
  canRun,
  convReluMaxPool,
  enableTraining,
  TrainingWasmError,
  type TrainingBackend,
} from "@silhouette/training-wasm";

import { TrainerError } from "../values/errors.ts";
import type { Backend } from "./operations.ts";

/** Options for {@link startWasm}. */
export interface WasmOptions {
  /** Why this backend was chosen, as the end of a sentence. */
  readonly why?: string;
  /** Preferred kernels, used if they can run here. */
  readonly kernelSet?: string | undefined;
  /** Maximum memory of the process in bytes; the WebAssembly heap has its own limit. */
  readonly memoryBytes?: number;
}

/**
 * Starts `@silhouette/training-wasm`, with threads if the engine has them. TensorFlow.js computes on it from then on.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE`
 */
export async function startWasm({
  why = "which runs everywhere",
  kernelSet,
  memoryBytes = Infinity,
}: WasmOptions = {}): Promise<Backend> {
  let backend: TrainingBackend;
  try {
    const isKnown = kernelSet === "simd128" || kernelSet === "relaxed";
    backend = await enableTraining(isKnown && canRun(kernelSet) ? { kernelSet } : {});
  } catch (cause) {
    if (!(cause instanceof TrainingWasmError)) throw cause;
    throw new TrainerError(
      "BACKEND_UNAVAILABLE",
      cause.message,
      cause.code === "OUT_OF_MEMORY"
        ? "Raise the memory limit (ulimit -v), or close other programs."
        : "Run it with Node.js 20.19 or later on a machine with SIMD; in a clone, build it with: npx turbo build",
      { cause },
    );
  }
  return {
    name: "wasm",
    kernelSet: backend.kernelSet,
    reason: `WebAssembly on ${threadsText(backend)}, ${why}.`,
    memoryLimitBytes: Math.min(backend.heapLimit, memoryBytes),
    // Partial sums of the kernels, and the workspace of each thread.
    baseBytes: (48 + 2 * backend.threads) * 2 ** 20,
    operations: { convReluMaxPool, batchNormInTraining, adamStep, areFinite, mapsBeforePooling: 0 },
  };
}

function threadsText({ threads, oneThreadBecause }: TrainingBackend): string {
  const count = threads === 1 ? "1 thread" : `${threads} threads`;
  return oneThreadBecause === null ? count : `${count} (${oneThreadBecause})`;
}
