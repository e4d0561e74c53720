// The error class of this package.

/**
 * What is wrong:
 *
 * - `ANSWERS_DIFFER`: a peer's answer is not the expected one; it was not timed.
 * - `NOT_MEASURED`: a peer failed while it answered or was timed.
 * - `NOT_INSTALLED`: a peer that is not installed.
 * - `OUT_OF_MEMORY`: a peer that has no memory for a batch.
 * - `NOT_A_RESULT`: a file that is not the result of a benchmark.
 * - `RESULT_VERSION`: a result in a format that this version does not read.
 * - `RESULT_SUITE`: a result of another suite than expected.
 * - `RESULT_PARTIAL`: a result of a run that did not reach its end.
 * - `NOT_A_PAGE`: a file in the place of the page of results that is not one.
 * - `UNKNOWN_PEER`: a name that no peer of the suite has.
 * - `NO_PHOTOGRAPHS`: a folder of photographs that is none, or that `silhouette prepare` cannot prepare.
 */
export type BenchErrorCode =
  | "ANSWERS_DIFFER"
  | "NOT_MEASURED"
  | "NOT_INSTALLED"
  | "OUT_OF_MEMORY"
  | "NOT_A_RESULT"
  | "RESULT_VERSION"
  | "RESULT_SUITE"
  | "RESULT_PARTIAL"
  | "NOT_A_PAGE"
  | "UNKNOWN_PEER"
  | "NO_PHOTOGRAPHS";

/** Thrown by everything in this package. */
export class BenchError extends Error {
  /** The name of the class. */
  override readonly name = "BenchError";
  /** What is wrong, for programs; the message is for people. */
  readonly code: BenchErrorCode;
  /** What to do next, as a sentence. */
  readonly hint: string;

  /**
   * An error of the kind `code`.
   *
   * @param code what is wrong
   * @param message what was expected, and what was received
   * @param hint what to do next, as a sentence
   * @param options the error that led to this one, as its `cause`
   */
  constructor(code: BenchErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** A peer's answer is not the expected one. */
export function answersDiffer(message: string): BenchError {
  return new BenchError("ANSWERS_DIFFER", message, "Please report it, with the version of the peer.");
}

/** A peer failed while it answered or was timed. */
export function notMeasured(message: string, cause?: unknown): BenchError {
  return new BenchError("NOT_MEASURED", message, "Try a smaller --batch, or close other programs.", { cause });
}

/** A peer is not installed; the reason is the message. */
export function notInstalled(reason: string, cause?: unknown): BenchError {
  return new BenchError("NOT_INSTALLED", reason, "In a clone, run: npm run setup -- --peers", { cause });
}
