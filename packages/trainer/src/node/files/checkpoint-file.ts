// A run's checkpoint on disk: training/checkpoint.ts.

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";

import { decodeCheckpoint, encodeCheckpoint } from "../../training/checkpoint.ts";
import type { Checkpoint } from "../../training/state.ts";
import { Damage, systemErrorCode, TrainerError } from "../../values/errors.ts";
import { makeFolder, writeWhole } from "./whole-file.ts";

/** What a checkpoint is called in errors. */
const WHAT = "the checkpoint";

/**
 * Writes `path` whole, or not at all; its folder is made. The values are not copied: leave them alone until it is done.
 *
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`; `INVALID_ARGUMENT` for a name that comes twice, or a shape that does not fit
 * its values
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await makeFolder(dirname(path), WHAT);
  await writeWhole(path, WHAT, encodeCheckpoint(checkpoint));
}

/**
 * Reads what {@link writeCheckpoint} wrote: every number is the same, bit for bit.
 *
 * @throws {TrainerError} `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  try {
    return decodeCheckpoint(await readFile(path), path);
  } catch (cause) {
    if (cause instanceof Damage) throw damagedCheckpoint(path, cause);
    const code = systemErrorCode(cause);
    if (code === undefined || cause instanceof TrainerError) throw cause;
    throw new TrainerError(
      "CHECKPOINT_NOT_FOUND",
      `Expected a checkpoint at ${path}, but it cannot be opened (${code})`,
      "Resume a run that has written one, or train anew into another folder.",
      { cause },
    );
  }
}

/** The error of a checkpoint that is not as it was written, or of another network. */
export function damagedCheckpoint(path: string, damage: Damage): TrainerError {
  return new TrainerError(
    "CHECKPOINT_DAMAGED",
    `Expected an intact checkpoint at ${path}, but ${damage.message}`,
    "Copy it again from where it is intact, or train anew into another folder.",
    { cause: damage },
  );
}
