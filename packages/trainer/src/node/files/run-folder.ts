// Where a run keeps what, and its small JSON files, each written whole.
//
//   config.json                    what is trained on what: `RunConfig`, with a checksum
//   history.json                   `EpochRecord` of every epoch that is done; the checkpoint has its checksum
//   metrics.json                   `Metrics` of the test
//   predictions.csv                predictions-file.ts
//   model/                         model-file.ts, of the last epoch
//   model-best/                    the same, of the best epoch
//   checkpoints/last.safetensors   checkpoint.ts
//   dataset.arrow                  dataset-format.ts
//   learned.safetensors            learned-pictures.ts
//
// No clock in here: whoever starts a run says when.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { BACKEND_NAMES, type BackendName } from "../../backend/names.ts";
import { descriptionShape, type DatasetDescription } from "../../dataset/format.ts";
import { Damage, systemErrorCode, TrainerError } from "../../values/errors.ts";
import {
  count,
  jsonText,
  list,
  nullable,
  object,
  oneOf,
  parseJson,
  real,
  record,
  text,
  tuple,
  type Shape,
} from "../../values/json-shape.ts";
import type { ClassMetrics, Metrics } from "../../training/metrics.ts";
import type { Split } from "../../dataset/split.ts";
import { writeWhole } from "./whole-file.ts";

/** Grows when a run of the new kind cannot be read as one of the old. */
export const RUN_FORMAT_VERSION = 1;

/** Of the pictures that a run does not learn from, as {@link RunConfig.fingerprint} is of those that it learns from. */
export interface Fingerprints {
  /** Of the validation pictures. */
  readonly val: string;
  /** Of the test pictures. */
  readonly test: string;
}

/** What a run trains, on what, and how. */
export interface RunConfig {
  /** Grows when a run of the new kind cannot be read as one of the old. */
  readonly formatVersion: typeof RUN_FORMAT_VERSION;
  /** Of silhouette. */
  readonly version: string;
  /** When the run was created: ISO 8601, in UTC. */
  readonly created: string;
  /** Where the pictures come from, as the user named it: a folder or a dataset file. */
  readonly source: string;
  /** What the pictures are. */
  readonly dataset: DatasetDescription;
  /** Of the training pictures: the run can only go on with the same. */
  readonly fingerprint: string;
  /** Of the validation and the test pictures: the same holds for them. Runs of version 0.1 have none. */
  readonly fingerprints?: Fingerprints | undefined;
  /** Pictures of each class, in the order of the dataset's labels, by split. */
  readonly counts: Readonly<Record<Split, readonly number[]>>;
  /** Epochs to train. */
  readonly epochs: number;
  /** Pictures a step. */
  readonly batch: number;
  /** Seed of weights, orders and dropout. */
  readonly seed: number;
  /** The reference network, or one that the program brought along. */
  readonly network: "reference" | "own";
  /** The backend that trains, or trained last. */
  readonly backend: BackendName;
  /** Its kernels: another set rounds in another way. */
  readonly kernelSet: string;
}

/** What an epoch came to. */
export interface EpochRecord {
  /** From 1 on. */
  readonly epoch: number;
  /** Mean cross-entropy of a training picture, in nats. */
  readonly loss: number;
  /** Share of right answers to training pictures, 0 to 1. */
  readonly accuracy: number;
  /** Mean cross-entropy of a validation picture, in nats; null if there are none. */
  readonly valLoss: number | null;
  /** Share of right answers to validation pictures, 0 to 1; null if there are none. */
  readonly valAccuracy: number | null;
  /** Seconds that the epoch took. */
  readonly seconds: number;
}

/** Paths of a run folder's content. */
export interface RunPaths {
  readonly config: string;
  readonly history: string;
  readonly metrics: string;
  readonly predictions: string;
  /** A folder. */
  readonly model: string;
  /** A folder. */
  readonly bestModel: string;
  readonly checkpoint: string;
  readonly dataset: string;
  /** The dataset before the run has a configuration. No one else calls a file like this: what has the name can go. */
  readonly preparedDataset: string;
  readonly learned: string;
}

/** See {@link RunPaths.preparedDataset}. */
export const PREPARED_DATASET = ".silhouette-dataset.arrow";

