// Why the work was stopped from outside.

import { EXIT } from "./exit-codes.ts";

/** Signals that stop the work, and the exit codes that shells expect. */
export const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp } as const;

/** The reason of an `AbortSignal` that a signal of the system has set. */
export class Stopped extends Error {
  readonly signal: keyof typeof SIGNALS;
  /** What is left, and how to go on. */
  hint = "Nothing was written.";

  constructor(signal: keyof typeof SIGNALS) {
    super(`Stopped by ${signal === "SIGINT" ? "Ctrl-C" : signal}`);
    this.signal = signal;
  }
}
