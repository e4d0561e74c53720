// The page's side of the worker.

import { wrap, type Remote } from "comlink";

import type { Engine } from "../engine/engine.ts";
import { passProblems, StudioError } from "../engine/problem.ts";

/** The engine in its worker: all of its methods are asynchronous. */
export type EngineLink = Remote<Engine>;

/**
 * Starts the worker.
 *
 * @throws {StudioError} `WORKER_FAILED`
 */
export async function startEngine(): Promise<EngineLink> {
  passProblems();
  const worker = new Worker(new URL("../engine/worker.ts", import.meta.url), { type: "module" });
  // Messages to a module that waits for its kernels are lost: the worker sends the first one.
  await new Promise<void>((resolve, reject) => {
    worker.addEventListener("message", () => resolve(), { once: true });
    worker.addEventListener("error", ({ message }) => {
      const reason = message === "" || message === undefined ? "" : ` (${message})`;
      reject(
        new StudioError(
          "WORKER_FAILED",
          `Expected the worker of this page to start, but it failed${reason}`,
          "Reload the page. If it stays so, use a browser of 2024 or later.",
        ),
      );
    });
  });
  return wrap<Engine>(worker);
}
