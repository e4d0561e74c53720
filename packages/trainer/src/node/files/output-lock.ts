// One writer per output: a process that writes a run or a dataset holds a lock file in or next to it, which identifies it.

import { createHash } from "node:crypto";
import { readFile, rm, type FileHandle } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

import { TrainerError, type TrainerErrorCode } from "../../values/errors.ts";
import { openLocked } from "./file-lock.ts";
import { count, parseJson, record, text } from "../../values/json-shape.ts";
import { unwritable } from "./whole-file.ts";

/** Name of the lock file in a run folder while a process trains there. */
export const RUN_LOCK = ".silhouette-run.lock";

const holderShape = record<{ readonly pid: number; readonly host: string; readonly since: string }>({
  pid: count,
  host: text,
  since: text,
});

/** A lock that is held until it is released or the process ends. */
export class OutputLock {
  readonly #path: string;
  readonly #file: FileHandle;
  #isHeld = true;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Locks an existing run folder.
   *
   * @param code of the error if another process is using it
   * @throws {TrainerError} `code`, `OUTPUT_UNWRITABLE`
   */
  static async ofRun(run: string, code: TrainerErrorCode): Promise<OutputLock> {
    return OutputLock.#take(join(run, RUN_LOCK), run, "a run", code, "Name a writable folder.");
  }

  /** Locks a file. @throws {TrainerError} `OUTPUT_IN_USE`, `OUTPUT_UNWRITABLE` */
  static async ofFile(path: string, what: string): Promise<OutputLock> {
    const name = createHash("sha256")
      .update(basename(resolve(path)))
      .digest("hex")
      .slice(0, 16);
    return OutputLock.#take(join(dirname(path), `.silhouette-${name}.lock`), path, what, "OUTPUT_IN_USE");
  }

  static async #take(
    path: string,
    output: string,
    what: string,
    code: TrainerErrorCode,
    unwritableHint?: string,
  ): Promise<OutputLock> {
    let file: FileHandle | undefined;
    try {
      file = await openLocked(path);
    } catch (cause) {
      throw unwritable(output, what, cause, unwritableHint);
    }
    if (file === undefined) {
      throw new TrainerError(
        code,
        `Expected no other process to write ${what} to ${output}, but ${await holderOf(path)} is writing there`,
        "Wait until it is done, or name another output.",
      );
    }
    const lock = new OutputLock(path, file);
    // Only used in messages: on a full disk, the lock works without it.
    const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    await file
      .truncate()
      .then(() => file.write(JSON.stringify(holder)))
      .catch(() => undefined);
    return lock;
  }

  /** Removes the lock file. Does nothing when called again: the file may belong to another process by then. */
  async release(): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    // If it cannot be removed, it does no harm.
    await rm(this.#path, { force: true }).catch(() => undefined);
    await this.#file.close().catch(() => undefined);
  }
}

/** The holder of the lock, for messages. */
async function holderOf(path: string): Promise<string> {
  try {
    const { pid, host, since } = holderShape(parseJson(await readFile(path, "utf8")), "");
    return `process ${pid} on ${host} (since ${since})`;
  } catch {
    return "another process";
  }
}
