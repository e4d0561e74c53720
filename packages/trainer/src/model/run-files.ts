// The files of a run: their names, and their content as bytes. `docs/formats/run.md` describes them.
//
//   config.json                    network, pictures and settings: `RunConfig`, with a checksum
//   history.json                   an `EpochRecord` per completed epoch; the checkpoint has its checksum
//   history.csv                    the same as a table for spreadsheets and data frames: CSV (RFC 4180) in UTF-8
//   tensorboard/                   the same for TensorBoard: training/event-files.ts
//   metrics.json                   `Metrics` of the test
//   predictions.csv                training/predictions-table.ts
//   model/                         codec.ts, of the last epoch, or of the best one if the recipe says so
//   model-best/                    the same, of the best epoch
//   checkpoints/last.safetensors   training/checkpoint.ts
//   dataset.arrow                  dataset/format.ts, if the run has a dataset of its own
//   learned.safetensors            training/learned-pictures.ts
//
// Does not read the clock: the configuration has the time when the run was created.

import { encodeCheckpoint } from "../training/checkpoint.ts";
import { encodeEvents } from "../training/event-files.ts";
import type { LearnedPictures } from "../training/learned-pictures.ts";
import type { Metrics } from "../training/metrics.ts";
import { predictionLines, predictionsHead, type RecordedPrediction } from "../training/predictions-table.ts";
import { encodeConfig, encodeHistory, encodeMetrics, type RunConfig } from "../training/run-config.ts";
import type { EpochResult, TrainingResult } from "../training/session.ts";
import type { Checkpoint, EpochRecord } from "../training/state.ts";
import { csvText } from "../values/csv-table.ts";
import { TrainerError } from "../values/errors.ts";
import { textBytes } from "../values/files.ts";
import { encodeModel, type ModelFiles } from "./codec.ts";
import { describeModel } from "./description.ts";
import { MODEL_JSON, RUN_FILES } from "./run-paths.ts";

/** A file of a run. */
export interface RunFile {
  /** Path in the run folder, with `/`. */
  readonly path: string;
  /** What it is, such as "the run's history". */
  readonly what: string;
  /** Its bytes, in consecutive parts. Not copied: write them before the training goes on. */
  readonly content: readonly Uint8Array[];
}

/**
 * Encodes what happens in a training as the files of a run, which the command line reads as its own. Each method takes what a training
 * session hands on; write its files in their order, and replace those of the same path.
 *
 * @example
 * import { LearnedPictures, RunEncoder, type Pictures, type TrainingSession } from "@silhouette/trainer/browser";
 *
 * export async function filesOf(session: TrainingSession, pictures: Pictures): Promise<ReadonlyMap<string, Blob>> {
 *   const files = new Map<string, Blob>();
 *   const encoder = new RunEncoder(session.config);
 *   const write = (all: ReturnType<RunEncoder["start"]>): void => {
 *     for (const { path, content } of all) files.set(path, new Blob(content as Uint8Array<ArrayBuffer>[]));
 *   };
 *   write(encoder.start(LearnedPictures.of(pictures)));
 *   const result = await session.run({
 *     onEpoch: async (epoch) => write(await encoder.epoch(epoch)),
 *     onPredictions: (predictions) => encoder.predictions(predictions),
 *   });
 *   write(encoder.result(result));
 *   return files;
 * }
 */
export class RunEncoder {
  readonly #config: RunConfig;
  /** Lines of the table of predictions, and their number. */
  readonly #lines: Uint8Array[] = [];
  #predictions = 0;

  /**
   * Prepares to encode a run.
   *
   * @param config of the training
   */
  constructor(config: RunConfig) {
    this.#config = config;
  }

