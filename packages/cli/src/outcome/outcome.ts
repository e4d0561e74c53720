// What an error means for people, programs and the exit code.

import { TrainerError } from "@silhouette/trainer/light";

import { asCalled } from "../command-line/called-as.ts";
import { mistakenRunHint } from "../command-line/mistaken-run.ts";
import { environmentFailure } from "./environment-failure.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { Failed, type Failure } from "./failed.ts";
import { SIGNALS, Stopped } from "./stopped.ts";

/** What is reported of an error, and how the process ends. */
export interface Outcome extends Omit<Failure, "cause"> {
  /** Where it happened, if it is a defect. */
  readonly stack?: string;
}

/** The outcome of an error. `command` and the arguments it was given improve the hint. */
export function outcomeOf(error: unknown, command?: { name(): string; readonly args: readonly string[] }): Outcome {
  if (error instanceof TrainerError) {
    const { code, message } = error;
    const isWithoutRun = code === "RUN_NOT_FOUND" || code === "MODEL_NOT_FOUND";
    const better = command !== undefined && isWithoutRun ? mistakenRunHint(command.name(), command.args) : undefined;
    const hint = better === undefined ? asCalled(error.hint) : `${error.hint} ${better}`;
    return { code, message, hint, exitCode: exitCodeOf(code) };
  }
  if (error instanceof Stopped) {
    const { signal, message, hint } = error;
    return { code: signal, message, hint, exitCode: SIGNALS[signal] };
  }
  const failure = error instanceof Failed ? error.failure : environmentFailure(error);
  if (failure !== undefined) {
    const { code, message, hint, exitCode } = failure;
    return { code, message, hint, exitCode };
  }
  return {
    code: "DEFECT",
    message: String(error),
    hint: "This is a defect of silhouette. Please report it, with what follows.",
    exitCode: EXIT.defect,
    ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }),
  };
}
