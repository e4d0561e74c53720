// The page's side of the worker.

import { wrap, type Remote } from "comlink";

import type { Engine } from "../engine/engine.ts";
import { passProblems } from "../engine/pass-problems.ts";
import type { Sign } from "../engine/signs.ts";
import { workerFailed } from "./worker-failed.ts";

/** The engine in its worker: all of its methods are asynchronous. */
export type EngineLink = Remote<Engine>;

/** An engine that is being started. */
export interface StartedEngine {
  /** The engine: what is asked of it waits until it has started. */
  readonly engine: EngineLink;
  /** Throws {@link StudioError} `WORKER_FAILED`. What was asked of the engine then has no answer. */
  readonly whenReady: Promise<void>;
}

/**
 * Time that threads get to start, in milliseconds, once all code is there; twice as much at each try. It takes a fifth of a second, but
 * in Firefox that WebDriver BiDi drives, some threads never run.
 */
const START_MS = 4000;

/** How often the worker is started before that is an error. */
const TRIES = 3;

/** Starts the worker. */
export function startEngine(): StartedEngine {
  passProblems();
  const started = startedWorker();
  /** Calls wait for the worker, in their order. */
  const later = (call: (worker: Worker) => void): void => void started.then(call, () => undefined);
  const engine = wrap<Engine>({
    addEventListener: (...listener) => later((worker) => worker.addEventListener(...listener)),
    removeEventListener: (...listener) => later((worker) => worker.removeEventListener(...listener)),
    postMessage: (message: unknown, transferred: Transferable[] = []) =>
      later((worker) => worker.postMessage(message, transferred)),
  });
  return { engine, whenReady: started.then(() => undefined) };
}

/** @throws {StudioError} `WORKER_FAILED` */
async function startedWorker(): Promise<Worker> {
  for (let limit = START_MS; limit < START_MS * 2 ** TRIES; limit *= 2) {
    const worker = new Worker(new URL("../engine/worker.ts", import.meta.url), { type: "module" });
    const started = signOf(worker, "started");
    await Promise.race([signOf(worker, "loaded"), started]);
    const isLate = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), limit));
    if (!(await Promise.race([started.then(() => false), isLate]))) return worker;
    worker.terminate();
  }
  throw workerFailed("its threads do not run");
}

/** Waits for a sign of the worker. */
function signOf(worker: Worker, sign: Sign): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => {
      if (data === sign) resolve();
    });
    worker.addEventListener("error", ({ message }) => reject(workerFailed(message ?? "")));
  });
}
