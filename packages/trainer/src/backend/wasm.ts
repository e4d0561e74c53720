// The backend that runs everywhere: TensorFlow.js' WebAssembly with the kernels of `@silhouette/training-wasm`.

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

/** How {@link startWasm} goes about it. */
export interface WasmOptions {
  /** Why this backend, as the end of a sentence. */
  readonly why?: string;
  /** The kernels that are wanted, if they can run here. */
  readonly kernelSet?: string | undefined;
  /** Bytes that the process may take; the heap of WebAssembly has a limit of its own. */
  readonly memoryBytes?: number;
}

/**
 * Starts `@silhouette/training-wasm`, on threads where the engine has them. TensorFlow.js computes on it from then on.
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
        ? "Raise the limit of memory (ulimit -v), or close other programs."
        : "Run it with Node 20.19 or later on a machine with SIMD; in a clone, build it with: npx turbo build",
      { cause },
    );
  }
  return {
    name: "wasm",
    kernelSet: backend.kernelSet,
    reason: `WebAssembly on ${threadsText(backend)}, ${why}.`,
    memoryLimitBytes: Math.min(backend.heapLimit, memoryBytes),
    // Sums that the parts of a kernel keep, and each thread's workspace.
    baseBytes: (48 + 2 * backend.threads) * 2 ** 20,
    operations: { convReluMaxPool, batchNormInTraining, adamStep, areFinite, mapsBeforePooling: 0 },
  };
}

function threadsText({ threads, oneThreadBecause }: TrainingBackend): string {
  const count = threads === 1 ? "1 thread" : `${threads} threads`;
  return oneThreadBecause === null ? count : `${count} (${oneThreadBecause})`;
}
