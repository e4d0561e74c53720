// One turn of a peer of the training suites, in a process of its own. In: a job. Out: what the process prints.
//
// node-turn.ts and ../peers/peers.py are the processes.

import { fileURLToPath } from "node:url";

import { pythonProgram } from "../measure/python-program.ts";
import type { RoundSettings } from "../measure/rounds.ts";
import { runTurnProcess, type Message } from "../measure/turn-process.ts";
import type { NetworkName } from "./built-in-networks.ts";

/** What is measured: a training step, predictions, or a batch of pictures loaded for a step. */
export const TRAINING_SUITES = ["train", "predict", "load"] as const;

/** A training suite by its name. */
export type TrainingSuite = (typeof TRAINING_SUITES)[number];

/** The work of a process. */
export interface Job {
  readonly suite: TrainingSuite;
  readonly network: NetworkName;
  readonly peer: string;
  readonly threads: number;
  /** Pictures per call. */
  readonly batch: number;
  /** Size of each picture that the network sees, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly classes: number;
  /** safetensors file of the `weights/...`, `pictures` and `labels`. */
  readonly input: string;
  /** Arrow file of the same pictures. */
  readonly dataset: string;
  /** `answer`: what is compared before anything is timed. */
  readonly want: "answer" | "times";
  readonly settings: RoundSettings;
}

/** Part of a step's time. */
export interface Operation {
  /** Name in the library. */
  readonly name: string;
  /** Milliseconds per step, or per picture. */
  readonly milliseconds: number;
}

/** Where the time of one step goes. */
export interface Profile {
  /** Of the whole step, by the clock, in milliseconds. */
  readonly milliseconds: number;
  /** Its parts, as the library's profiler reports them. */
  readonly operations: readonly Operation[];
}

/** What a process prints if it is asked for its answer. */
export interface AnswerMessage extends Message {
  /** Losses of the first steps, all probabilities, or a checksum of the tensor. */
  readonly values: readonly number[];
  /** Where a step's time goes, if the library has a profiler. */
  readonly profile?: Profile;
}

/** The program of a process. */
export type Program = "node" | "python";

/**
 * Runs a job to its end.
 *
 * @throws {BenchError} `NOT_INSTALLED` and `OUT_OF_MEMORY`, with the reason as their message; `NOT_MEASURED`; and the
 * signal's reason
 */
export async function runTurn<Result extends Message>(
  program: Program,
  job: Job,
  signal?: AbortSignal,
): Promise<Result> {
  // -B: leaves no compiled files beside the programs.
  const [command, flags, script] =
    program === "node"
      ? [process.execPath, [], new URL("./node-turn.js", import.meta.url)]
      : [pythonProgram(), ["-B"], new URL("../../peers/peers.py", import.meta.url)];
  const args = [...flags, fileURLToPath(script), JSON.stringify(job)];
  return runTurnProcess({ command, args, peer: job.peer, threads: job.threads }, signal);
}
