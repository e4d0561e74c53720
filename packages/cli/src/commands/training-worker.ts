// The training thread; training-thread.ts describes its messages.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { parentPort, receiveMessageOnPort, type MessagePort } from "node:worker_threads";

import { crossValidate, findLearningRate, train } from "@silhouette/trainer";

import type { EventOf, FromThread, Functions, Task } from "./training-thread.ts";

const command = parentPort as MessagePort;
const post = (message: FromThread): void => command.postMessage(message);

const stop = new AbortController();
/** Between computations, a stop arrives as a message; during one, the thread has to look for it. */
const signal = Object.assign(stop.signal, {
  throwIfAborted(): void {
    if (receiveMessageOnPort(command) !== undefined) stop.abort();
    if (stop.signal.aborted) throw stop.signal.reason;
  },
});

command.postMessage("ready");
const [task] = (await once(command, "message")) as [Task];
command.on("message", () => stop.abort());
const control = { signal, onEvent: (event: EventOf<keyof Functions>) => post({ type: "event", event }) };
try {
  post({ type: "done", result: await resultOf(task) });
} catch (error) {
  if (error !== signal.reason) throw error;
  post({ type: "stopped" });
}

async function resultOf({ run, settings }: Task): Promise<Extract<FromThread, { readonly type: "done" }>["result"]> {
  if (run === "train") return train({ ...settings, ...control });
  if (run === "crossValidate") return crossValidate({ ...settings, ...control });
  return findLearningRate({ ...settings, ...control });
}
