// Claims a run folder for one process, and cleans it up: removes only files that a run has written there, one by one.

import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { isDatasetFile, MANIFEST } from "../../dataset/dataset-name.ts";
import { SHARDS } from "../../dataset/manifest.ts";
import { systemErrorCode, TrainerError } from "../../values/errors.ts";
import { isTemporary, removeDead } from "./file-lock.ts";
import { OutputLock, RUN_LOCK } from "./output-lock.ts";
import { CROSS_VALIDATION_JSON, LEARNING_RATES_CSV } from "../../model/other-results.ts";
import { renameFile } from "./windows-files.ts";
import { PREPARED_DATASET, readConfig, readHistory, runPaths } from "./run-folder.ts";
import { PREPARATION } from "./shard-folder.ts";
import { checkFolder, makeFolder, syncFolder } from "./whole-file.ts";

/** Number of attempts to create a run folder that another process is removing. */
const ATTEMPTS = 10;

/** A run folder that only this process writes to. */
export interface NewRun {
  /** Removes what a run writes before its configuration, and the folders that were created for it, if they are empty. */
  abandon(): Promise<void>;
  /** Releases the folder to other processes. */
  release(): Promise<void>;
}

/**
 * Creates the folder of a new run, including parent folders, and claims it. The folder may exist if it is empty or contains
 * a run without a first checkpoint: the files of that run are removed, all others stay.
 *
 * @throws {TrainerError} `RUN_EXISTS` if it contains anything else, or another process uses it; `OUTPUT_UNWRITABLE`
 */
export async function claimNewRun(run: string): Promise<NewRun> {
  const { made, lock } = await lockedFolder(run);
  const release = (): Promise<void> => lock.release();
  const abandon = async (): Promise<void> => {
    const { preparedDataset, learned } = runPaths(run);
    await removeDead(run);
    for (const file of [preparedDataset, learned]) await rm(file, { force: true }).catch(() => undefined);
    await lock.release();
    // Non-empty folders and mount points stay.
    for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
  };
  try {
    await removeDead(run);
    await rm(runPaths(run).preparedDataset, { force: true });
    if (await isUnbegun(run)) await removeUnbegun(run);
    else await checkEmpty(run);
    return { abandon, release };
  } catch (error) {
    await lock.release();
    for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
    throw error;
  }
}

/**
 * Checks what {@link claimNewRun} would find, and changes nothing.
 *
 * @throws {TrainerError} `RUN_EXISTS`; `OUTPUT_UNWRITABLE` if the folder is a file, or cannot be created
 */
export async function checkNewRun(run: string): Promise<void> {
  await checkFolder(run, "a run");
  if ((await isThere(run)) && !(await isUnbegun(run))) await checkEmpty(run);
}

/** Claims the folder of an existing run to resume it. @throws {TrainerError} `RUN_IN_USE`, `OUTPUT_UNWRITABLE` */
export async function claimRun(run: string): Promise<OutputLock> {
  const lock = await OutputLock.ofRun(run, "RUN_IN_USE");
  const { model, bestModel, checkpoint, dataset, preparedDataset } = runPaths(run);
  for (const folder of [run, model, bestModel, dirname(checkpoint)]) await removeDead(folder);
  // The run was killed after it wrote its configuration and before it renamed its dataset.
  if ((await isThere(preparedDataset)) && !(await isThere(dataset))) await keepPrepared(run);
  return lock;
}

/** Gives the prepared dataset its final name, now that the configuration records it as the run's own. */
export async function keepPrepared(run: string): Promise<void> {
  const { preparedDataset, dataset } = runPaths(run);
  await renameFile(preparedDataset, dataset);
  await syncFolder(run);
}

/**
 * Whether `run` contains a run without a first checkpoint, unless it was imported. A run whose checkpoint was removed later has metrics or more than
 * one epoch, and does not count.
 */
