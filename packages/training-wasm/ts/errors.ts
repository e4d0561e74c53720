// The one error class of this package.

/**
 * What is wrong:
 *
 * - `UNSUPPORTED_ENGINE`: the engine has no WebAssembly, or none with SIMD.
 * - `BACKEND_UNAVAILABLE`: TensorFlow.js' WASM backend did not start, or is not the one that runs.
 * - `KERNELS_UNAVAILABLE`: kernels that this engine cannot run.
 * - `OUT_OF_MEMORY`: a tensor that the WASM heap (4 GiB) or this machine cannot hold.
 * - `BATCH_TOO_LARGE`: a batch of which a training step may not fit the WASM heap.
 * - `UNSUPPORTED_OPERATION`: an operation with a setting that no kernel covers.
 */
export type TrainingWasmErrorCode =
  | "UNSUPPORTED_ENGINE"
  | "BACKEND_UNAVAILABLE"
  | "KERNELS_UNAVAILABLE"
  | "OUT_OF_MEMORY"
  | "UNSUPPORTED_OPERATION"
  | "BATCH_TOO_LARGE";

/** Thrown by everything in this package, and by operations whose kernels it registered. */
export class TrainingWasmError extends Error {
  /** The name of the class. */
  override readonly name = "TrainingWasmError";
  /** What is wrong, for programs; the message tells it to people. */
  readonly code: TrainingWasmErrorCode;

  /**
   * An error of the kind `code`.
   *
   * @param code what is wrong
   * @param message what was expected, what came, and what to do next
   * @param options the error that led to this one, as its `cause`
   */
  constructor(code: TrainingWasmErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
