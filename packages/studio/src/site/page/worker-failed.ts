// What no call of an engine says: that its worker does not run.

import { StudioError } from "../../problem.ts";

/** The error for a worker that did not start. */
export function workerFailed(reason: string): StudioError {
  return new StudioError(
    "WORKER_FAILED",
    `Expected the worker of this page to start, but it failed${reason === "" ? "" : ` (${reason})`}`,
    "Reload the page. If it stays so, use a browser of 2024 or later.",
  );
}