export async function isUnbegun(run: string): Promise<boolean> {
  const { checkpoint, metrics } = runPaths(run);
  try {
    if ((await readConfig(run)).imported !== undefined) return false;
    const history = await readHistory(run);
    return history.length <= 1 && !(await isThere(checkpoint)) && !(await isThere(metrics));
  } catch {
    // There is no configuration, or it was not written by a run.
    return false;
  }
}

async function lockedFolder(run: string): Promise<{ readonly made: readonly string[]; readonly lock: OutputLock }> {
  for (let attempt = 1; ; attempt++) {
    const made = await makeFolder(run, "a run");
    try {
      return { made, lock: await OutputLock.ofRun(run, "RUN_EXISTS") };
    } catch (error) {
      // A failed training may have removed the folder in between.
      const isGone = error instanceof TrainerError && systemErrorCode(error.cause) === "ENOENT";
      if (!isGone || attempt === ATTEMPTS) {
        for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
        throw error;
      }
    }
  }
}

/** Removes the configuration last: as long as it exists, the other files are known to be the run's. */
async function removeUnbegun(run: string): Promise<void> {
  const { config, history, historyTable, model, bestModel, checkpoint, dataset, learned, ...paths } = runPaths(run);
  const { source } = await readConfig(run);
  for (const folder of [model, bestModel]) {
    await removeDead(folder);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter(isModelFile)) await rm(join(folder, name), { force: true });
    await rmdir(folder).catch(() => undefined);
  }
  await removeDead(dirname(checkpoint));
  await rmdir(dirname(checkpoint)).catch(() => undefined);
  // A run on a dataset has none of its own.
  const own = isDatasetFile(source) ? [] : [dataset];
  const { trainEvents, validationEvents, metrics, predictions } = paths;
  for (const events of [trainEvents, validationEvents]) {
    await rm(events, { force: true });
    await rmdir(dirname(events)).catch(() => undefined);
  }
  await rmdir(dirname(dirname(trainEvents))).catch(() => undefined);
  for (const file of [history, historyTable, learned, ...own, config]) await rm(file, { force: true });
  await syncFolder(run);
  // Files of others that the new run would replace.
  const replaced = new Set([dataset, metrics, predictions].map((path) => basename(path)));
  const others = (await readdir(run)).filter((name) => replaced.has(name));
  if (others.length > 0) throw notEmpty(run, others);
}

function isModelFile(name: string): boolean {
  return name === "model.json" || /^weights-[0-9a-f]{8}\.bin$/.test(name);
}

async function checkEmpty(run: string): Promise<void> {
  // Leftovers of killed processes do not count.
  const names = (await readdir(run)).filter((name) => !isTemporary(name));
  if (names.length === 0) return;
  const isRun = await readConfig(run).then(
    () => true,
    () => false,
  );
  if (!isRun) throw notEmpty(run, names);
  throw new TrainerError(
    "RUN_EXISTS",
    `Expected an empty folder for a new run, but ${run} contains a run`,
    "Resume it with --resume, or name another folder.",
  );
}

function notEmpty(run: string, names: readonly string[]): TrainerError {
  const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
  return new TrainerError(
    "RUN_EXISTS",
    `Expected an empty folder for a new run, but ${run} contains ${names[0]}${more}`,
    "Name an empty folder, or one that does not exist yet.",
  );
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Files that only folders of results have. */
const RESULTS = [RUN_LOCK, PREPARED_DATASET, CROSS_VALIDATION_JSON, LEARNING_RATES_CSV, PREPARATION] as const;

/**
 * Whether `directory` is a folder of results, or contains only such folders at any depth, like `runs`, and thus
 * no photographs.
 */
export async function holdsOnlyRuns(directory: string): Promise<boolean> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const names = new Set(entries.map(({ name }) => name));
  if (RESULTS.some((name) => names.has(name)) || (names.has(MANIFEST) && names.has(SHARDS))) return true;
  if (names.has("config.json")) {
    return readConfig(directory).then(
      () => true,
      () => false,
    );
  }
  if (entries.length === 0 || !entries.every((entry) => entry.isDirectory())) return false;
  for (const { name } of entries) if (!(await holdsOnlyRuns(join(directory, name)))) return false;
  return true;
}
