// A run folder: where its files are, how they are written, each whole, and how they are read. model/run-files.ts defines what they are.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { RunFile } from "../../model/run-files.ts";
import { RUN_FILES } from "../../model/run-paths.ts";
import { RunReader } from "../../model/run-reader.ts";
import type { Metrics } from "../../training/metrics.ts";
import type { RunConfig } from "../../training/run-config.ts";
import type { EpochRecord } from "../../training/state.ts";
import { joined } from "../../values/checksum.ts";
import { writeGrowing } from "./growing-file.ts";
import { makeFolder, writeWhole } from "./whole-file.ts";

/** Paths of the files in a run folder. */
export type RunPaths = Readonly<Record<keyof typeof RUN_FILES | "preparedDataset", string>>;

/** The dataset before the run has a configuration. The name is unique to silhouette, so a file with it can be removed. */
export const PREPARED_DATASET = ".silhouette-dataset.arrow";

/** Files that TensorBoard follows while they grow. */
const GROWING: ReadonlySet<string> = new Set([RUN_FILES.trainEvents, RUN_FILES.validationEvents]);

/** The paths in the run folder `run`. */
export function runPaths(run: string): RunPaths {
  const files = Object.entries(RUN_FILES).map(([name, path]) => [name, join(run, path)]);
  return {
    ...(Object.fromEntries(files) as Record<keyof typeof RUN_FILES, string>),
    preparedDataset: join(run, PREPARED_DATASET),
  };
}

/** Reads the run in the folder `run`. */
export function runIn(run: string): RunReader {
  const pathOf = (path: string): string => join(run, path);
  return new RunReader({ name: run, read: (path) => readFile(pathOf(path)), pathOf });
}

/** @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED` */
export async function readConfig(run: string): Promise<RunConfig> {
  return runIn(run).config();
}

/**
 * The completed epochs: none before the first one ends.
 *
 * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_DAMAGED`
 */
export async function readHistory(run: string): Promise<readonly EpochRecord[]> {
  return runIn(run).history();
}

/**
 * The metrics of the test; undefined before they are written.
 *
 * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_DAMAGED`
 */
export async function readMetrics(run: string): Promise<Metrics | undefined> {
  return runIn(run).metrics();
}

/**
 * Writes files of a run, each whole, in their order.
 *
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function writeRunFiles(run: string, files: readonly RunFile[]): Promise<void> {
  for (const { path, what, content } of files) {
    const target = join(run, path);
    if (dirname(path) !== ".") await makeFolder(dirname(target), what);
    if (GROWING.has(path)) await writeGrowing(target, what, joined(content));
    else await writeWhole(target, what, content);
  }
}
