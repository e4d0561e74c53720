// One turn of a peer of the training suites, in a process of its own: turns do not affect each other, peak memory is that
// of the peer, and only one peer's tensors are in memory at a time.
//
// In: a job. Out: what the process prints on its last line. node-turn.ts and ../peers/peers.py are the processes.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

import { BenchError, notInstalled, notMeasured } from "../measure/errors.ts";
import { NOT_INSTALLED, pythonProgram } from "../measure/python-program.ts";
import type { RoundSettings, Turn } from "../measure/rounds.ts";

/** What is measured: a training step, predictions, or a batch of pictures loaded for a step. */
export const TRAINING_SUITES = ["train", "predict", "load"] as const;

/** A training suite by its name. */
export type TrainingSuite = (typeof TRAINING_SUITES)[number];

/** The work of a process. */
export interface Job {
  readonly suite: TrainingSuite;
  readonly peer: string;
  readonly threads: number;
  /** Pictures per call. */
  readonly batch: number;
  /** Size of each picture, in pixels. */
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

/** What every process prints. */
interface Message {
  /** Versions of what it measures, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Largest resident set of the process, in bytes. */
  readonly peakBytes: number;
}

/** What a process prints if it is asked for its answer. */
export interface AnswerMessage extends Message {
  /** Losses of the first steps, all probabilities, or a checksum of the tensor. */
  readonly values: readonly number[];
  /** Where a step's time goes, if the library has a profiler. */
  readonly profile?: Profile;
}

/** What a process prints if it is asked for times. */
export type TimesMessage = Message & Turn;

/** The program of a process. */
export type Program = "node" | "python";

/** Exit code if the library has no memory for the batch. */
export const OUT_OF_MEMORY = 4;

/** Far longer than any turn: a process that hangs ends with an error. */
const LONGEST_TURN_MS = 30 * 60_000;

/** Limit for what a process prints: all probabilities of a large batch fit. */
const LONGEST_OUTPUT_BYTES = 64 * 2 ** 20;

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
  const { threads } = job;
  const env = {
    ...process.env,
    // TensorFlow reads them where no call sets its threads, as in tfjs-node.
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: String(threads),
    OMP_NUM_THREADS: String(threads),
  };
  const output = await new Promise<string>((resolve, reject) => {
    const options = { env, timeout: LONGEST_TURN_MS, maxBuffer: LONGEST_OUTPUT_BYTES, ...(signal && { signal }) };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const lines = stderr.trim().split("\n");
      const reason = lines.at(-1) ?? "";
      if (error.code === OUT_OF_MEMORY) {
        return reject(new BenchError("OUT_OF_MEMORY", reason, "Try a smaller --batch.", { cause: error }));
      }
      if (error.code === NOT_INSTALLED || error.code === "ENOENT") {
        return reject(notInstalled(reason || `${command} was not found`, error));
      }
      const ended = error.signal ?? `code ${error.code ?? "?"}`;
      const end = lines.slice(-5).join("; ");
      reject(notMeasured(`Expected ${job.peer} to finish, but it ended with ${ended}: ${end}`, error));
    });
  });
  // node-turn.ts and peers.py print exactly this.
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Result;
}
