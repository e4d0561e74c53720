// The program of a process that turn-process.ts starts in Node.js. In: a job, as JSON. Out: a line of JSON.

import { TrainerError } from "@silhouette/trainer";
import { TrainingWasmError } from "@silhouette/training-wasm";

import { BenchError } from "./errors.ts";
import { NOT_INSTALLED } from "./python-program.ts";
import { OUT_OF_MEMORY, WORK_FAILED, type Message } from "./turn-process.ts";

/** Does the job of this process, prints its result, and ends the process. */
export async function runTurnProgram(work: (job: unknown) => Promise<Omit<Message, "peakBytes">>): Promise<never> {
  try {
    const result = await work(JSON.parse(process.argv[2] ?? ""));
    const message = JSON.stringify({ ...result, peakBytes: 1024 * process.resourceUsage().maxRSS });
    // Whole before the process ends, which does not wait for a full pipe.
    await new Promise((resolve) => process.stdout.write(`${message}\n`, resolve));
  } catch (error) {
    console.error(error);
    console.error((error instanceof Error ? error.message : String(error)).replaceAll("\n", " "));
    process.exit(exitCodeOf(error));
  }
  process.exit();
}

function exitCodeOf(error: unknown): number {
  if (error instanceof TrainerError && error.code === "BACKEND_UNAVAILABLE") return NOT_INSTALLED;
  if (error instanceof BenchError && error.code === "NOT_INSTALLED") return NOT_INSTALLED;
  if (error instanceof TrainingWasmError && error.code === "OUT_OF_MEMORY") return OUT_OF_MEMORY;
  return WORK_FAILED;
}
