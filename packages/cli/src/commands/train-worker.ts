// The thread of a training; train-thread.ts tells what comes and goes.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { parentPort, receiveMessageOnPort, type MessagePort } from "node:worker_threads";

import { train } from "@silhouette/trainer";

import type { FromThread, TrainSettings } from "./train-thread.ts";

const command = parentPort as MessagePort;
const post = (message: FromThread): void => command.postMessage(message);

const stop = new AbortController();
/** While the thread computes nothing, it hears of a stop as of everything; while it computes, by looking for it. */
const signal = Object.assign(stop.signal, {
  throwIfAborted(): void {
    if (receiveMessageOnPort(command) !== undefined) stop.abort();
    if (stop.signal.aborted) throw stop.signal.reason;
  },
});

command.postMessage("ready");
const [settings] = (await once(command, "message")) as [TrainSettings];
command.on("message", () => stop.abort());
try {
  const summary = await train({ ...settings, signal, onEvent: (event) => post({ kind: "event", event }) });
  post({ kind: "done", summary });
} catch (error) {
  if (error !== signal.reason) throw error;
  post({ kind: "stopped" });
}
