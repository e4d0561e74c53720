// Work that was stopped by a signal.

import { EXIT } from "./exit-codes.ts";

/** Signals that stop the work, and the exit codes that shells expect. */
export const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp } as const;

/** The reason of an `AbortSignal` that was aborted by a signal of the system. */
export class Stopped extends Error {
  readonly signal: keyof typeof SIGNALS;
  /** What was written, and how to continue. */
  hint = "Nothing was written.";

  constructor(signal: keyof typeof SIGNALS) {
    super(`Stopped by ${signal === "SIGINT" ? "Ctrl-C" : signal}`);
    this.signal = signal;
  }
}
