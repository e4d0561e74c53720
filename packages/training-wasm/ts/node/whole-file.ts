// Writes a file whole: under a temporary name beside it, which is renamed once everything is on disk.

import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";

import { TrainingWasmError } from "../errors.ts";

/** A file that is written, but does not have its name yet. */
export interface UnfinishedFile {
  /** Gives the file its name, in place of another of that name. */
  finish(): Promise<void>;
  /** Removes it; does nothing after {@link UnfinishedFile.finish}. */
  discard(): Promise<void>;
}

/**
 * Writes everything to a temporary file.
 *
 * @param path what the file is going to be named; its folder exists
 * @param parts the content, in order
 */
export async function writeUnfinished(path: string, parts: readonly Uint8Array[]): Promise<UnfinishedFile> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const discard = (): Promise<void> => rm(temporary, { force: true });
  try {
    const file = await open(temporary, "wx");
    try {
      for (const part of parts) await file.appendFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await discard();
    throw error;
  }
  return { finish: () => rename(temporary, path), discard };
}

/** The error for failing to write `what` to `path` because of `cause`. */
export function unwritable(what: string, path: string, cause: unknown): TrainingWasmError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TrainingWasmError(
    "OUTPUT_UNWRITABLE",
    `Expected to write ${what} to ${path}, but that failed (${reason}). Name a folder that can be created and has ` +
      "enough space.",
    { cause },
  );
}
