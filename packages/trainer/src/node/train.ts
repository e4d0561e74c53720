// Trains on photographs or a dataset and writes a run folder: prepare ─▶ fit ─▶ evaluate, with checkpoints to resume from.

import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import type { Backend } from "../backend/operations.ts";
import { isDatasetFile } from "../dataset/dataset-name.ts";
import { describeModel } from "../model/description.ts";
import { configFile, historyFiles, learnedFile, metricsFile, PREDICTIONS_TABLE } from "../model/run-files.ts";
import { TRAIN_DEFAULTS } from "../training/defaults.ts";
import { configOf, historyChecksum, type RunConfig } from "../training/run-config.ts";
import { predictionLines, predictionsHead } from "../training/predictions-table.ts";
import { TrainingSession, type RunOptions } from "../training/session.ts";
import type { Checkpoint, EpochRecord } from "../training/state.ts";
import { TrainerError } from "../values/errors.ts";
import { textBytes } from "../values/files.ts";
import { startBackend } from "./backends/start.ts";
import { readCheckpoint, writeCheckpoint } from "./files/checkpoint-file.ts";
import { LearnedPictures } from "../training/learned-pictures.ts";
import { withPathsToLeaveOut, type Resolved } from "./files/leave-out-list.ts";
import { saveModel } from "./files/model-folder.ts";
import { claimNewRun, claimRun, isUnbegun, keepPrepared } from "./files/run-claim.ts";
import { readConfig, readHistory, runIn, runPaths, writeRunFiles } from "./files/run-folder.ts";
import { WholeFile } from "./files/whole-file.ts";
import { checkInitialRun, initEvent, withInitialRun, type InitEvent } from "./initial-run.ts";
import { withNewPictures, withRunPictures, type NewPictures } from "./run-pictures.ts";
import { withLocatedSource } from "./source.ts";
import { checkOptions, checkUnchanged, type TrainOptions, type TrainSummary } from "./train-options.ts";

/**
 * Trains a network by a recipe, by default {@link compactNetwork} on augmented silhouettes, on the pictures of `source`, and
 * evaluates it on their test split. The run folder then contains the configuration, history, the model that was tested (`model`:
 * of the last epoch, or of the best one if the recipe says so), the model of the epoch with the lowest validation loss
 * (`model-best`), metrics with the confusion matrix, the predictions (`predictions.csv`), and the last checkpoint. The same
 * pictures, options and kernel set give the same weights, byte for byte, also if the training is stopped and resumed.
 *
 * The loss is categorical cross-entropy; the recipe sets the rest, see {@link RECIPES}. After each epoch, BatchNorm's statistics are
 * computed over up to 500 training pictures (Wu and Johnson 2021), the validation split is evaluated, and model and checkpoint
 * are written. Classes without test pictures are trained, too.
 *
 * @param given at least the source of the pictures, and the run folder
 * @throws {TrainerError} what {@link prepare}, {@link openDataset} and {@link loadModel} throw; `INVALID_ARGUMENT`, `RUN_EXISTS`, `RUN_IN_USE`,
 * `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`, `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`,
 * `DATASET_MISMATCH`, `ONE_CLASS_IN_TRAINING`, `CLASS_UNTESTED`, `CANNOT_LEARN`, `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`,
 * `LOSS_NOT_FINITE`, `LEAVE_OUT_NOT_FOUND`, `LEAVE_OUT_UNREADABLE`, `LEAVE_OUT_MISMATCH`, `OUTPUT_UNWRITABLE`
 * @example
 * import { train } from "@silhouette/trainer";
 *
 * const { metrics } = await train({ source: "photos", run: "runs/photos", labels: ["car", "bus", "motorcycle"] });
 * console.log(metrics.correct, metrics.incorrect, metrics.confusion);
 */
export async function train(given: TrainOptions): Promise<TrainSummary> {
  checkOptions(given);
  const options = await withPathsToLeaveOut(await withLocatedSource(given));
  return options.resume === true ? resume(options) : begin(options);
}

