// The page's side of the worker.

import { wrap, type Remote } from "comlink";

import type { Engine } from "../engine/engine.ts";
import { passProblems, StudioError } from "../engine/problem.ts";

/** The engine in its worker: all of its methods are asynchronous. */
export type EngineLink = Remote<Engine>;

/**
 * Starts the worker.
 *
 * @param onFailure called with a problem if it cannot be loaded, which no call would say
 */
export function startEngine(onFailure: (error: StudioError) => void): EngineLink {
  passProblems();
  const worker = new Worker(new URL("../engine/worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("error", ({ message }) => {
    const reason = message === "" || message === undefined ? "" : ` (${message})`;
    onFailure(
      new StudioError(
        "WORKER_FAILED",
        `Expected the worker of this page to run, but it failed${reason}`,
        "Reload the page. If it stays so, use a browser of 2024 or later.",
      ),
    );
  });
  return wrap<Engine>(worker);
}