  /**
   * Files of a run that begins. A run whose source is no dataset file also has its dataset at `RUN_FILES.dataset`.
   *
   * @param learned its pictures, by which `evaluate` recognizes those that it has learned from
   */
  start(learned: LearnedPictures): readonly RunFile[] {
    return [learnedFile(learned), configFile(this.#config)];
  }

  /**
   * Files that an epoch changes: the history and, if it is the model so far or the best one, the model. A model replaces the one in the
   * same folder, whose weights have another name.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` if a weight is NaN or infinite
   */
  async epoch({ history, isBest, isModel, network, calibration }: EpochResult): Promise<readonly RunFile[]> {
    const files = historyFiles(this.#config, history);
    if (!isBest && !isModel) return files;
    const model = await encodeModel(network, describeModel(this.#config, history.length, calibration));
    return [
      ...files,
      ...(isModel ? modelFiles(RUN_FILES.model, model) : []),
      ...(isBest ? modelFiles(RUN_FILES.bestModel, model) : []),
    ];
  }

  /** The file of a checkpoint, from which the training can be resumed. */
  checkpoint(checkpoint: Checkpoint): readonly RunFile[] {
    return [checkpointFile(checkpoint)];
  }

  /** Adds predictions of the test, in their order. */
  predictions(predictions: readonly RecordedPrediction[]): void {
    this.#lines.push(textBytes(predictionLines(predictions)));
    this.#predictions += predictions.length;
  }

  /**
   * Files of a run that is over, whose predictions have been added: the metrics come last, since with them a run is over.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` without a prediction for each of its test pictures
   */
  result({ metrics }: Pick<TrainingResult, "metrics">): readonly RunFile[] {
    if (this.#predictions !== metrics.pictures) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected predictions for the ${metrics.pictures} test pictures, but received ${this.#predictions}`,
        "Pass the session an onPredictions that hands each batch to the method predictions of this encoder.",
      );
    }
    const head = textBytes(predictionsHead(this.#config.dataset.labels));
    const content = [head, ...this.#lines];
    return [{ path: RUN_FILES.predictions, what: PREDICTIONS_TABLE, content }, metricsFile(metrics)];
  }
}

/** The configuration. */
export function configFile(config: RunConfig): RunFile {
  return textFile(RUN_FILES.config, "the run's configuration", encodeConfig(config));
}

/** The pictures that a run has learned from. */
export function learnedFile(learned: LearnedPictures): RunFile {
  return { path: RUN_FILES.learned, what: "the list of learned pictures", content: learned.encode() };
}

/** The completed epochs, also as a table and for TensorBoard. */
export function historyFiles(config: Pick<RunConfig, "created">, history: readonly EpochRecord[]): readonly RunFile[] {
  const { train, validation } = encodeEvents(config, history);
  const what = "the run's events for TensorBoard";
  return [
    textFile(RUN_FILES.history, "the run's history", encodeHistory(history)),
    textFile(RUN_FILES.historyTable, "the table of the run's history", historyCsv(history)),
    { path: RUN_FILES.trainEvents, what, content: [train] },
    ...(validation === undefined ? [] : [{ path: RUN_FILES.validationEvents, what, content: [validation] }]),
  ];
}

/** The columns of the table: the fields of a record. */
const HISTORY_COLUMNS = ["epoch", "loss", "accuracy", "valLoss", "valAccuracy", "learningRate", "seconds"] as const;

/** A line per epoch; what is null is empty. */
function historyCsv(history: readonly EpochRecord[]): string {
  const rows = history.map((record) => HISTORY_COLUMNS.map((column) => String(record[column] ?? "")));
  return csvText([HISTORY_COLUMNS, ...rows]);
}

/** A model: first the weights, whose name has their checksum, then what names them. */
export function modelFiles(folder: string, { json, weightsName, weights }: ModelFiles): readonly RunFile[] {
  return [
    { path: `${folder}/${weightsName}`, what: "the model's weights", content: [weights] },
    textFile(`${folder}/${MODEL_JSON}`, "the model", json),
  ];
}

/** The state to continue from. */
export function checkpointFile(checkpoint: Checkpoint): RunFile {
  return { path: RUN_FILES.checkpoint, what: "the checkpoint", content: encodeCheckpoint(checkpoint) };
}

/** The table of predictions, in errors. */
export const PREDICTIONS_TABLE = "the table of predictions";

/** The results of the test. */
export function metricsFile(metrics: Metrics): RunFile {
  return textFile(RUN_FILES.metrics, "the run's metrics", encodeMetrics(metrics));
}

function textFile(path: string, what: string, text: string): RunFile {
  return { path, what, content: [textBytes(text)] };
}
