// A training has a thread of its own, so that signals are heard and the terminal moves while a step is computed. This is the
// command's side; train-worker.ts is the thread's.
//
//   command ◀── "ready" ── thread      its libraries are loaded
//   command ── settings ─▶ thread
//   command ◀─ FromThread ─ thread
//   command ─── "stop" ──▶ thread      if the signal is aborted

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { Worker } from "node:worker_threads";

import type { TrainEvent, TrainOptions, TrainSummary } from "@silhouette/trainer";
import { TrainerError } from "@silhouette/trainer/light";

import { loaded } from "../outcome/libraries.ts";

/** The options that can be sent. */
export type TrainSettings = Omit<TrainOptions, "network" | "signal" | "onEvent">;

/** What comes from a training. What it throws comes as an error of the thread, with all its properties but without its class. */
export type FromThread =
  | { readonly kind: "event"; readonly event: TrainEvent }
  | { readonly kind: "done"; readonly summary: TrainSummary }
  | { readonly kind: "stopped" };

/** `train` of `@silhouette/trainer`, but for what cannot be sent. */
type Train = (settings: TrainSettings, onEvent: (event: TrainEvent) => void) => Promise<TrainSummary>;

/**
 * Has a thread load `train`, for one training; `signal` stops both. sharp, which the thread loads too, has to be loaded here
 * before: what it runs in the background must not be unloaded with the thread.
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
    // Nothing has begun: libraries need not be waited for.
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
      switch (message.kind) {
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
    thread.once("exit", () => reject(new Error("The thread of the training has ended without a result")));
    signal.addEventListener("abort", () => thread.postMessage("stop"));
  });
}

/** An error of the thread, as what it was there. */
function ofItsClass(error: Error): Error {
  const isTrainerError = error.name === "TrainerError";
  if (!isTrainerError) return error;
  const { code, message, hint, cause } = error as TrainerError;
  return new TrainerError(code, message, hint, { cause });
}
