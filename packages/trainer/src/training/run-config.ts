// What a run trains, on what, and how; and the JSON that a run keeps: its configuration, history and metrics.

import { BACKEND_NAMES, type BackendName } from "../backend/names.ts";
import type { Backend } from "../backend/operations.ts";
import { descriptionShape, type DatasetDescription } from "../dataset/format.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import type { Split } from "../dataset/split.ts";
import { crc32Hex } from "../values/checksum.ts";
import { Damage, TrainerError } from "../values/errors.ts";
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
} from "../values/json-shape.ts";
import { VERSION } from "../values/version.ts";
import { checkCounts } from "./learnable.ts";
import type { ClassMetrics, Metrics } from "./metrics.ts";
import { recipeShape, type Recipe } from "./recipe.ts";
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
  /** How it is trained. */
  readonly recipe: Recipe;
  /** The reference network, or one that the program brought along. */
  readonly network: "reference" | "own";
  /** The backend that trains, or trained last. */
  readonly backend: BackendName;
  /** Its kernels: another set rounds in another way. */
  readonly kernelSet: string;
}

/** What a new run is made of. */
export interface NewRun extends Pick<RunConfig, "source" | "epochs" | "batch" | "seed" | "recipe" | "network"> {
  /** Description of the dataset. */
  readonly dataset: DatasetDescription;
  /** Its pictures, by split. */
  readonly pictures: Readonly<Record<Split, PictureSet>>;
  /** The backend that will train. */
  readonly backend: Pick<Backend, "name" | "kernelSet">;
}

/** The configuration of a run that begins now. @throws {TrainerError} `ONE_CLASS_IN_TRAINING`, `CLASS_UNTESTED` */
export function configOf({ dataset, pictures, backend, ...settings }: NewRun): RunConfig {
  const { train, val, test } = pictures;
  const config: RunConfig = {
    formatVersion: RUN_FORMAT_VERSION,
    version: VERSION,
    created: new Date().toISOString(),
    source: settings.source,
    dataset,
    fingerprint: train.fingerprint,
    fingerprints: { val: val.fingerprint, test: test.fingerprint },
    counts: { train: train.counts, val: val.counts, test: test.counts },
    epochs: settings.epochs,
    batch: settings.batch,
    seed: settings.seed,
    recipe: settings.recipe,
    network: settings.network,
    backend: backend.name,
    kernelSet: backend.kernelSet,
  };
  checkCounts(dataset.labels, config.counts);
  return config;
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
  recipe: recipeShape,
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