/** Where the run folder `run` keeps what. */
export function runPaths(run: string): RunPaths {
  return {
    config: join(run, "config.json"),
    history: join(run, "history.json"),
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

const counts = list(count);

const fingerprintsShape = record({ val: text, test: text });

const configShape = record<RunConfig>({
  formatVersion: oneOf(RUN_FORMAT_VERSION),
  version: text,
  created: text,
  source: text,
  dataset: descriptionShape,
  fingerprint: text,
  fingerprints: (value, where) => (value === undefined ? undefined : fingerprintsShape(value, where)),
  counts: record<RunConfig["counts"]>({ train: counts, val: counts, test: counts }),
  epochs: count,
  batch: count,
  seed: count,
  network: oneOf("reference", "own"),
  backend: oneOf(...BACKEND_NAMES),
  kernelSet: text,
});

const historyShape = list(
  record<EpochRecord>({
    epoch: count,
    loss: real,
    accuracy: real,
    valLoss: nullable(real),
    valAccuracy: nullable(real),
    seconds: real,
  }),
);

const metricsShape = record<Metrics>({
  pictures: count,
  correct: count,
  incorrect: count,
  accuracy: nullable(real),
  interval95: tuple<Metrics["interval95"]>(real, real),
  loss: real,
  labels: list(text),
  confusion: list(counts),
  perClass: list(record<ClassMetrics>({ label: text, precision: nullable(real), recall: nullable(real) })),
});

/** Key of the configuration's checksum in its file. Files of version 0.1 have none. */
const CONFIG_CRC32_KEY = "crc32";

/** CRC-32 (zlib's) of a value's JSON, as 8 hexadecimal digits. */
function checksum(value: unknown): string {
  return crc32(jsonText(value)).toString(16).padStart(8, "0");
}

/** The checksum that a checkpoint has of the epochs before it: of all but their seconds, which no two trainings share. */
export function historyChecksum(history: readonly EpochRecord[]): string {
  return checksum(history.map(({ seconds: _seconds, ...judged }) => judged));
}

/**
 * The epoch whose validation loss is the lowest, or training loss if there are no validation pictures: the first of equal
 * ones. Undefined before the first epoch.
 */
export function bestEpoch(history: readonly EpochRecord[]): number | undefined {
  const lossOf = ({ loss, valLoss }: EpochRecord): number => {
    const judged = valLoss ?? loss;
    return Number.isNaN(judged) ? Number.POSITIVE_INFINITY : judged;
  };
  let best: EpochRecord | undefined;
  for (const each of history) if (best === undefined || lossOf(each) < lossOf(best)) best = each;
  return best?.epoch;
}

/** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
export async function writeConfig(run: string, config: RunConfig): Promise<void> {
  const signed = { ...config, [CONFIG_CRC32_KEY]: checksum(config) };
  await writeJson(runPaths(run).config, "the run's configuration", signed);
}

/** @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED` */
export async function readConfig(run: string): Promise<RunConfig> {
  const path = runPaths(run).config;
  let json: string;
  try {
    json = await readFile(path, "utf8");
  } catch (cause) {
    throw new TrainerError(
      "RUN_NOT_FOUND",
      `Expected a run in ${run}, but its config.json cannot be opened (${systemErrorCode(cause) ?? String(cause)})`,
      "Name the folder of a run: one that silhouette train has made.",
      { cause },
    );
  }
  return checked(path, json, (value) => {
    const { formatVersion } = record({ formatVersion: count })(value, "");
    if (formatVersion !== RUN_FORMAT_VERSION) {
      throw new TrainerError(
        "RUN_VERSION",
        `Expected a run of format version ${RUN_FORMAT_VERSION} in ${run}, but it has version ${formatVersion}`,
        "Use the version of silhouette that wrote it, or train anew into another folder.",
      );
    }
    const { [CONFIG_CRC32_KEY]: expected, ...content } = object(value, "");
    if (expected !== undefined && expected !== checksum(content)) throw new Damage("its checksum differs");
    const config = configShape(content, "");
    // Runs of version 0.1 have neither: a flipped bit may be one of the key's.
    if (expected === undefined && config.fingerprints !== undefined) throw new Damage("its checksum is missing");
    return config;
  });
}

/** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
export async function writeHistory(run: string, history: readonly EpochRecord[]): Promise<void> {
  await writeJson(runPaths(run).history, "the run's history", history);
}

/**
 * The epochs that are done: none before {@link writeHistory} was called.
 *
 * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_DAMAGED`
 */
export async function readHistory(run: string): Promise<readonly EpochRecord[]> {
  return (await readOptional(run, runPaths(run).history, historyShape)) ?? [];
}

/** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
export async function writeMetrics(run: string, metrics: Metrics): Promise<void> {
  await writeJson(runPaths(run).metrics, "the run's metrics", metrics);
}

/**
 * What the test came to; undefined before {@link writeMetrics} was called.
 *
 * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_DAMAGED`
 */
export async function readMetrics(run: string): Promise<Metrics | undefined> {
  return readOptional(run, runPaths(run).metrics, metricsShape);
}

async function writeJson(path: string, what: string, value: unknown): Promise<void> {
  await writeWhole(path, what, [Buffer.from(`${jsonText(value, 2)}\n`)]);
}

/** A file that a run has only after a while. */
async function readOptional<T>(run: string, path: string, shape: Shape<T>): Promise<T | undefined> {
  let json: string;
  try {
    json = await readFile(path, "utf8");
  } catch (cause) {
    const code = systemErrorCode(cause) ?? String(cause);
    if (code !== "ENOENT" && code !== "ENOTDIR") throw damaged(path, `it cannot be opened (${code})`, cause);
    // No run at all has its own error.
    await readConfig(run);
    return undefined;
  }
  return checked(path, json, (value) => shape(value, ""));
}

function checked<T>(path: string, json: string, check: (value: unknown) => T): T {
  try {
    return check(parseJson(json));
  } catch (cause) {
    if (!(cause instanceof Damage)) throw cause;
    throw damaged(path, cause.message, cause);
  }
}

function damaged(path: string, what: string, cause: unknown): TrainerError {
  return new TrainerError(
    "RUN_DAMAGED",
    `Expected ${path} as silhouette wrote it, but ${what}`,
    "Copy the run again from where it is intact, or train anew into another folder.",
    { cause },
  );
}
