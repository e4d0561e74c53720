// Reads and writes a run's checkpoint; training/checkpoint.ts defines the format.

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";

import { readCheckpoint as readCheckpointFrom } from "../../model/run-reader.ts";
import { encodeCheckpoint } from "../../training/checkpoint.ts";
import type { Checkpoint } from "../../training/state.ts";
import { makeFolder, writeWhole } from "./whole-file.ts";

/** The name of a checkpoint in errors. */
const WHAT = "the checkpoint";

/**
 * Writes `path` atomically, creating its folder. The values are not copied: do not change them until the promise settles.
 *
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`; `INVALID_ARGUMENT` for a duplicate name, or a shape that does not match its
 * values
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await makeFolder(dirname(path), WHAT);
  await writeWhole(path, WHAT, encodeCheckpoint(checkpoint));
}

/**
 * Reads what {@link writeCheckpoint} wrote, bit for bit.
 *
 * @throws {TrainerError} `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  return readCheckpointFrom(path, () => readFile(path));
}
