// Training runs in its own thread, so that signals are handled and the terminal is updated during a step. This is the command's
// side; training-worker.ts is the thread's.
//
//   command ◀── "ready" ── thread      libraries are loaded
//   command ──── Task ────▶ thread      one, or several after one another
//   command ◀─ FromThread ─ thread
//   command ─── "stop" ──▶ thread      when the signal is aborted

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { Worker } from "node:worker_threads";

import type { crossValidate, explain, findLearningRate, planTraining, train } from "@silhouette/trainer";
import { TrainerError } from "@silhouette/trainer/light";

import { Failed } from "../outcome/failed.ts";
import { loaded } from "../outcome/libraries.ts";

/** The functions of `@silhouette/trainer` that a thread can run, by name. */
export interface Functions {
  readonly train: typeof train;
  readonly planTraining: typeof planTraining;
  readonly crossValidate: typeof crossValidate;
  readonly explain: typeof explain;
  readonly findLearningRate: typeof findLearningRate;
}

/** Options of a function that can be sent to the thread. */
export type Settings<Name extends keyof Functions> = Omit<
  Parameters<Functions[Name]>[0],
  "network" | "signal" | "onEvent"
> & {
  /** Absolute path of a module whose default export builds the network. */
  readonly network?: string;
};

/** Event of a function. */
export type EventOf<Name extends keyof Functions> = Parameters<
  NonNullable<Parameters<Functions[Name]>[0]["onEvent"]>
>[0];

/** Result of a function. */
export type Result<Name extends keyof Functions> = Awaited<ReturnType<Functions[Name]>>;

/** What the thread has to do. */
export type Task = {
  readonly [Name in keyof Functions]: { readonly run: Name; readonly settings: Settings<Name> };
}[keyof Functions];

/** Messages from the thread. What it throws arrives as an error of the thread, with all its properties but without its class. */
export type FromThread =
  | { readonly type: "event"; readonly event: EventOf<keyof Functions> }
  | { readonly type: "done"; readonly result: Result<keyof Functions> }
  | { readonly type: "stopped" };

/** A function of the trainer, without the options that cannot be sent. */
type InThread<Name extends keyof Functions> = (
  settings: Settings<Name>,
  onEvent: (event: EventOf<Name>) => void,
) => Promise<Result<Name>>;

/** A thread that trains, until it is ended. */
export interface TrainingThread {
  /** Calls a function of the trainer. One call at a time. */
  readonly call: <Name extends keyof Functions>(
    run: Name,
    settings: Settings<Name>,
    onEvent: (event: EventOf<Name>) => void,
  ) => Promise<Result<Name>>;
  readonly end: () => void;
}

/**
 * Starts a thread; `signal` stops what it does. The thread also loads sharp, which is loaded here first: its background threads must not be
 * unloaded with the thread.
 *
 * @throws {Failed} `LIBRARY_UNAVAILABLE`
 */
export async function startThread(signal: AbortSignal): Promise<TrainingThread> {
  signal.throwIfAborted();
  await loaded(import("sharp"));
  signal.throwIfAborted();
  const thread = new Worker(new URL("./training-worker.js", import.meta.url));
  try {
    await loaded(once(thread, "message", { signal }));
  } catch (error) {
    void thread.terminate();
    // Nothing has started: do not wait for libraries.
    signal.throwIfAborted();
    throw error;
  }
  return {
    call: async <Name extends keyof Functions>(
      run: Name,
      settings: Settings<Name>,
      onEvent: (event: EventOf<Name>) => void,
    ): Promise<Result<Name>> => {
      signal.throwIfAborted();
      const result = resultFrom(thread, signal, onEvent);
      thread.postMessage({ run, settings });
      return (await result) as Result<Name>;
    },
    end: () => void thread.terminate(),
  };
}

/** Starts a thread for one call of the function `run`. */
export async function inThread<Name extends keyof Functions>(run: Name, signal: AbortSignal): Promise<InThread<Name>> {
  const thread = await startThread(signal);
  return async (settings, onEvent): Promise<Result<Name>> => {
    try {
      return await thread.call(run, settings, onEvent);
    } finally {
      thread.end();
    }
  };
}

async function resultFrom(
  thread: Worker,
  signal: AbortSignal,
  onEvent: (event: EventOf<keyof Functions>) => void,
): Promise<Result<keyof Functions>> {
  const over = new AbortController();
  const result = new Promise<Result<keyof Functions>>((resolve, reject) => {
    const receive = (message: FromThread): void => {
      switch (message.type) {
        case "event":
          onEvent(message.event);
          return;
        case "done":
          resolve(message.result);
          return;
        case "stopped":
          reject(signal.reason as Error);
      }
    };
    const listeners = {
      message: (message: FromThread): void => {
        try {
          receive(message);
        } catch (error) {
          reject(error);
        }
      },
      error: (error: Error): void => reject(ofItsClass(error)),
      exit: (): void => reject(new Error("The training thread ended without a result")),
    };
    for (const [name, listener] of Object.entries(listeners)) {
      thread.on(name, listener);
      over.signal.addEventListener("abort", () => thread.off(name, listener));
    }
    signal.addEventListener("abort", () => thread.postMessage("stop"), { signal: over.signal });
  });
  return result.finally(() => over.abort());
}

/** An error of the thread, with its class restored. */
function ofItsClass(error: Error): Error {
  if (error.name === "Failed") return new Failed((error as Failed).failure);
  if (error.name !== "TrainerError") return error;
  const { code, message, hint, cause } = error as TrainerError;
  return new TrainerError(code, message, hint, { cause });
}
