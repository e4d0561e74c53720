// The folder of a cross-validation: each fold is kept when it ends, and the results follow from the folds that are kept.
//
//   cross-validation.json   what is trained on what, in how many folds: `CrossValidationConfig`, with a checksum
//   fold-1.json, ...        `KeptFold`, with a checksum
//   metrics.json            metrics of each fold so far, and of all their pictures
//   predictions.csv         the predictions of the folds so far
//
// Neither metrics.json nor predictions.csv has times: they are the same if the cross-validation was stopped in between.

import { readdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";

import { BACKEND_NAMES } from "../../backend/names.ts";
import { descriptionShape } from "../../dataset/format.ts";
import type { RecordedPrediction } from "../../training/predictions-table.ts";
import type { Metrics } from "../../training/metrics.ts";
import { recipeShape } from "../../training/recipe.ts";
import { withLeaveOut, type RunConfig } from "../../training/run-config.ts";
import { crc32Hex } from "../../values/checksum.ts";
import { Damage, systemErrorCode, TrainerError } from "../../values/errors.ts";
import {
  count,
  jsonText,
  list,
  object,
  oneOf,
  parseJson,
  real,
  record,
  text,
  type Shape,
} from "../../values/json-shape.ts";
import { isTemporary, removeDead } from "./file-lock.ts";
import { OutputLock } from "./output-lock.ts";
import { csvText } from "../../values/csv-table.ts";
import { predictionColumns, predictionFields } from "../../training/predictions-table.ts";
import { CROSS_VALIDATION_JSON } from "../../model/other-results.ts";
import { makeFolder, writeWhole } from "./whole-file.ts";

/** Format version: incremented on incompatible changes. */
const FORMAT_VERSION = 1;

/** Configuration of a cross-validation: what it trains, on what, and how. */
export interface CrossValidationConfig extends Pick<
  RunConfig,
  | "version"
  | "source"
  | "dataset"
  | "fingerprint"
  | "leaveOut"
  | "epochs"
  | "batch"
  | "seed"
  | "recipe"
  | "network"
  | "backend"
> {
  /** Kernels of the backend: another set rounds differently. */
  readonly kernelSet: string;
  /** Number of folds. */
  readonly folds: number;
}

/** Results of a fold. */
export interface KeptFold {
  /** Counted from 1. */
  readonly fold: number;
  /** Mean loss per picture of the fold, in nats. */
  readonly loss: number;
  /** Duration of training and test in seconds. */
  readonly seconds: number;
  /** In the order of the fold's pictures. */
  readonly predictions: readonly RecordedPrediction[];
}

/** Results of all folds so far. */
export interface FoldsSoFar {
  /** Number of folds. */
  readonly folds: number;
  /** Metrics of each fold that is done. */
  readonly done: readonly { readonly fold: number; readonly metrics: Metrics }[];
  /** Metrics on the pictures of all of them. */
  readonly metrics: Metrics;
}

const configShape = withLeaveOut<CrossValidationConfig>(
  record<Omit<CrossValidationConfig, "leaveOut">>({
    version: text,
    source: text,
    dataset: descriptionShape,
    fingerprint: text,
    folds: count,
    epochs: count,
    batch: count,
    seed: count,
    recipe: recipeShape,
    network: oneOf("reference", "compact", "custom"),
    backend: oneOf(...BACKEND_NAMES),
    kernelSet: text,
  }),
);

const foldShape = record<KeptFold>({
  fold: count,
  loss: real,
  seconds: real,
  predictions: list(
    record<RecordedPrediction>({ path: text, label: text, predicted: text, probabilities: list(real) }),
  ),
});

/** The folder of a cross-validation, which only this process writes to. */
export class CrossValidationFolder {
  readonly #folder: string;
  readonly #lock: OutputLock;
  readonly #made: readonly string[];

  private constructor(folder: string, lock: OutputLock, made: readonly string[]) {
    this.#folder = folder;
    this.#lock = lock;
    this.#made = made;
  }

  /**
   * Creates a folder for a new cross-validation. It may exist if it is empty, or contains one of which no fold is done.
   *
   * @throws {TrainerError} `RUN_EXISTS` if it contains anything else, or another process uses it; `OUTPUT_UNWRITABLE`
   */
  static async create(folder: string): Promise<CrossValidationFolder> {
    const made = await makeFolder(folder, "a cross-validation");
    const lock = await OutputLock.ofRun(folder, "RUN_EXISTS");
    const created = new CrossValidationFolder(folder, lock, made);
    try {
      await removeDead(folder);
      const names = (await readdir(folder)).filter((name) => !isTemporary(name));
      const isUnbegun = names.length === 1 && names[0] === CROSS_VALIDATION_JSON && (await created.#hasConfig());
      if (names.length > 0 && !isUnbegun) throw await created.#notEmpty(names);
      return created;
    } catch (error) {
      await created.close();
      throw error;
    }
  }

  /**
   * Claims the folder of a cross-validation, to continue it.
   *
   * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_IN_USE`, `OUTPUT_UNWRITABLE`
   */
  static async existing(folder: string): Promise<CrossValidationFolder> {
    await readFile(join(folder, CROSS_VALIDATION_JSON)).catch((cause: unknown) => {
      throw new TrainerError(
        "RUN_NOT_FOUND",
        `Expected a cross-validation in ${folder}, but its ${CROSS_VALIDATION_JSON} cannot be opened (${systemErrorCode(cause) ?? String(cause)})`,
        "Name a folder that silhouette crossvalidate has written, or omit --resume to begin.",
        { cause },
      );
    });
    const lock = await OutputLock.ofRun(folder, "RUN_IN_USE");
    await removeDead(folder);
    return new CrossValidationFolder(folder, lock, []);
  }

  /** @throws {TrainerError} `RUN_VERSION`, `RUN_DAMAGED` */
  async config(): Promise<CrossValidationConfig> {
    return this.#read(CROSS_VALIDATION_JSON, configShape);
  }

  /** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
  async begin(config: CrossValidationConfig): Promise<void> {
    await this.#write(CROSS_VALIDATION_JSON, config);
  }

  /** The folds that are kept: the first ones. @throws {TrainerError} `RUN_VERSION`, `RUN_DAMAGED` */
  async folds(): Promise<readonly KeptFold[]> {
    const names = new Set(await readdir(this.#folder));
    const kept: KeptFold[] = [];
    while (names.has(foldName(kept.length + 1))) kept.push(await this.#read(foldName(kept.length + 1), foldShape));
    return kept;
  }

  /** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
  async keep(fold: KeptFold): Promise<void> {
    await this.#write(foldName(fold.fold), fold);
  }

  /** Writes the results of the folds so far. @throws {TrainerError} `OUTPUT_UNWRITABLE` */
  async publish(results: FoldsSoFar, folds: readonly KeptFold[]): Promise<void> {
    const { labels } = results.metrics;
    const rows = folds.flatMap(({ fold, predictions }) =>
      predictions.map((prediction) => [String(fold), ...predictionFields(prediction)]),
    );
    const table = csvText([["fold", ...predictionColumns(labels)], ...rows]);
    await writeWhole(join(this.#folder, "predictions.csv"), "the table of predictions", [Buffer.from(table)]);
    const metrics = Buffer.from(`${jsonText(results, 2)}\n`);
    await writeWhole(join(this.#folder, "metrics.json"), "the metrics of the folds", [metrics]);
  }

  /** Releases the folder to other processes, and removes the folders that were made for it if they are empty. */
  async close(): Promise<void> {
    await this.#lock.release();
    for (const each of this.#made.toReversed()) await rmdir(each).catch(() => undefined);
  }

  async #hasConfig(): Promise<boolean> {
    return this.config().then(
      () => true,
      () => false,
    );
  }

  async #notEmpty(names: readonly string[]): Promise<TrainerError> {
    const isOurs = names.includes(CROSS_VALIDATION_JSON) && (await this.#hasConfig());
    const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
    return new TrainerError(
      "RUN_EXISTS",
      `Expected an empty folder for a new cross-validation, but ${this.#folder} contains ${isOurs ? "one" : `${names[0]}${more}`}`,
      isOurs
        ? "Continue it with --resume, or name another folder."
        : "Name an empty folder, or one that does not exist yet.",
    );
  }

  async #write(name: string, content: object): Promise<void> {
    const whole = { formatVersion: FORMAT_VERSION, ...content };
    const json = `${jsonText({ ...whole, crc32: crc32Hex([jsonText(whole)]) }, 2)}\n`;
    await writeWhole(join(this.#folder, name), "the cross-validation", [Buffer.from(json)]);
  }

  async #read<T>(name: string, shape: Shape<T>): Promise<T> {
    const path = join(this.#folder, name);
    try {
      const { crc32, ...content } = object(parseJson(await readFile(path, "utf8")), "");
      const { formatVersion } = record({ formatVersion: count })(content, "");
      if (formatVersion !== FORMAT_VERSION) {
        throw new TrainerError(
          "RUN_VERSION",
          `Expected a cross-validation of format version ${FORMAT_VERSION} in ${this.#folder}, but it has version ${formatVersion}`,
          "Use the version of silhouette that wrote it, or begin again in another folder.",
        );
      }
      if (crc32 !== crc32Hex([jsonText(content)])) throw new Damage("its checksum does not match");
      return shape(content, "");
    } catch (cause) {
      if (cause instanceof TrainerError) throw cause;
      const code = systemErrorCode(cause);
      if (!(cause instanceof Damage) && code === undefined) throw cause;
      throw new TrainerError(
        "RUN_DAMAGED",
        `Expected ${path} as silhouette wrote it, but ${code === undefined ? (cause as Damage).message : `it cannot be opened (${code})`}`,
        "Restore an intact copy, or begin again in another folder.",
        { cause },
      );
    }
  }
}

function foldName(fold: number): string {
  return `fold-${fold}.json`;
}