async function begin(options: Resolved<TrainOptions>): Promise<TrainSummary> {
  const { source, run } = options;
  const backend = await startBackend(options.backend ?? TRAIN_DEFAULTS.backend);
  const claim = await claimNewRun(run);
  let hasStarted = false;
  try {
    await checkInitialRun(options.init);
    return await withNewPictures(options, runPaths(run).preparedDataset, async (found) => {
      const { session, learned } = await newSession(options, found, backend);
      try {
        await writeRunFiles(run, [learnedFile(learned), configFile(session.config)]);
        hasStarted = true;
        if (!isDatasetFile(source)) await keepPrepared(run);
        return await runSession(session, options, []);
      } finally {
        session.dispose();
      }
    });
  } catch (error) {
    if (hasStarted) throw resumable(error, run);
    await claim.abandon();
    throw error;
  } finally {
    await claim.release();
  }
}

/** The session of a new run, to be disposed of after use, and the pictures that its network will have learned from. */
export async function newSession(
  {
    source,
    network,
    init,
    onEvent,
    ...options
  }: Omit<TrainOptions, "run" | "resume" | "onEvent" | "leaveOut"> & {
    readonly leaveOut?: readonly string[];
    readonly onEvent?: (event: InitEvent) => void;
  },
  { dataset, pictures, named }: NewPictures,
  backend: Backend,
): Promise<{ readonly session: TrainingSession; readonly learned: LearnedPictures }> {
  let learned = LearnedPictures.of(pictures);
  const session = await withInitialRun(init, async (initial) => {
    const config = configOf({
      source: resolve(source),
      dataset,
      pictures,
      leaveOut: options.leaveOut,
      ...(options.thumbnails === false && !isDatasetFile(source) && { thumbnails: false }),
      backend,
      epochs: options.epochs ?? named.epochs,
      batch: options.batch ?? named.batch,
      seed: options.seed ?? TRAIN_DEFAULTS.seed,
      recipe: named.recipe,
      network: network !== undefined ? "custom" : initial?.network !== undefined ? "imported" : named.network,
      init: initial?.init ?? null,
    });
    if (initial !== undefined) {
      const before = await runIn(initial.init.run).learned();
      learned = learned.with(before);
      onEvent?.(initEvent(initial, before, pictures.test));
    }
    return TrainingSession.of(config, pictures, backend, network ?? initial?.network, initial?.model);
  });
  return { session, learned };
}

async function resume(options: Resolved<TrainOptions>): Promise<TrainSummary> {
  const { run } = options;
  // Fails before locking if the folder has no run that was trained: nothing is written there.
  if ((await readConfig(run)).imported !== undefined) throw notTrained(run);
  const lock = await claimRun(run);
  try {
    return await resumeClaimed(options);
  } catch (error) {
    throw resumable(error, run);
  } finally {
    await lock.release();
  }
}

async function resumeClaimed(options: Resolved<TrainOptions>): Promise<TrainSummary> {
  const { run } = options;
  const recorded = await readConfig(run);
  checkUnchanged(options, recorded);
  const backend = await resumedBackend(options, recorded);
  const config: RunConfig = {
    ...recorded,
    epochs: options.epochs ?? recorded.epochs,
    backend: backend.name,
    kernelSet: backend.kernelSet,
  };
  const checkpoint = await lastCheckpoint(run);
  const history = checkpoint === undefined ? [] : await historyBefore(run, checkpoint);
  return withRunPictures(options, config, async (pictures) => {
    // A checkpoint has all weights, but not the network.
    const isStart = checkpoint === undefined;
    const start = isStart || recorded.network === "imported" ? recorded.init?.run : undefined;
    const session = await withInitialRun(start, (initial) =>
      TrainingSession.of(
        config,
        pictures,
        backend,
        options.network ?? (recorded.network === "imported" ? initial?.network : undefined),
        isStart ? initial?.model : undefined,
      ),
    );
    try {
      if (checkpoint !== undefined) session.restore(checkpoint, runPaths(run).checkpoint);
      if (!isDeepStrictEqual(config, recorded)) await writeRunFiles(run, [configFile(config)]);
      return await runSession(session, options, history);
    } finally {
      session.dispose();
    }
  });
}

