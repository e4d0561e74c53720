// The one error class of this package.

/**
 * - `UNSUPPORTED_ENGINE`: the engine has no WebAssembly SIMD.
 * - `BACKEND_UNAVAILABLE`: TensorFlow.js' WASM backend did not start, or is not the one that runs.
 * - `KERNELS_UNAVAILABLE`: the `.wasm` file could not be read or compiled.
 * - `OUT_OF_MEMORY`: a tensor that the WASM heap (4 GiB) or this machine cannot hold.
 * - `UNSUPPORTED_OPERATION`: an operation with a setting that no kernel covers.
 */
export type TrainingWasmErrorCode =
  "UNSUPPORTED_ENGINE" | "BACKEND_UNAVAILABLE" | "KERNELS_UNAVAILABLE" | "OUT_OF_MEMORY" | "UNSUPPORTED_OPERATION";

/** Thrown by everything in this package, and by operations whose kernels it registered. */
export class TrainingWasmError extends Error {
  override readonly name = "TrainingWasmError";
  readonly code: TrainingWasmErrorCode;

  constructor(code: TrainingWasmErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
