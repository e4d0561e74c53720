// The training thread; train-thread.ts describes its messages.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { parentPort, receiveMessageOnPort, type MessagePort } from "node:worker_threads";

import { train } from "@silhouette/trainer";

import type { FromThread, TrainSettings } from "./train-thread.ts";

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
const [settings] = (await once(command, "message")) as [TrainSettings];
command.on("message", () => stop.abort());
try {
  const summary = await train({ ...settings, signal, onEvent: (event) => post({ type: "event", event }) });
  post({ type: "done", summary });
} catch (error) {
  if (error !== signal.reason) throw error;
  post({ type: "stopped" });
}
