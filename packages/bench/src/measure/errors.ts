// The one error class of this package.

/**
 * What is wrong:
 *
 * - `ANSWERS_DIFFER`: a peer's answer is not the one it should give; it was not timed.
 * - `NOT_MEASURED`: a peer failed before it had answered or while it was timed.
 * - `NOT_INSTALLED`: a peer that this machine lacks.
 * - `OUT_OF_MEMORY`: a peer whose memory does not hold a batch.
 * - `NOT_A_RESULT`: a file that is no result of a benchmark.
 */
export type BenchErrorCode = "ANSWERS_DIFFER" | "NOT_MEASURED" | "NOT_INSTALLED" | "OUT_OF_MEMORY" | "NOT_A_RESULT";

/** Thrown by everything in this package that people can put right. */
export class BenchError extends Error {
  /** The name of the class. */
  override readonly name = "BenchError";
  /** What is wrong, for programs; the message tells it to people. */
  readonly code: BenchErrorCode;

  /**
   * An error of the kind `code`.
   *
   * @param code what is wrong
   * @param message what was expected, and what came
   * @param options the error that led to this one, as its `cause`
   */
  constructor(code: BenchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
