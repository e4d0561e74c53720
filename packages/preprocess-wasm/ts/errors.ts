// The one error class of this package.

/**
 * What is wrong:
 *
 * - `INVALID_ARGUMENT`: a size, level or option outside its range.
 * - `WRONG_LENGTH`: an array that does not hold what its picture's size says.
 * - `OUT_OF_MEMORY`: a picture that WebAssembly memory (4 GiB) or this machine cannot hold.
 * - `NOT_INITIALIZED`: kernels were wanted before `init` or `initSync` made them ready.
 * - `UNSUPPORTED_ENGINE`: this engine has no WebAssembly, or cannot run the kernels that were asked for.
 * - `KERNELS_UNAVAILABLE`: the `.wasm` file could not be read or compiled, or is not this package's.
 * - `WORKER_LOST`: a pool's worker could not start, or has ended.
 * - `POOL_CLOSED`: pictures were wanted of a pool after its `close`.
 */
export type PreprocessErrorCode =
  | "INVALID_ARGUMENT"
  | "WRONG_LENGTH"
  | "OUT_OF_MEMORY"
  | "NOT_INITIALIZED"
  | "UNSUPPORTED_ENGINE"
  | "KERNELS_UNAVAILABLE"
  | "WORKER_LOST"
  | "POOL_CLOSED";

/** Thrown by everything in this package. After it the preprocessor stays usable. */
export class PreprocessError extends Error {
  /** The name of the class. */
  override readonly name = "PreprocessError";
  /** What is wrong, for programs; the message tells it to people. */
  readonly code: PreprocessErrorCode;

  /**
   * An error of the kind `code`.
   *
   * @param code what is wrong
   * @param message what was expected, what came, and what to do next
   * @param options the error that led to this one, as its `cause`
   */
  constructor(code: PreprocessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
