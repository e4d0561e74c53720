// From photographs or a dataset to a run folder: prepare ─▶ fit ─▶ evaluate, with a checkpoint to go on from.

import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { startBackend } from "./backends/start.ts";
import type { Backend } from "../backend/operations.ts";
import { readCheckpoint, type Checkpoint } from "./files/checkpoint-file.ts";
import { TRAIN_DEFAULTS } from "../training/defaults.ts";
import { isDatasetFile } from "../dataset/format.ts";
import { TrainerError } from "../values/errors.ts";
import { BEGINNING } from "../training/fit.ts";
import { LearnedPictures } from "./files/learned-pictures.ts";
import { ownManifest } from "./doctor/own-manifest.ts";
import { claimNewRun, claimRun, isUnbegun, keepPrepared } from "./files/run-claim.ts";
import {
  historyChecksum,
  readConfig,
  readHistory,
  RUN_FORMAT_VERSION,
  runPaths,
  writeConfig,
  type EpochRecord,
  type RunConfig,
} from "./files/run-folder.ts";
import { checkCounts, loadPictures, openSource, reloadPictures } from "./run-pictures.ts";
import { checkOptions, checkUnchanged, type TrainOptions, type TrainSummary } from "./train-options.ts";
import { Training } from "../training/session.ts";

/**
 * Trains a network, the {@link referenceNetwork} unless another is given, on the pictures of `source`, and judges it on
 * their test split. The run folder then holds configuration, history, the model of the last epoch (`model`) and of the one
 * with the lowest validation loss (`model-best`), metrics with the confusion matrix, the answers (`predictions.csv`), and the
 * last checkpoint. Same pictures, options and kernel set: same weights, byte for byte; stopped and resumed, too.
 *
 * The loss is categorical cross-entropy, the optimizer Adam (Kingma and Ba 2015). After each epoch BatchNorm's statistics are
 * computed over up to 500 training pictures (Wu and Johnson 2021), the validation split is judged, and model and checkpoint
 * are written. A class without test pictures is learned all the same.
 *
 * @param options at least where the pictures come from, and where the run goes
 * @throws {TrainerError} what {@link prepare} and {@link openDataset} throw; `INVALID_ARGUMENT`, `RUN_EXISTS`, `RUN_IN_USE`,
 * `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`, `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`,
 * `DATASET_MISMATCH`, `ONE_CLASS_IN_TRAINING`, `CLASS_UNTESTED`, `CANNOT_LEARN`, `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`,
 * `LOSS_NOT_FINITE`, `OUTPUT_UNWRITABLE`
 * @example
 * import { train } from "@silhouette/trainer";
 *
 * const { metrics } = await train({ source: "photos", run: "runs/photos", labels: ["car", "bus", "motorcycle"] });
 * console.log(metrics.correct, metrics.incorrect, metrics.confusion);
 */
export async function train(options: TrainOptions): Promise<TrainSummary> {
  checkOptions(options);
  return options.resume === true ? resume(options) : begin(options);
}

async function begin(options: TrainOptions): Promise<TrainSummary> {
  const { source, run } = options;
  const backend = await startBackend(options.backend ?? TRAIN_DEFAULTS.backend);
  const { epochs = TRAIN_DEFAULTS.epochs, batch = TRAIN_DEFAULTS.batch, seed = TRAIN_DEFAULTS.seed } = options;
  const claim = await claimNewRun(run);
  let hasBegun = false;
  try {
    const dataset = await openSource(options);
    const pictures = await loadPictures(dataset, options);
    const config: RunConfig = {
      formatVersion: RUN_FORMAT_VERSION,
      version: ownManifest().version,
      created: new Date().toISOString(),
      source: resolve(source),
      dataset: dataset.description,
      fingerprint: pictures.train.fingerprint,
      fingerprints: { val: pictures.val.fingerprint, test: pictures.test.fingerprint },
      counts: { train: pictures.train.counts, val: pictures.val.counts, test: pictures.test.counts },
      epochs,
      batch,
      seed,
      network: options.network === undefined ? "reference" : "own",
      backend: backend.name,
      kernelSet: backend.kernelSet,
    };
    checkCounts(config);
    const training = await Training.of(config, pictures, backend, options.network);
    try {
      await LearnedPictures.of(pictures).write(runPaths(run).learned);
      await writeConfig(run, config);
    } catch (error) {
      training.dispose();
      throw error;
    }
    hasBegun = true;
    if (!isDatasetFile(source)) await keepPrepared(run);
    return await training.run(options, BEGINNING, []);
  } catch (error) {
    if (hasBegun) throw resumable(error, run);
    await claim.abandon();
    throw error;
  } finally {
    await claim.release();
  }
}

