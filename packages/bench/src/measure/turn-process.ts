// A process of a peer, for a turn or a check: turns do not affect each other, peak memory is that of the peer, and only one
// peer's tensors are in memory at a time. In: a program and its job. Out: what it prints on its last line.
//
// turn-program.ts is the other end, and ../../peers/peers.py.

import { execFile, type ExecFileException } from "node:child_process";

import { BenchError, notInstalled, notMeasured } from "./errors.ts";
import { NOT_INSTALLED } from "./python-program.ts";
import type { Turn } from "./rounds.ts";

/** What every process prints. */
export interface Message {
  /** Versions of what it measures, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Largest resident set of the process, in bytes. */
  readonly peakBytes: number;
}

/** What a process prints if it is asked for times. */
export type TimesMessage = Message & Turn;

/** Exit code if the library has no memory for the batch. */
export const OUT_OF_MEMORY = 4;

/** Exit code if the work threw an error: its message is the last line. */
export const WORK_FAILED = 5;

/** Far longer than any turn: a process that hangs ends with an error. */
const LONGEST_TURN_MS = 30 * 60_000;

/** Limit for what a process prints: all probabilities of a large batch fit. */
const LONGEST_OUTPUT_BYTES = 64 * 2 ** 20;

/** A process to start. */
export interface TurnProcess {
  readonly command: string;
  readonly args: readonly string[];
  /** Whose turn it is. */
  readonly peer: string;
  /** Threads that its libraries may use. */
  readonly threads: number;
  /** Ends a process that takes longer. Default half an hour. */
  readonly longestMilliseconds?: number;
}

/**
 * Runs a process of turn-program.ts or peers.py to its end.
 *
 * @throws {BenchError} `NOT_INSTALLED` and `OUT_OF_MEMORY`, with the reason as their message; `NOT_MEASURED`; and the
 * signal's reason
 */
export async function runTurnProcess<Result extends Message>(
  turnProcess: TurnProcess,
  signal?: AbortSignal,
): Promise<Result> {
  const output = await outputOf(turnProcess, turnFailure, signal);
  // The programs print exactly this.
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Result;
}

/**
 * Runs any other program to its end, whatever it prints and its exit codes mean.
 *
 * @throws {BenchError} `NOT_MEASURED` if it fails; and the signal's reason
 */
export async function runCommand(turnProcess: TurnProcess, signal?: AbortSignal): Promise<void> {
  await outputOf(turnProcess, () => undefined, signal);
}

/** What the exit code of a turn's program means, if it means something. */
function turnFailure(error: ExecFileException, reason: string, { command, peer }: TurnProcess): BenchError | undefined {
  if (error.code === OUT_OF_MEMORY) {
    return new BenchError("OUT_OF_MEMORY", reason, "Try a smaller --batch.", { cause: error });
  }
  if (error.code === NOT_INSTALLED || error.code === "ENOENT") {
    return notInstalled(reason || `${command} was not found`, error);
  }
  if (error.code === WORK_FAILED) return notMeasured(`Expected ${peer} to finish, but it failed: ${reason}`, error);
  return undefined;
}

/** What a process prints. */
function outputOf(
  turnProcess: TurnProcess,
  failureOf: typeof turnFailure,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { command, args, peer, threads, longestMilliseconds: timeout = LONGEST_TURN_MS } = turnProcess;
  const env = {
    ...process.env,
    // TensorFlow reads them where no call sets its threads, as in tfjs-node.
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: String(threads),
    OMP_NUM_THREADS: String(threads),
  };
  return new Promise<string>((resolve, reject) => {
    const options = { env, timeout, maxBuffer: LONGEST_OUTPUT_BYTES, ...(signal && { signal }) };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const lines = stderr.trim().split("\n");
      const failure = failureOf(error, lines.at(-1) ?? "", turnProcess);
      if (failure !== undefined) return reject(failure);
      const expected = `Expected ${peer} to finish`;
      if (error.killed === true) return reject(notMeasured(`${expected} within ${timeout / 1000} s`, error));
      const ended = error.signal ?? `code ${error.code ?? "?"}`;
      const end = lines.slice(-5).join("; ");
      reject(notMeasured(`${expected}, but it ended with ${ended}: ${end}`, error));
    });
  });
}
