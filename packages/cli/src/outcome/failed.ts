// A command that cannot do its work, for another reason than the trainer's own errors tell.

/** What is told, and how the process ends. */
export interface Failure {
  /** For programs. */
  readonly code: string;
  /** What was expected, what came, and where. */
  readonly message: string;
  /** What to do next, as a sentence. */
  readonly hint: string;
  readonly exitCode: number;
  readonly cause: unknown;
}

/** Thrown by commands. */
export class Failed extends Error {
  override readonly name = "Failed";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message, { cause: failure.cause });
    this.failure = failure;
  }
}
