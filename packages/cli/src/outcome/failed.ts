// Errors of commands, besides those of the trainer.

/** What is reported, and how the process ends. */
export interface Failure {
  /** For programs. */
  readonly code: string;
  /** What was expected, what was received, and where. */
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
