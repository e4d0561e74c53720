// The configuration of a run, and the JSON files of a run: configuration, history and metrics.

import type { BuiltInName } from "../network/built-in-network.ts";
import { BACKEND_NAMES, type BackendName } from "../backend/names.ts";
import type { Backend } from "../backend/operations.ts";
import { descriptionShape, FORMAT_VERSION, type DatasetDescription } from "../dataset/format.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import type { Split } from "../dataset/split.ts";
import { batchSize, checkArgument, epochCount, seedNumber } from "../values/arguments.ts";
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
  type Shape,
} from "../values/json-shape.ts";
import { VERSION } from "../values/version.ts";
import { checkCounts } from "./learnable.ts";
import type { ClassMetrics, Metrics } from "./metrics.ts";
import { checkedRecipe, recipeShape, type Recipe } from "./recipe.ts";
import { recipeFor, RECIPES } from "./recipes.ts";
import type { EpochRecord } from "./state.ts";

/** Format version: incremented on incompatible changes. */
export const RUN_FORMAT_VERSION = 5;

/** Fingerprints of the pictures that are not used for training; see {@link RunConfig.fingerprint}. */
export interface Fingerprints {
  /** Fingerprint of the validation pictures. */
  readonly val: string;
  /** Fingerprint of the test pictures. */
  readonly test: string;
}

/** The model whose weights a training starts from. */
export interface InitialModel {
  /** The run that the model is of: a folder, or whatever a program calls it. */
  readonly run: string;
  /** Checksum of the model: `LoadedModel.crc32`. */
  readonly crc32: string;
}

/** The file that a run was imported from. */
export interface ImportedFrom {
  /** Its name. */
  readonly file: string;
  /** The library that saved it, such as `Keras 3.15.1`. */
  readonly library: string;
}

/** Configuration of a run: what it trains, on what, and how. */
export interface RunConfig {
  /** Format version: incremented on incompatible changes. */
  readonly formatVersion: typeof RUN_FORMAT_VERSION;
  /** Version of silhouette. */
  readonly version: string;
  /** Time when the run was created: ISO 8601, in UTC. */
  readonly created: string;
  /** Source of the pictures as the user named it: a folder or a dataset file. */
  readonly source: string;
  /** Description of the pictures. */
  readonly dataset: DatasetDescription;
  /** Fingerprint of the training pictures: the run can only be resumed with the same ones. */
  readonly fingerprint: string;
  /** Fingerprints of the validation and test pictures, which must also be the same. */
  readonly fingerprints: Fingerprints;
  /** Number of pictures per class, in the order of the dataset's labels, by split. */
  readonly counts: Readonly<Record<Split, readonly number[]>>;
  /** Paths of the source's files that were left out; absent if none were. */
  readonly leaveOut?: readonly string[];
  /** False if the dataset that the run prepared has no thumbnails; absent if it has, or was prepared before. */
  readonly thumbnails?: false;
  /** Number of epochs to train. */
  readonly epochs: number;
  /** Pictures per step. */
  readonly batch: number;
  /** Seed of initial weights, shuffling and dropout. */
  readonly seed: number;
  /** How it is trained. */
  readonly recipe: Recipe;
  /** The reference network, the compact one, the user's own, or that of the imported run which it starts from. */
  readonly network: BuiltInName | "custom" | "imported";
  /** The model whose weights it starts from; null if they are drawn. */
  readonly init: InitialModel | null;
  /** The file that the run's model was imported from; absent if it was trained. An imported run has no epochs and no pictures. */
  readonly imported?: ImportedFrom;
  /** Backend of the training, or of its last part. */
  readonly backend: BackendName;
  /** Kernels of the backend: another set rounds differently. */
  readonly kernelSet: string;
}

