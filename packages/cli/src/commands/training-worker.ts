// The training thread; training-thread.ts describes its messages.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { parentPort, receiveMessageOnPort, type MessagePort } from "node:worker_threads";

import {
  crossValidate,
  explain,
  findLearningRate,
  planTraining,
  train,
  type CrossValidateOptions,
  type ExplainOptions,
  type FindLearningRateOptions,
  type NetworkBuilder,
  type TrainOptions,
} from "@silhouette/trainer";

import { userNetwork } from "../configuration/user-network.ts";
import type { EventOf, FromThread, Functions, Result, Task } from "./training-thread.ts";

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

command.on("message", (message: Task | "stop") => {
  if (message === "stop") stop.abort();
  // What it throws becomes an error of the thread.
  else void answer(message);
});
command.postMessage("ready");

async function answer(task: Task): Promise<void> {
  try {
    const { network: module } = task.settings;
    const network = module === undefined ? undefined : await userNetwork(module, stop.signal);
    const result = await resultOf(task, network?.build).catch((error: unknown) => {
      throw network === undefined ? error : network.explained(error);
    });
    post({ type: "done", result });
  } catch (error) {
    if (error !== signal.reason) throw error;
    post({ type: "stopped" });
  }
}

async function resultOf(
  { run, settings }: Task,
  network: NetworkBuilder | undefined,
): Promise<Result<keyof Functions>> {
  const control = {
    signal,
    onEvent: (event: EventOf<keyof Functions>) => post({ type: "event", event }),
    ...(network && { network }),
  };
  const { network: _module, ...given } = settings;
  if (run === "train") return train({ ...(given as TrainOptions), ...control });
  if (run === "planTraining") return planTraining({ ...(given as TrainOptions), ...control });
  if (run === "explain") return explain({ ...(given as ExplainOptions), ...control });
  if (run === "crossValidate") return crossValidate({ ...(given as CrossValidateOptions), ...control });
  return findLearningRate({ ...(given as FindLearningRateOptions), ...control });
}