async function resume(options: TrainOptions): Promise<TrainSummary> {
  const { run } = options;
  // A folder without a run is not locked: nothing is written there.
  await readConfig(run);
  const lock = await claimRun(run);
  try {
    return await resumeClaimed(options);
  } catch (error) {
    throw resumable(error, run);
  } finally {
    await lock.release();
  }
}

async function resumeClaimed(options: TrainOptions): Promise<TrainSummary> {
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
  const pictures = await reloadPictures(options, config);
  if (checkpoint !== undefined) checkPosition(run, checkpoint, pictures.train.size);
  const training = await Training.of(config, pictures, backend, options.network);
  try {
    if (checkpoint !== undefined) {
      training.classifier.restore(checkpoint);
      training.generator.restore(checkpoint.generator);
    }
    if (!isDeepStrictEqual(config, recorded)) await writeConfig(run, config);
  } catch (error) {
    training.dispose();
    throw error;
  }
  return training.run(options, checkpoint ?? BEGINNING, history);
}

/** The run's last checkpoint; undefined if it has not come to its first. */
async function lastCheckpoint(run: string): Promise<Checkpoint | undefined> {
  try {
    return await readCheckpoint(runPaths(run).checkpoint);
  } catch (error) {
    const isNone = error instanceof TrainerError && error.code === "CHECKPOINT_NOT_FOUND" && (await isUnbegun(run));
    if (isNone) return undefined;
    throw error;
  }
}

/** Refuses a checkpoint that has another number of pictures to go through. @throws {TrainerError} `CHECKPOINT_DAMAGED` */
function checkPosition(run: string, { order }: Checkpoint, pictures: number): void {
  if (order.length === 0 || order.length === pictures) return;
  throw new TrainerError(
    "CHECKPOINT_DAMAGED",
    `Expected a checkpoint of ${pictures} training pictures at ${runPaths(run).checkpoint}, but it has an order of ${order.length}`,
    "Copy it again from where it is intact, or train anew into another folder.",
  );
}

/** The epochs that the checkpoint comes after: there may be one more in the file. @throws {TrainerError} `RUN_DAMAGED` */
async function historyBefore(run: string, checkpoint: Checkpoint): Promise<readonly EpochRecord[]> {
  const history = (await readHistory(run)).slice(0, checkpoint.epoch);
  const isWhole = checkpoint.history === undefined || checkpoint.history === historyChecksum(history);
  if (history.length === checkpoint.epoch && isWhole) return history;
  throw new TrainerError(
    "RUN_DAMAGED",
    `Expected the ${checkpoint.epoch} epochs of the checkpoint in ${runPaths(run).history}, but it holds others`,
    "Copy the run again from where it is intact, or train anew into another folder.",
  );
}

/** A full disk, or another trouble with files, leaves a run that has begun as it was at its last checkpoint. */
function resumable(error: unknown, run: string): unknown {
  if (!(error instanceof TrainerError) || error.code !== "OUTPUT_UNWRITABLE") return error;
  const hint = `The run in ${run} is kept. When there is room, go on with it with --resume.`;
  return new TrainerError(error.code, error.message, hint, { cause: error });
}

/** The backend that was asked for, or else the run's; where it is another than the run's, the reason tells what follows. */
async function resumedBackend({ backend: choice, run }: TrainOptions, recorded: RunConfig): Promise<Backend> {
  const backend = await startBackend(choice ?? "auto", recorded);
  if (backend.name === recorded.backend && backend.kernelSet === recorded.kernelSet) return backend;
  const began = `${recorded.backend} (${recorded.kernelSet})`;
  return {
    ...backend,
    reason: `${backend.reason} The run in ${run} began on ${began}, whose weights would differ in their last digits.`,
  };
}
