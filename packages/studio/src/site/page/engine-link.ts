// The page's side of the worker.

import { wrap, type Remote } from "comlink";

import type { Engine } from "../engine/engine.ts";
import { passProblems, StudioError } from "../engine/problem.ts";

/** The engine in its worker: all of its methods are asynchronous. */
export type EngineLink = Remote<Engine>;

/** An engine that is being started. */
export interface StartedEngine {
  /** The engine: what is asked of it waits until it has started. */
  readonly engine: EngineLink;
  /** Throws {@link StudioError} `WORKER_FAILED`. What was asked of the engine then has no answer. */
  readonly whenReady: Promise<void>;
}

/** Starts the worker. */
export function startEngine(): StartedEngine {
  passProblems();
  const worker = new Worker(new URL("../engine/worker.ts", import.meta.url), { type: "module" });
  // Messages to a module that waits for its kernels are lost: the worker sends the first one.
  const whenReady = new Promise<void>((resolve, reject) => {
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
  const engine = wrap<Engine>({
    addEventListener: worker.addEventListener.bind(worker),
    removeEventListener: worker.removeEventListener.bind(worker),
    postMessage: (message: unknown, transferred: Transferable[] = []) => {
      // The order of messages is kept.
      whenReady.then(
        () => worker.postMessage(message, transferred),
        () => undefined,
      );
    },
  });
  return { engine, whenReady };
}
