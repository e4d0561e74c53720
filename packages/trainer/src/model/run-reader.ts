// Reads the files of a run from wherever they are, and verifies them. The reverse of run-files.ts.

import { decodeCheckpoint } from "../training/checkpoint.ts";
import { LearnedPictures } from "../training/learned-pictures.ts";
import { confusionOf, type Metrics } from "../training/metrics.ts";
import { parsePredictions, type RecordedPrediction } from "../training/predictions-table.ts";
import { decodeConfig, decodeHistory, decodeMetrics, type RunConfig } from "../training/run-config.ts";
import type { Checkpoint, EpochRecord } from "../training/state.ts";
import { isOver } from "../training/stopping.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import { opened, textOf, type ReadFile } from "../values/files.ts";
import type { LoadedModel } from "./codec.ts";
import { resultsWithoutModel } from "./other-results.ts";
import { MODEL_JSON, RUN_FILES } from "./run-paths.ts";

/** What a run says of its training. */
export interface RunResults {
  /** What was trained, on what, and how. */
  readonly config: RunConfig;
  /** One record per completed epoch. */
  readonly history: readonly EpochRecord[];
  /** Result of the test; null if the training was stopped before it. */
  readonly test: RunTest | null;
}

/** The test of a run. */
export interface RunTest {
  /** Accuracy, confusion matrix and the like. */
  readonly metrics: Metrics;
  /** One for each test picture, in the order of the dataset; probabilities are calibrated as the model's are. */
  readonly predictions: readonly RecordedPrediction[];
}

/** Where the files of a run are. */
export interface RunSource {
  /** Name of the run, used in error messages: its folder, for example. */
  readonly name: string;
  /** Reads a file of the run, by its path in the run folder, with `/`. */
  readonly read: ReadFile;
  /** The path of a file, used in error messages. Default: after the name and `/`. */
  readonly pathOf?: (path: string) => string;
}

/**
 * Reads a run that the command line, a program or a page has written: from a folder, an archive, or the origin private file system. Only
 * what is asked for is read. Damaged files, and those of another version, are refused as the command line refuses them.
 *
 * @example
 * import { RunReader } from "@silhouette/trainer/browser";
 *
 * export async function accuracyOf(files: ReadonlyMap<string, Uint8Array>): Promise<number | null | undefined> {
 *   const reader = new RunReader({ name: "vehicles.zip", read: (path) => files.get(path) });
 *   return (await reader.results()).test?.metrics.accuracy;
 * }
 */
export class RunReader {
  readonly #name: string;
  readonly #read: ReadFile;
  readonly #pathOf: (path: string) => string;

  /**
   * Prepares to read a run. Reads nothing yet.
   *
   * @param source where its files are
   */
  constructor({ name, read, pathOf = (path) => `${name}/${path}` }: RunSource) {
    this.#name = name;
    this.#read = read;
    this.#pathOf = pathOf;
  }

