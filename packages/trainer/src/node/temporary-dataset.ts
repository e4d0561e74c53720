// Photographs of a folder, prepared for this one use: the dataset lies in the system's folder for temporary files.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openDataset } from "./files/open-dataset.ts";
import type { Dataset } from "../dataset/reader.ts";
import type { Discovery } from "./photographs/discover.ts";
import { preparePictures, type PrepareOptions } from "./photographs/prepare.ts";
import { unwritable } from "./files/whole-file.ts";

/**
 * What `use` makes of the photographs, of one class or more; the dataset is closed and removed afterwards.
 *
 * @param check refuses what was found before any picture is opened
 * @throws {TrainerError} what {@link prepare} throws; `OUTPUT_UNWRITABLE` also if there is no folder for temporary files
 */
export async function withTemporaryDataset<T>(
  options: Omit<PrepareOptions, "out">,
  use: (dataset: Dataset) => Promise<T>,
  check: (discovery: Discovery) => void = () => undefined,
): Promise<T> {
  const prefix = join(tmpdir(), "silhouette-");
  let directory: string;
  try {
    directory = await mkdtemp(prefix);
  } catch (cause) {
    const hint = "Set the environment variable TMPDIR to a folder with room for the prepared pictures.";
    throw unwritable(tmpdir(), "the prepared pictures", cause, hint);
  }
  try {
    const out = join(directory, "pictures.arrow");
    await preparePictures({ ...options, out }, { classes: "any", check });
    const dataset = await openDataset(out);
    try {
      return await use(dataset);
    } finally {
      await dataset.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}
