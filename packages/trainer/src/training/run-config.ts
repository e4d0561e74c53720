// What a run trains, on what, and how; and the JSON that a run keeps: its configuration, history and metrics.

import { BACKEND_NAMES, type BackendName } from "../backend/names.ts";
import { descriptionShape, type DatasetDescription } from "../dataset/format.ts";
import type { Split } from "../dataset/split.ts";
import { crc32Hex } from "../values/checksum.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import { count, jsonText, list, nullable, object, oneOf, parseJson, real, record, text, tuple } from "../values/json-shape.ts";
import type { ClassMetrics, Metrics } from "./metrics.ts";
import type { EpochRecord } from "./state.ts";

/** Grows when a run of the new kind cannot be read as one of the old. */
export const RUN_FORMAT_VERSION = 2;

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
  /** Of the validation and the test pictures: the same holds for them. */
  readonly fingerprints: Fingerprints;
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

const counts = list(count);

const configShape = record<RunConfig>({
  formatVersion: oneOf(RUN_FORMAT_VERSION),
  version: text,
  created: text,
  source: text,
  dataset: descriptionShape,
  fingerprint: text,
  fingerprints: record<Fingerprints>({ val: text, test: text }),
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

/** Key of the configuration's checksum in its file. */
const CONFIG_CRC32_KEY = "crc32";

/** The text of a run's `config.json`, with a checksum of everything else in it. */
export function encodeConfig(config: RunConfig): string {
  return fileText({ ...config, [CONFIG_CRC32_KEY]: checksum(config) });
}

/**
 * The configuration that {@link encodeConfig} wrote.
 *
 * @param run as errors name it
 * @throws {Damage} if it is not as it was written
 * @throws {TrainerError} `RUN_VERSION`
 */
export function decodeConfig(json: string, run: string): RunConfig {
  const value = object(parseJson(json), "");
  const { formatVersion } = record({ formatVersion: count })(value, "");
  if (formatVersion !== RUN_FORMAT_VERSION) {
    throw new TrainerError(
      "RUN_VERSION",
      `Expected a run of format version ${RUN_FORMAT_VERSION} in ${run}, but it has version ${formatVersion}`,
      "Use the version of silhouette that wrote it, or train anew into another folder.",
    );
  }
  const { [CONFIG_CRC32_KEY]: expected, ...content } = value;
  if (expected !== checksum(content)) throw new Damage("its checksum differs");
  return configShape(content, "");
}

/** The text of a run's `history.json`. */
export function encodeHistory(history: readonly EpochRecord[]): string {
  return fileText(history);
}

/** The epochs that {@link encodeHistory} wrote. @throws {Damage} */
export function decodeHistory(json: string): readonly EpochRecord[] {
  return historyShape(parseJson(json), "");
}

/** The text of a run's `metrics.json`. */
export function encodeMetrics(metrics: Metrics): string {
  return fileText(metrics);
}

/** The metrics that {@link encodeMetrics} wrote. @throws {Damage} */
export function decodeMetrics(json: string): Metrics {
  return metricsShape(parseJson(json), "");
}

/** The checksum that a checkpoint has of the epochs before it: of all but their seconds, which no two trainings share. */
export function historyChecksum(history: readonly EpochRecord[]): string {
  return checksum(history.map(({ seconds: _seconds, ...judged }) => judged));
}

/** CRC-32 (zlib's) of a value's JSON, as 8 hexadecimal digits. */
function checksum(value: unknown): string {
  return crc32Hex([jsonText(value)]);
}

function fileText(value: unknown): string {
  return `${jsonText(value, 2)}\n`;
}