  /**
   * What was trained, on what, and how.
   *
   * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`
   */
  async config(): Promise<RunConfig> {
    const file = await opened(this.#read, RUN_FILES.config);
    if (file.bytes !== undefined) {
      const json = textOf(file.bytes);
      return this.#checked(RUN_FILES.config, () => decodeConfig(json, this.#name));
    }
    const results = await resultsWithoutModel(this.#read);
    throw new TrainerError(
      "RUN_NOT_FOUND",
      `Expected a run in ${this.#name}, but ${results === undefined ? `its ${RUN_FILES.config} ${file.reason}` : `it is the folder of ${results}`}`,
      "Name a run folder, as created by silhouette train.",
      { cause: file.cause },
    );
  }

  /**
   * The completed epochs: none before the first one ends.
   *
   * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_DAMAGED`
   */
  async history(): Promise<readonly EpochRecord[]> {
    return (await this.#optional(RUN_FILES.history, decodeHistory)) ?? [];
  }

  /**
   * The metrics of the last test; undefined before it. A run that is continued for more epochs keeps those of its earlier end.
   *
   * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_DAMAGED`
   */
  async metrics(): Promise<Metrics | undefined> {
    return this.#optional(RUN_FILES.metrics, decodeMetrics);
  }

  /**
   * Configuration, history and test of a run, which may be unfinished.
   *
   * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`
   */
  async results(): Promise<RunResults> {
    const config = await this.config();
    const history = await this.history();
    const metrics = await this.metrics();
    if (metrics === undefined || !isOver(config.recipe.stopping, config.epochs, history)) {
      return { config, history, test: null };
    }
    const { labels } = config.dataset;
    const predictions = await this.#predictions(labels);
    const pairs = predictions
      .map(({ label, predicted }) => [labels.indexOf(label), labels.indexOf(predicted)] as const)
      .filter(([actual, predicted]) => actual >= 0 && predicted >= 0);
    const isCounted = JSON.stringify(confusionOf(labels, pairs).counts) === JSON.stringify(metrics.confusion);
    if (!isCounted || pairs.length < predictions.length) {
      const [counted, path] = [RUN_FILES.metrics, RUN_FILES.predictions].map(this.#pathOf);
      throw new TrainerError(
        "RUN_DAMAGED",
        `Expected the predictions that ${counted} counts in ${path}, but found others`,
        RESTORE,
      );
    }
    return { config, history, test: { metrics, predictions } };
  }

  /**
   * Reads a model and verifies all checksums. Requires a started backend. Dispose of its network after use.
   *
   * @param folder that of the model that is tested, or of the best epoch's
   * @throws {TrainerError} `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`, `MODEL_PREPROCESSING`
   */
  async model(folder: "model" | "model-best" = RUN_FILES.model): Promise<LoadedModel> {
    return readModel(this.#pathOf(folder), (name) => this.#read(`${folder}/${name}`), {
      name: this.#name,
      read: this.#read,
    });
  }

  /**
   * Reads the last checkpoint.
   *
   * @throws {TrainerError} `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`
   */
  async checkpoint(): Promise<Checkpoint> {
    return readCheckpoint(this.#pathOf(RUN_FILES.checkpoint), () => this.#read(RUN_FILES.checkpoint));
  }

  /**
   * The pictures that the run has learned from.
   *
   * @throws {TrainerError} `RUN_DAMAGED`
   */
  async learned(): Promise<LearnedPictures> {
    const file = await opened(this.#read, RUN_FILES.learned);
    if (file.bytes === undefined) throw this.#damaged(RUN_FILES.learned, `it ${file.reason}`, file.cause);
    const { bytes } = file;
    return this.#checked(RUN_FILES.learned, () => LearnedPictures.decode(bytes));
  }

  async #predictions(labels: readonly string[]): Promise<readonly RecordedPrediction[]> {
    const path = this.#pathOf(RUN_FILES.predictions);
    const file = await opened(this.#read, RUN_FILES.predictions);
    if (file.bytes === undefined) {
      const message = `Expected predictions at ${path}, but it ${file.reason}`;
      throw new TrainerError("RUN_DAMAGED", message, RESTORE, { cause: file.cause });
    }
    const purpose = { unreadable: "RUN_DAMAGED", mismatch: "RUN_DAMAGED", hint: RESTORE } as const;
    return parsePredictions(textOf(file.bytes), path, labels, purpose);
  }

  /** Reads a file that does not exist at the start of a run. */
  async #optional<T>(path: string, decode: (json: string) => T): Promise<T | undefined> {
    const file = await opened(this.#read, path);
    if (file.bytes !== undefined) {
      const json = textOf(file.bytes);
      return this.#checked(path, () => decode(json));
    }
    if (!file.isMissing) throw this.#damaged(path, `it ${file.reason}`, file.cause);
    // If there is no run at all, this throws `RUN_NOT_FOUND`.
    await this.config();
    return undefined;
  }

  #checked<T>(path: string, decode: () => T): T {
    try {
      return decode();
    } catch (cause) {
      if (!(cause instanceof Damage)) throw cause;
      throw this.#damaged(path, cause.message, cause);
    }
  }

  #damaged(path: string, what: string, cause: unknown): TrainerError {
    const message = `Expected ${this.#pathOf(path)} as silhouette wrote it, but ${what}`;
    return new TrainerError("RUN_DAMAGED", message, RESTORE, { cause });
  }
}

const RESTORE = "Restore an intact copy of the run, or train again in another folder.";

/**
 * Reads a model from a folder.
 *
 * @param folder its path, used in error messages
 * @param read reads files of the folder, by their names
 * @param around the folder around it, which may be one of other results
 * @throws {TrainerError} `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`, `MODEL_PREPROCESSING`
 */
export async function readModel(
  folder: string,
  read: ReadFile,
  around: Pick<RunSource, "name" | "read">,
): Promise<LoadedModel> {
  const file = await opened(read, MODEL_JSON);
  if (file.bytes === undefined) {
    const results = await resultsWithoutModel(around.read);
    throw new TrainerError(
      "MODEL_NOT_FOUND",
      results === undefined
        ? `Expected a model in ${folder}, but its ${MODEL_JSON} ${file.reason}`
        : `Expected a model in ${folder}, but ${around.name} is the folder of ${results}`,
      "Name a run that has completed its first epoch: its model folder contains one.",
      { cause: file.cause },
    );
  }
  const weightsOf = async (name: string): Promise<Uint8Array> => {
    const weights = await opened(read, name);
    if (weights.bytes !== undefined) return weights.bytes;
    throw new Damage(`its weights ${name} ${weights.reason}`, { cause: weights.cause });
  };
  // Loaded here: results are read without TensorFlow.js.
  const { decodeModel } = await import("./codec.ts");
  return decodeModel(textOf(file.bytes), weightsOf, folder);
}

/**
 * Reads a checkpoint.
 *
 * @param path of the file, used in error messages
 * @throws {TrainerError} `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`
 */
export async function readCheckpoint(path: string, read: ReadFile): Promise<Checkpoint> {
  const file = await opened(read, path);
  if (file.bytes !== undefined) return decodeCheckpoint(file.bytes, path);
  throw new TrainerError(
    "CHECKPOINT_NOT_FOUND",
    `Expected a checkpoint at ${path}, but it ${file.reason}`,
    "Resume a run that has written one, or train again in another folder.",
    { cause: file.cause },
  );
}
