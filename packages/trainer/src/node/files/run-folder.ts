// The layout of a run folder, and its small JSON files, each written atomically.
//
//   config.json                    network, pictures and settings: `RunConfig`, with a checksum
//   history.json                   an `EpochRecord` per completed epoch; the checkpoint has its checksum
//   history.csv                    the same as a table for spreadsheets and data frames: CSV (RFC 4180) in UTF-8
//   tensorboard/                   the same for TensorBoard: event-files.ts
//   metrics.json                   `Metrics` of the test
//   predictions.csv                predictions-file.ts
//   model/                         model-folder.ts, of the last epoch, or of the best one if the recipe says so
//   model-best/                    the same, of the best epoch
//   checkpoints/last.safetensors   training/checkpoint.ts
//   dataset.arrow                  dataset/format.ts
//   learned.safetensors            learned-pictures.ts
//
// Does not read the clock: the caller provides the time when a run was started.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Metrics } from "../../training/metrics.ts";
import {
  decodeConfig,
  decodeHistory,
  decodeMetrics,
  encodeConfig,
  encodeHistory,
  encodeMetrics,
  type RunConfig,
} from "../../training/run-config.ts";
import type { EpochRecord } from "../../training/state.ts";
import { Damage, systemErrorCode, TrainerError } from "../../values/errors.ts";
import { encodeEvents } from "./event-files.ts";
import { writeGrowing } from "./growing-file.ts";
import { csvText } from "./csv-table.ts";
import { resultsWithoutModel } from "./result-files.ts";
import { makeFolder, writeWhole } from "./whole-file.ts";

/** Paths of the files in a run folder. */
export interface RunPaths {
  readonly config: string;
  readonly history: string;
  readonly historyTable: string;
  readonly trainEvents: string;
  readonly validationEvents: string;
  readonly metrics: string;
  readonly predictions: string;
  /** A folder. */
  readonly model: string;
  /** A folder. */
  readonly bestModel: string;
  readonly checkpoint: string;
  readonly dataset: string;
  /** The dataset before the run has a configuration. The name is unique to silhouette, so a file with it can be removed. */
  readonly preparedDataset: string;
  readonly learned: string;
}

/** See {@link RunPaths.preparedDataset}. */
export const PREPARED_DATASET = ".silhouette-dataset.arrow";

/** TensorBoard reads files that have `tfevents` in their name, usually followed by a time and a host. */
const EVENTS = "events.out.tfevents.silhouette";

/** The paths in the run folder `run`. */
export function runPaths(run: string): RunPaths {
  return {
    config: join(run, "config.json"),
    history: join(run, "history.json"),
    historyTable: join(run, "history.csv"),
    trainEvents: join(run, "tensorboard", "train", EVENTS),
    validationEvents: join(run, "tensorboard", "validation", EVENTS),
    metrics: join(run, "metrics.json"),
    predictions: join(run, "predictions.csv"),
    model: join(run, "model"),
    bestModel: join(run, "model-best"),
    checkpoint: join(run, "checkpoints", "last.safetensors"),
    dataset: join(run, "dataset.arrow"),
    preparedDataset: join(run, PREPARED_DATASET),
    learned: join(run, "learned.safetensors"),
  };
}

/** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
export async function writeConfig(run: string, config: RunConfig): Promise<void> {
  await writeText(runPaths(run).config, "the run's configuration", encodeConfig(config));
}

/** @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED` */
export async function readConfig(run: string): Promise<RunConfig> {
  const path = runPaths(run).config;
  let json: string;
  try {
    json = await readFile(path, "utf8");
  } catch (cause) {
    const results = await resultsWithoutModel(run);
    const reason =
      results === undefined
        ? `its config.json cannot be opened (${systemErrorCode(cause) ?? String(cause)})`
        : `it is the folder of ${results}`;
    throw new TrainerError(
      "RUN_NOT_FOUND",
      `Expected a run in ${run}, but ${reason}`,
      "Name a run folder, as created by silhouette train.",
      { cause },
    );
  }
  return checked(path, () => decodeConfig(json, run));
}

/**
 * Writes the completed epochs, also as a table and for TensorBoard.
 *
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function writeHistory(
  run: string,
  config: Pick<RunConfig, "created">,
  history: readonly EpochRecord[],
): Promise<void> {
  const { history: json, historyTable, trainEvents, validationEvents } = runPaths(run);
  await writeText(json, "the run's history", encodeHistory(history));
  await writeText(historyTable, "the table of the run's history", historyCsv(history));
  const { train, validation } = encodeEvents(config, history);
  await writeEvents(trainEvents, train);
  if (validation !== undefined) await writeEvents(validationEvents, validation);
}

async function writeEvents(path: string, events: Uint8Array): Promise<void> {
  const what = "the run's events for TensorBoard";
  await makeFolder(dirname(path), what);
  await writeGrowing(path, what, events);
}

/** The columns of the table: the fields of a record. */
const HISTORY_COLUMNS = ["epoch", "loss", "accuracy", "valLoss", "valAccuracy", "learningRate", "seconds"] as const;

/** A line per epoch; what is null is empty. */
function historyCsv(history: readonly EpochRecord[]): string {
  const rows = history.map((record) => HISTORY_COLUMNS.map((column) => String(record[column] ?? "")));
  return csvText([HISTORY_COLUMNS, ...rows]);
}

/**
 * The completed epochs: none before {@link writeHistory} was called.
 *
 * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_DAMAGED`
 */
export async function readHistory(run: string): Promise<readonly EpochRecord[]> {
  return (await readOptional(run, runPaths(run).history, decodeHistory)) ?? [];
}

/** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
export async function writeMetrics(run: string, metrics: Metrics): Promise<void> {
  await writeText(runPaths(run).metrics, "the run's metrics", encodeMetrics(metrics));
}

/**
 * The metrics of the test; undefined before {@link writeMetrics} was called.
 *
 * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_DAMAGED`
 */
export async function readMetrics(run: string): Promise<Metrics | undefined> {
  return readOptional(run, runPaths(run).metrics, decodeMetrics);
}

async function writeText(path: string, what: string, text: string): Promise<void> {
  await writeWhole(path, what, [Buffer.from(text)]);
}

/** Reads a file that does not exist at the start of a run. */
async function readOptional<T>(run: string, path: string, decode: (json: string) => T): Promise<T | undefined> {
  let json: string;
  try {
    json = await readFile(path, "utf8");
  } catch (cause) {
    const code = systemErrorCode(cause) ?? String(cause);
    if (code !== "ENOENT" && code !== "ENOTDIR") throw damaged(path, `it cannot be opened (${code})`, cause);
    // If there is no run at all, this throws `RUN_NOT_FOUND`.
    await readConfig(run);
    return undefined;
  }
  return checked(path, () => decode(json));
}

function checked<T>(path: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof Damage)) throw cause;
    throw damaged(path, cause.message, cause);
  }
}

function damaged(path: string, what: string, cause: unknown): TrainerError {
  return new TrainerError(
    "RUN_DAMAGED",
    `Expected ${path} as silhouette wrote it, but ${what}`,
    "Restore an intact copy of the run, or train again in another folder.",
    { cause },
  );
}
