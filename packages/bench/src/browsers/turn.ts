// One turn of an engine, in a process of its own: a Node.js process, or one that drives a browser. In: a job. Out: its message.
//
// node-turn.ts and browser-turn.ts are the processes.

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

import { BenchError } from "../measure/errors.ts";
import { runTurnProcess, type Message } from "../measure/turn-process.ts";
import type { Engine } from "./engines.ts";
import type { StepJob, StepResult } from "./step-turn.ts";

/** Longer than any turn takes: a page that hangs does not hold up the others. */
const LONGEST_MILLISECONDS = 5 * 60_000;

/** What an engine did, and its versions by name. */
export type EngineMessage<Result extends StepResult = StepResult> = Result & {
  readonly versions: Readonly<Record<string, string>>;
};

/**
 * Runs a job to its end.
 *
 * @param input safetensors file of the `weights/...`, `pictures` and `labels`
 * @throws {BenchError} `NOT_INSTALLED`, with the reason as its message; `OUT_OF_MEMORY`; `NOT_MEASURED`; and the signal's reason
 */
export async function runTurn<Result extends StepResult>(
  engine: Engine,
  job: StepJob,
  input: string,
  signal?: AbortSignal,
): Promise<EngineMessage<Result>> {
  const { name, kind, program } = engine;
  if (!existsSync(program)) {
    // A browser's program has the name of its package.
    const hint = `On Debian, run: sudo apt-get install ${basename(program)}`;
    throw new BenchError("NOT_INSTALLED", `There is no ${program}`, hint);
  }
  const [command, script, given] =
    kind === "node"
      ? [program, "./node-turn.js", { ...job, input }]
      : [process.execPath, "./browser-turn.js", { ...job, input, engine }];
  const args = [fileURLToPath(new URL(script, import.meta.url)), JSON.stringify(given)];
  const turn = { command, args, peer: name, threads: job.threads, longestMilliseconds: LONGEST_MILLISECONDS };
  return runTurnProcess<EngineMessage<Result> & Message>(turn, signal);
}
