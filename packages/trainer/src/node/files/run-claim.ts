// Who may write into a run folder, and what of it is taken away again: only what a run has written there, file by file.

import { readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { systemErrorCode, TrainerError } from "../../values/errors.ts";
import { isTemporary, removeDead } from "./file-lock.ts";
import { OutputLock, RUN_LOCK } from "./output-lock.ts";
import { PREPARED_DATASET, readConfig, readHistory, runPaths } from "./run-folder.ts";
import { makeFolder, syncFolder } from "./whole-file.ts";

/** How often a run folder is made anew because another process was just removing it. */
const ATTEMPTS = 10;

/** A run folder that this process alone writes into. */
export interface NewRun {
  /** Removes what a run writes before it has a configuration, and the folders that were made for it and hold nothing else. */
  abandon(): Promise<void>;
  /** Lets other processes in. */
  release(): Promise<void>;
}

/**
 * Makes the folder of a new run, and those above it, and claims it. The folder may be there, if it is empty, or holds a run
 * that has not come to its first checkpoint: its files are removed, others beside them stay.
 *
 * @throws {TrainerError} `RUN_EXISTS` if it holds anything else, or another process is at work there; `OUTPUT_UNWRITABLE`
 */
export async function claimNewRun(run: string): Promise<NewRun> {
  const { made, lock } = await lockedFolder(run);
  const release = (): Promise<void> => lock.release();
  const abandon = async (): Promise<void> => {
    const { preparedDataset, learned } = runPaths(run);
    await removeDead(run);
    for (const file of [preparedDataset, learned]) await rm(file, { force: true }).catch(() => undefined);
    await lock.release();
    // Folders with anything in them stay, and so do mount points.
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

/** Claims the folder of a run that is there, to go on with it. @throws {TrainerError} `RUN_IN_USE`, `OUTPUT_UNWRITABLE` */
export async function claimRun(run: string): Promise<OutputLock> {
  const lock = await OutputLock.ofRun(run, "RUN_IN_USE");
  const { model, bestModel, checkpoint, dataset, preparedDataset } = runPaths(run);
  for (const folder of [run, model, bestModel, dirname(checkpoint)]) await removeDead(folder);
  // It was killed between its configuration and this.
  if ((await isThere(preparedDataset)) && !(await isThere(dataset))) await keepPrepared(run);
  return lock;
}

/** Gives the prepared dataset its name: the run has a configuration now, which says that it is the run's own. */
export async function keepPrepared(run: string): Promise<void> {
  const { preparedDataset, dataset } = runPaths(run);
  await rename(preparedDataset, dataset);
  await syncFolder(run);
}

/**
 * Whether `run` holds a run that has not come to its first checkpoint. One whose checkpoint was removed later has metrics or
 * more than one epoch: it is not taken for such a run.
 */
export async function isUnbegun(run: string): Promise<boolean> {
  const { checkpoint, metrics } = runPaths(run);
  try {
    await readConfig(run);
    const history = await readHistory(run);
    return history.length <= 1 && !(await isThere(checkpoint)) && !(await isThere(metrics));
  } catch {
    // There is no configuration, or none that a run has written.
    return false;
  }
}

async function lockedFolder(run: string): Promise<{ readonly made: readonly string[]; readonly lock: OutputLock }> {
  for (let attempt = 1; ; attempt++) {
    const made = await makeFolder(run, "a run");
    try {
      return { made, lock: await OutputLock.ofRun(run, "RUN_EXISTS") };
    } catch (error) {
      // A training that failed may have removed the folder in between.
      const isGone = error instanceof TrainerError && systemErrorCode(error.cause) === "ENOENT";
      if (!isGone || attempt === ATTEMPTS) {
        for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
        throw error;
      }
    }
  }
}

/** The configuration last: as long as it is there, the rest is known as the run's. */
async function removeUnbegun(run: string): Promise<void> {
  const { config, history, model, bestModel, checkpoint, dataset, learned } = runPaths(run);
  const { source } = await readConfig(run);
  for (const folder of [model, bestModel]) {
    await removeDead(folder);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter(isModelFile)) await rm(join(folder, name), { force: true });
    await rmdir(folder).catch(() => undefined);
  }
  await removeDead(dirname(checkpoint));
  await rmdir(dirname(checkpoint)).catch(() => undefined);
  // A run on a dataset file has none of its own.
  const own = source.endsWith(".arrow") ? [] : [dataset];
  for (const file of [history, learned, ...own, config]) await rm(file, { force: true });
  await syncFolder(run);
  // Somebody's file that the new run would replace.
  const { metrics, predictions } = runPaths(run);
  const replaced = new Set([dataset, metrics, predictions].map((path) => basename(path)));
  const others = (await readdir(run)).filter((name) => replaced.has(name));
  if (others.length > 0) throw notEmpty(run, others);
}

function isModelFile(name: string): boolean {
  return name === "model.json" || /^weights-[0-9a-f]{8}\.bin$/.test(name);
}

async function checkEmpty(run: string): Promise<void> {
  // What a killed process has left is nothing.
  const names = (await readdir(run)).filter((name) => !isTemporary(name));
  if (names.length === 0) return;
  const isRun = await readConfig(run).then(
    () => true,
    () => false,
  );
  if (!isRun) throw notEmpty(run, names);
  throw new TrainerError(
    "RUN_EXISTS",
    `Expected an empty folder for a new run, but ${run} holds a run`,
    "Go on with it with --resume, or name another folder.",
  );
}

function notEmpty(run: string, names: readonly string[]): TrainerError {
  const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
  return new TrainerError(
    "RUN_EXISTS",
    `Expected an empty folder for a new run, but ${run} holds ${names[0]}${more}`,
    "Name another folder, or one that does not exist yet.",
  );
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Whether `directory` is a run folder, or holds nothing but run folders at any depth, as `runs` does: no place of photographs.
 */
export async function holdsOnlyRuns(directory: string): Promise<boolean> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const names = new Set(entries.map(({ name }) => name));
  if (names.has(RUN_LOCK) || names.has(PREPARED_DATASET)) return true;
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
