// The one error class of this package.

/**
 * What is wrong:
 *
 * - `ANSWERS_DIFFER`: a peer's answer is not the one it should give; nothing was timed.
 * - `NOT_MEASURED`: a peer failed before it had answered or while it was timed.
 * - `NOT_INSTALLED`: a peer that this machine lacks.
 * - `NOT_A_RESULT`: a file that is no result of a benchmark.
 */
export type BenchErrorCode = "ANSWERS_DIFFER" | "NOT_MEASURED" | "NOT_INSTALLED" | "NOT_A_RESULT";

/** Thrown by everything in this package that people can put right. */
export class BenchError extends Error {
  override readonly name = "BenchError";
  readonly code: BenchErrorCode;

  constructor(code: BenchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
