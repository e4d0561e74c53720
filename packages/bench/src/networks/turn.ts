// One turn of a peer of the suite networks, in a process of its own. In: a job. Out: what the process prints.
//
// node-turn.ts is the process.

import { fileURLToPath } from "node:url";

import type { RoundSettings } from "../measure/rounds.ts";
import type { TensorflowPeer } from "../measure/tensorflow-backends.ts";
import { runTurnProcess, type Message } from "../measure/turn-process.ts";
import type { Use } from "./networks.ts";
import type { Answer } from "./work.ts";

/** The work of a process. */
export interface Job {
  /** Of the network. */
  readonly network: string;
  readonly use: Use;
  readonly peer: TensorflowPeer;
  readonly threads: number;
  /** `answer`: what is compared before anything is timed. */
  readonly want: "answer" | "times";
  readonly settings: RoundSettings;
}

/** What a process prints if it is asked for its answer. */
export type AnswerMessage = Message & Answer;

/**
 * Runs a job to its end, but not longer than `longestMilliseconds`.
 *
 * @throws {BenchError} `NOT_INSTALLED` and `OUT_OF_MEMORY`, with the reason as their message; `NOT_MEASURED`; and the
 * signal's reason
 */
export async function runTurn<Result extends Message>(
  job: Job,
  limits: { readonly longestMilliseconds?: number; readonly signal?: AbortSignal },
): Promise<Result> {
  const { signal, ...limit } = limits;
  const script = fileURLToPath(new URL("./node-turn.js", import.meta.url));
  const args = [script, JSON.stringify(job)];
  return runTurnProcess({ command: process.execPath, args, peer: job.peer, threads: job.threads, ...limit }, signal);
}
