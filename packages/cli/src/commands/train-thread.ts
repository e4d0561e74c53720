// Training runs in its own thread, so that signals are handled and the terminal is updated during a step. This is the command's
// side; train-worker.ts is the thread's.
//
//   command ◀── "ready" ── thread      libraries are loaded
//   command ── settings ─▶ thread
//   command ◀─ FromThread ─ thread
//   command ─── "stop" ──▶ thread      when the signal is aborted

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { Worker } from "node:worker_threads";

import type { TrainEvent, TrainOptions, TrainSummary } from "@silhouette/trainer";
import { TrainerError } from "@silhouette/trainer/light";

import { loaded } from "../outcome/libraries.ts";

/** Options that can be sent to the thread. */
export type TrainSettings = Omit<TrainOptions, "network" | "signal" | "onEvent">;

/** Messages from the thread. What it throws arrives as an error of the thread, with all its properties but without its class. */
export type FromThread =
  | { readonly type: "event"; readonly event: TrainEvent }
  | { readonly type: "done"; readonly summary: TrainSummary }
  | { readonly type: "stopped" };

/** `train` of `@silhouette/trainer`, without the options that cannot be sent. */
type Train = (settings: TrainSettings, onEvent: (event: TrainEvent) => void) => Promise<TrainSummary>;

/**
 * Starts a thread for one training, which loads `train`; `signal` stops both. The thread also loads sharp, which must be loaded here
 * first: its background threads must not be unloaded with the thread.
 *
 * @throws {Failed} `LIBRARY_UNAVAILABLE`
 */
export async function trainInThread(signal: AbortSignal): Promise<Train> {
  signal.throwIfAborted();
  const thread = new Worker(new URL("./train-worker.js", import.meta.url));
  try {
    await loaded(once(thread, "message", { signal }));
  } catch (error) {
    void thread.terminate();
    // Nothing has started: do not wait for libraries.
    signal.throwIfAborted();
    throw error;
  }
  return async (settings, onEvent) => {
    try {
      signal.throwIfAborted();
      const summary = summaryFrom(thread, signal, onEvent);
      thread.postMessage(settings);
      return await summary;
    } finally {
      void thread.terminate();
    }
  };
}

async function summaryFrom(
  thread: Worker,
  signal: AbortSignal,
  onEvent: (event: TrainEvent) => void,
): Promise<TrainSummary> {
  return new Promise((resolve, reject) => {
    const receive = (message: FromThread): void => {
      switch (message.type) {
        case "event":
          onEvent(message.event);
          return;
        case "done":
          resolve(message.summary);
          return;
        case "stopped":
          reject(signal.reason as Error);
      }
    };
    thread.on("message", (message: FromThread) => {
      try {
        receive(message);
      } catch (error) {
        reject(error);
      }
    });
    thread.once("error", (error) => reject(ofItsClass(error)));
    thread.once("exit", () => reject(new Error("The training thread ended without a result")));
    signal.addEventListener("abort", () => thread.postMessage("stop"));
  });
}

/** An error of the thread, with its class restored. */
function ofItsClass(error: Error): Error {
  const isTrainerError = error.name === "TrainerError";
  if (!isTrainerError) return error;
  const { code, message, hint, cause } = error as TrainerError;
  return new TrainerError(code, message, hint, { cause });
}