/** Options for a new run. */
export interface NewRun extends Pick<RunConfig, "source" | "epochs" | "batch" | "seed" | "recipe" | "network"> {
  /** Description of the pictures. */
  readonly dataset: DatasetDescription;
  /** Paths of the source's files that are left out. Default: none. */
  readonly leaveOut?: readonly string[] | undefined;
  /** Whether the run prepares a dataset without thumbnails. Default: no. */
  readonly thumbnails?: false | undefined;
  /** The model whose weights it starts from. Default: none. */
  readonly init?: InitialModel | null;
  /** The pictures of each split. */
  readonly pictures: Readonly<Record<Split, PictureSet>>;
  /** Backend of the training. */
  readonly backend: Pick<Backend, "name" | "kernelSet">;
}

/**
 * Creates the configuration of a new run.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT`, `ONE_CLASS_IN_TRAINING`, `CLASS_UNTESTED`
 */
export function configOf({
  dataset,
  pictures,
  backend,
  init = null,
  leaveOut = [],
  thumbnails,
  ...settings
}: NewRun): RunConfig {
  checkArgument("configOf()", "epochs", epochCount, settings.epochs);
  checkArgument("configOf()", "batch", batchSize, settings.batch);
  checkArgument("configOf()", "seed", seedNumber, settings.seed);
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
    ...(leaveOut.length > 0 && { leaveOut }),
    ...(thumbnails === false && { thumbnails }),
    epochs: settings.epochs,
    batch: settings.batch,
    seed: settings.seed,
    recipe: checkedRecipe(settings.recipe),
    network: settings.network,
    init,
    backend: backend.name,
    kernelSet: backend.kernelSet,
  };
  checkFrozen(config.recipe, { isStarted: init !== null, isCustom: config.network === "custom" });
  checkCounts(dataset.labels, config.counts, leaveOut);
  return config;
}

/**
 * Creates the configuration of a run whose model was imported. Its recipe is the one whose pictures the model sees.
 *
 * @param description of the model
 * @param imported where it comes from
 * @param backend that has computed it
 */
export function importedConfig(
  { labels, width, height, pixelFormat, input, views, preprocessing, provenance }: ImportedDescription,
  imported: ImportedFrom,
  backend: Pick<Backend, "name" | "kernelSet">,
): RunConfig {
  const none = crc32Hex([]);
  const counts = labels.map(() => 0);
  const { batch, recipe } = RECIPES[recipeFor(pixelFormat)];
  return {
    formatVersion: RUN_FORMAT_VERSION,
    version: VERSION,
    created: new Date().toISOString(),
    source: provenance.trainedOn.source,
    dataset: {
      formatVersion: FORMAT_VERSION,
      width,
      height,
      pixelFormat,
      labels,
      rows: 0,
      preprocessing,
      split: { from: "folders" },
    },
    fingerprint: none,
    fingerprints: { val: none, test: none },
    counts: { train: counts, val: counts, test: counts },
    epochs: 0,
    batch,
    seed: provenance.seed,
    recipe: checkedRecipe({ ...recipe, input, views }),
    network: "imported",
    init: null,
    imported,
    backend: backend.name,
    kernelSet: backend.kernelSet,
  };
}

/** What {@link importedConfig} takes from a model's description. */
type ImportedDescription = Pick<DatasetDescription, "labels" | "width" | "height" | "pixelFormat" | "preprocessing"> &
  Pick<Recipe, "input" | "views"> & {
    readonly provenance: { readonly seed: number; readonly trainedOn: { readonly source: string } };
  };

/**
 * Layers with random weights are worth freezing only in a network that brings its own.
 *
 * @param network whether it starts from a model, and whether it is the user's own
 * @throws {TrainerError} `INVALID_ARGUMENT`
 */
