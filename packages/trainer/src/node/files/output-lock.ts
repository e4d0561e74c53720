// One process an output: whoever writes a run or a dataset holds a lock file beside or in it, which says who that is.

import { createHash } from "node:crypto";
import { readFile, rm, type FileHandle } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

import { TrainerError, type TrainerErrorCode } from "../../values/errors.ts";
import { openLocked } from "./file-lock.ts";
import { count, parseJson, record, text } from "../../values/json-shape.ts";
import { unwritable } from "./whole-file.ts";

/** The lock of a run, in its folder, while a process trains there. */
export const RUN_LOCK = ".silhouette-run.lock";

const holderShape = record<{ readonly pid: number; readonly host: string; readonly since: string }>({
  pid: count,
  host: text,
  since: text,
});

/** A lock that is held until it is released, or the process ends. */
export class OutputLock {
  readonly #path: string;
  readonly #file: FileHandle;
  #isHeld = true;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Of a run folder, which is there.
   *
   * @param code of the error if another process is at work there
   * @throws {TrainerError} `code`, `OUTPUT_UNWRITABLE`
   */
  static async ofRun(run: string, code: TrainerErrorCode): Promise<OutputLock> {
    return OutputLock.#take(join(run, RUN_LOCK), run, "a run", code, "Name a folder that can be written to.");
  }

  /** Of a file. @throws {TrainerError} `OUTPUT_IN_USE`, `OUTPUT_UNWRITABLE` */
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
        `Expected to be alone in writing ${what} to ${output}, but ${await holderOf(path)} is at work there`,
        "Wait until it is done, or name another output.",
      );
    }
    const lock = new OutputLock(path, file);
    // For messages alone: on a full disk there is a lock all the same.
    const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    await file
      .truncate()
      .then(() => file.write(JSON.stringify(holder)))
      .catch(() => undefined);
    return lock;
  }

  /** Removes the lock file. Does nothing the second time: the file may be another process's by then. */
  async release(): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    // Where it cannot be removed, it is in nobody's way.
    await rm(this.#path, { force: true }).catch(() => undefined);
    await this.#file.close().catch(() => undefined);
  }
}

/** Who holds the lock, for a message. */
async function holderOf(path: string): Promise<string> {
  try {
    const { pid, host, since } = holderShape(parseJson(await readFile(path, "utf8")), "");
    return `process ${pid} on ${host} (since ${since})`;
  } catch {
    return "another process";
  }
}