/** Trains, and writes the results to the run folder. */
async function runSession(
  session: TrainingSession,
  { run, signal, onEvent }: TrainOptions,
  before: readonly EpochRecord[],
): Promise<TrainSummary> {
  const { config } = session;
  const paths = runPaths(run);
  let table: WholeFile | undefined;
  const options: RunOptions = {
    history: before,
    signal,
    onEvent,
    onEpoch: async ({ history, isBest, isModel, network, calibration }) => {
      await writeRunFiles(run, historyFiles(config, history));
      const description = describeModel(config, history.length, calibration);
      if (isModel) await saveModel(paths.model, network, description);
      if (isBest) await saveModel(paths.bestModel, network, description);
    },
    onCheckpoint: async (checkpoint) => {
      await writeCheckpoint(paths.checkpoint, checkpoint);
      const { epoch, batchesDone } = checkpoint;
      onEvent?.({ type: "checkpoint", path: paths.checkpoint, epoch, batchesDone });
    },
    onPredictions: async (predictions) => {
      if (table === undefined) {
        table = await WholeFile.create(paths.predictions, PREDICTIONS_TABLE);
        await table.append(textBytes(predictionsHead(config.dataset.labels)));
      }
      await table.append(textBytes(predictionLines(predictions)));
    },
  };
  try {
    const result = await session.run(options);
    await table?.finish();
    // The metrics come last, since with them a run is over.
    await writeRunFiles(run, [metricsFile(result.metrics)]);
    return { config, ...result };
  } finally {
    await table?.discard();
  }
}

/** The run's last checkpoint; undefined if there is none yet. */
async function lastCheckpoint(run: string): Promise<Checkpoint | undefined> {
  try {
    return await readCheckpoint(runPaths(run).checkpoint);
  } catch (error) {
    const isNone = error instanceof TrainerError && error.code === "CHECKPOINT_NOT_FOUND" && (await isUnbegun(run));
    if (isNone) return undefined;
    throw error;
  }
}

/** The epochs up to the checkpoint; the file may contain one more. @throws {TrainerError} `RUN_DAMAGED` */
async function historyBefore(run: string, checkpoint: Checkpoint): Promise<readonly EpochRecord[]> {
  const history = (await readHistory(run)).slice(0, checkpoint.epoch);
  const isWhole = checkpoint.history === historyChecksum(history);
  if (history.length === checkpoint.epoch && isWhole) return history;
  throw new TrainerError(
    "RUN_DAMAGED",
    `Expected the ${checkpoint.epoch} epochs of the checkpoint in ${runPaths(run).history}, but it contains others`,
    "Restore an intact copy of the run, or train again in another folder.",
  );
}

/** After a full disk or another file error, a run that has started can be resumed from its last checkpoint. */
function resumable(error: unknown, run: string): unknown {
  if (!(error instanceof TrainerError) || error.code !== "OUTPUT_UNWRITABLE") return error;
  const hint = `The run in ${run} is kept. Once there is enough space, resume it with --resume.`;
  return new TrainerError(error.code, error.message, hint, { cause: error });
}

function notTrained(run: string): TrainerError {
  return new TrainerError(
    "INVALID_ARGUMENT",
    `Expected a run that was trained here to resume, but the model in ${run} was imported`,
    "Start a training from it instead: name it with --init (init), and another folder for the new run.",
  );
}

/** The requested backend, or else the run's own. If it differs from the run's, the reason states the consequences. */
async function resumedBackend({ backend: choice, run }: TrainOptions, recorded: RunConfig): Promise<Backend> {
  const backend = await startBackend(choice ?? "auto", recorded);
  if (backend.name === recorded.backend && backend.kernelSet === recorded.kernelSet) return backend;
  const startedOn = `${recorded.backend} (${recorded.kernelSet})`;
  return {
    ...backend,
    reason: `${backend.reason} The run in ${run} started on ${startedOn}, whose weights would differ in their last digits.`,
  };
}