export function checkFrozen(
  { freeze }: Pick<Recipe, "freeze">,
  network: { readonly isStarted: boolean; readonly isCustom: boolean },
): void {
  if (freeze === 0 || network.isStarted || network.isCustom) return;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected a model to start from for a training with ${freeze} frozen blocks, but there is none: they would keep random weights`,
    "Start from a run (init), or freeze no blocks.",
  );
}

const counts = list(count);

const whole = withLeaveOut<Omit<RunConfig, "thumbnails" | "imported">>(
  record<Omit<RunConfig, "leaveOut" | "thumbnails" | "imported">>({
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
    network: oneOf("reference", "compact", "custom", "imported"),
    init: nullable(record<InitialModel>({ run: text, crc32: text })),
    backend: oneOf(...BACKEND_NAMES),
    kernelSet: text,
  }),
);

const importedShape = record<ImportedFrom>({ file: text, library: text });

const configShape: Shape<RunConfig> = (value, where) => {
  const { thumbnails, imported } = object(value, where);
  return {
    ...whole(value, where),
    ...(thumbnails !== undefined && { thumbnails: oneOf(false)(thumbnails, "thumbnails") }),
    ...(imported !== undefined && { imported: importedShape(imported, "imported") }),
  };
};

/** The shape of a configuration that may have a list of files that were left out. */
export function withLeaveOut<T extends { readonly leaveOut?: readonly string[] }>(
  shape: Shape<Omit<T, "leaveOut">>,
): Shape<T> {
  return (value, where) => {
    const { leaveOut } = object(value, where);
    return {
      ...shape(value, where),
      ...(leaveOut !== undefined && { leaveOut: list(text)(leaveOut, "leaveOut") }),
    } as T;
  };
}

const historyShape = list(
  record<EpochRecord>({
    epoch: count,
    loss: real,
    accuracy: real,
    valLoss: nullable(real),
    valAccuracy: nullable(real),
    learningRate: real,
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

/** Key of the checksum in the configuration's file. */
const CONFIG_CRC32_KEY = "crc32";

/** Encodes a run's `config.json`, with a checksum of everything else in it. */
export function encodeConfig(config: RunConfig): string {
  return fileText({ ...config, [CONFIG_CRC32_KEY]: checksum(config) });
}

/**
 * Decodes the file of {@link encodeConfig}.
 *
 * @param run name of the run, used in error messages
 * @throws {Damage} if the file is damaged
 * @throws {TrainerError} `RUN_VERSION`
 */
export function decodeConfig(json: string, run: string): RunConfig {
  const value = object(parseJson(json), "");
  const { formatVersion } = record({ formatVersion: count })(value, "");
  if (formatVersion !== RUN_FORMAT_VERSION) {
    throw new TrainerError(
      "RUN_VERSION",
      `Expected a run of format version ${RUN_FORMAT_VERSION} in ${run}, but it has version ${formatVersion}`,
      "Use the version of silhouette that wrote it, or train again in another folder.",
    );
  }
  const { [CONFIG_CRC32_KEY]: expected, ...content } = value;
  if (expected !== checksum(content)) throw new Damage("its checksum does not match");
  return configShape(content, "");
}

/** Encodes a run's `history.json`. */
export function encodeHistory(history: readonly EpochRecord[]): string {
  return fileText(history);
}

/** Decodes the file of {@link encodeHistory}. @throws {Damage} */
export function decodeHistory(json: string): readonly EpochRecord[] {
  return historyShape(parseJson(json), "");
}

/** Encodes a run's `metrics.json`. */
export function encodeMetrics(metrics: Metrics): string {
  return fileText(metrics);
}

/** Decodes the file of {@link encodeMetrics}. @throws {Damage} */
export function decodeMetrics(json: string): Metrics {
  return metricsShape(parseJson(json), "");
}

/** Checksum of the completed epochs for a checkpoint. Excludes their duration, which differs between any two trainings. */
export function historyChecksum(history: readonly EpochRecord[]): string {
  return checksum(history.map(({ seconds: _seconds, ...results }) => results));
}

/** CRC-32 (zlib) of a value's JSON, as 8 hexadecimal digits. */
function checksum(value: unknown): string {
  return crc32Hex([jsonText(value)]);
}

function fileText(value: unknown): string {
  return `${jsonText(value, 2)}\n`;
}
