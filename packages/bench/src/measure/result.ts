// The fields that the results of all suites share, and the reader of result files.

import { readFile } from "node:fs/promises";

import { BenchError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import type { Thoroughness } from "./suite.ts";

/** Version of the JSON files. Increases when a reader of the previous version can no longer read them. */
export const FORMAT_VERSION = 2;

/** The beginning of every result. */
export interface ResultHead<Suite extends string = string> {
  /** {@link FORMAT_VERSION} of the file. */
  readonly formatVersion: typeof FORMAT_VERSION;
  /** The suite that was measured. */
  readonly suite: Suite;
  /** How long each peer was timed. */
  readonly thoroughness: Thoroughness;
  /** The command that repeats the measurement. */
  readonly command: string;
  /** Names that `--peers` limited the run to, beside ours; absent if all peers were to be measured. */
  readonly limitedTo?: readonly string[] | undefined;
  /** The machine that it ran on. */
  readonly machine: Machine;
  /** Whether everything was measured. */
  readonly complete: boolean;
  /** Why the run stopped before its end: the message of the signal or of the error; null if it did not. */
  readonly stopped: string | null;
}

/** A sentence that says why a result is partial; empty if it is complete. */
export function partialText({ complete, stopped }: Pick<ResultHead, "complete" | "stopped">): string {
  if (complete) return "";
  return `Partial result: ${stopped === null ? "the run has not finished" : stopped.replace(/\.$/, "")}.`;
}

/** A sentence that says which peers a result is limited to; empty if it is not. */
export function limitText({ limitedTo }: Pick<ResultHead, "limitedTo">): string {
  return limitedTo === undefined ? "" : `Limited by --peers to ${limitedTo.join(", ")}.`;
}

/** {@link ResultHead.stopped} of what a run threw. */
export function stoppedBy(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Reads the JSON file of a result.
 *
 * @param path the file
 * @param suites the suites that are accepted
 * @throws {BenchError} `NOT_A_RESULT`, `RESULT_VERSION` and `RESULT_SUITE`
 */
export async function readResultFile<Result extends ResultHead>(
  path: string,
  suites: readonly Result["suite"][],
): Promise<Result> {
  const expected = `Expected the result of a benchmark of ${alternatives(suites)} at ${path}, but`;
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw notAResult(`${expected} ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const { formatVersion, suite } = (content ?? {}) as Partial<Record<keyof ResultHead, unknown>>;
  if (formatVersion === undefined || suite === undefined) {
    throw notAResult(`${expected} it has no ${formatVersion === undefined ? "formatVersion" : "suite"}`);
  }
  if (formatVersion !== FORMAT_VERSION) {
    throw new BenchError(
      "RESULT_VERSION",
      `${expected} its formatVersion is ${JSON.stringify(formatVersion)}, not ${FORMAT_VERSION}`,
      "Read it with the version of @silhouette/bench that wrote it, or run the benchmark again.",
    );
  }
  if (!(suites as readonly unknown[]).includes(suite)) {
    throw new BenchError(
      "RESULT_SUITE",
      `${expected} its suite is ${JSON.stringify(suite)}`,
      `Name the JSON file of ${alternatives(suites)}.`,
    );
  }
  // Written by this package, in this format.
  return content as Result;
}

function notAResult(message: string, cause?: unknown): BenchError {
  return new BenchError("NOT_A_RESULT", message, "Name a JSON file that silhouette bench wrote.", { cause });
}

function alternatives(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
