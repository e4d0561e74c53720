// The one error class of this package.

/**
 * - `INVALID_ARGUMENT`: a command line that names no suite, or an unknown suite or flag.
 * - `ANSWERS_DIFFER`: a peer's answer is not the one it should give; nothing was timed.
 * - `NOT_MEASURED`: a peer failed before it had answered or while it was timed.
 */
export type BenchErrorCode = "INVALID_ARGUMENT" | "ANSWERS_DIFFER" | "NOT_MEASURED";

/** Thrown by everything in this package that people can put right. */
export class BenchError extends Error {
  override readonly name = "BenchError";
  readonly code: BenchErrorCode;

  constructor(code: BenchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
