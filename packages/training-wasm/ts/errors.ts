// The one error class of this package.

/**
 * The kinds of errors:
 *
 * - `UNSUPPORTED_ENGINE`: the engine has no WebAssembly, or no SIMD.
 * - `BACKEND_UNAVAILABLE`: TensorFlow.js' WASM backend did not start, or is not the current one.
 * - `KERNELS_UNAVAILABLE`: this engine cannot run the kernels, or a thread has ended.
 * - `OUT_OF_MEMORY`: a tensor does not fit the WASM heap (4 GiB) or this machine's memory.
 * - `BATCH_TOO_LARGE`: a training step of this batch may not fit the WASM heap.
 * - `UNSUPPORTED_OPERATION`: an operation with a setting that no kernel supports.
 * - `MODEL_NOT_FOUND`, `MODEL_DAMAGED`: a saved model does not exist, or is not what was saved.
 * - `OUTPUT_UNWRITABLE`: a model or an event file cannot be written.
 * - `PICTURE_UNUSABLE`: a picture of another format than those that are decoded, or a damaged one.
 * - `SHARP_UNAVAILABLE`: the package sharp, which decodes and encodes pictures, is not installed.
 */
export type TrainingWasmErrorCode =
  | "UNSUPPORTED_ENGINE"
  | "BACKEND_UNAVAILABLE"
  | "KERNELS_UNAVAILABLE"
  | "OUT_OF_MEMORY"
  | "UNSUPPORTED_OPERATION"
  | "BATCH_TOO_LARGE"
  | "MODEL_NOT_FOUND"
  | "MODEL_DAMAGED"
  | "OUTPUT_UNWRITABLE"
  | "PICTURE_UNUSABLE"
  | "SHARP_UNAVAILABLE";

/** The error that everything in this package throws, and operations whose kernels it registered. */
export class TrainingWasmError extends Error {
  /** The name of the class. */
  override readonly name = "TrainingWasmError";
  /** What is wrong, for programs; the message is for people. */
  readonly code: TrainingWasmErrorCode;

  /**
   * An error of the kind `code`.
   *
   * @param code what is wrong
   * @param message what was expected, what was received, and what to do next
   * @param options the error that caused this one, as its `cause`
   */
  constructor(code: TrainingWasmErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
