// The one error class of this package.

/**
 * The kinds of errors:
 *
 * - `INVALID_ARGUMENT`: a size, level or option outside its range.
 * - `WRONG_LENGTH`: an array whose length does not match its picture's size.
 * - `OUT_OF_MEMORY`: a picture that does not fit WebAssembly memory (4 GiB) or this machine's.
 * - `NOT_INITIALIZED`: kernels were needed before `init` or `initSync` initialized them.
 * - `UNSUPPORTED_ENGINE`: this engine has no WebAssembly, or cannot run the requested kernels.
 * - `KERNELS_UNAVAILABLE`: the `.wasm` file could not be read or compiled, or is not this package's.
 * - `WORKER_LOST`: a worker of a pool could not start, or has ended.
 * - `POOL_CLOSED`: a pool was used after its `close`.
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

/** The error that everything in this package throws. The preprocessor stays usable after it. */
export class PreprocessError extends Error {
  /** The name of the class. */
  override readonly name = "PreprocessError";
  /** What is wrong, for programs; the message is for people. */
  readonly code: PreprocessErrorCode;

  /**
   * An error of the kind `code`.
   *
   * @param code what is wrong
   * @param message what was expected, what was received, and what to do next
   * @param options the error that caused this one, as its `cause`
   */
  constructor(code: PreprocessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
