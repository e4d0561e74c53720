// Lists the runs in folders: what each was trained with, how far it came, and its results. Reads only small files, and never fails on a
// run: one that cannot be read is listed with the reason.

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { seenShape } from "../dataset/network-input.ts";
import { sharesOf, type PictureSize } from "../dataset/format.ts";
import { SPLITS, type Split } from "../dataset/split.ts";
import type { Metrics } from "../training/metrics.ts";
import type { Recipe } from "../training/recipe.ts";
import { RECIPES } from "../training/recipes.ts";
import type { RunConfig } from "../training/run-config.ts";
import { bestEpoch } from "../training/state.ts";
import { checkArgument, filePaths } from "../values/arguments.ts";
import { systemErrorCode, TrainerError } from "../values/errors.ts";
import { readConfig, readHistory, runPaths } from "./files/run-folder.ts";
import { readFinalMetrics } from "./run-results.ts";

/** How many folders deep runs are looked for. */
const DEPTH = 3;

/** A run that can be read. */
export interface RunSummary {
  /** `done` once it is tested, and `unfinished` before; `imported` if its model was trained elsewhere. */
  readonly state: "done" | "unfinished" | "imported";
  /** The run folder. */
  readonly run: string;
  /** Time when the run was created: ISO 8601, in UTC. */
  readonly created: string;
  /** What it was trained with. */
  readonly settings: RunSummarySettings;
  /** Fields of the recipe whose values are not those of the named one. */
  readonly changedFields: readonly string[];
  /** Number of pictures by split. */
  readonly pictures: Readonly<Record<Split, number>>;
  /** Number of completed epochs. */
  readonly epochsDone: number;
  /** The epoch with the lowest validation loss; null before the first one ends. */
  readonly bestEpoch: number | null;
  /** Validation accuracy of the epoch whose model is tested, 0 to 1; null without validation pictures. */
  readonly valAccuracy: number | null;
  /** Results of the test; null before its end. */
  readonly test: Pick<Metrics, "pictures" | "correct" | "accuracy" | "interval95"> | null;
}

/** Settings of a run. */
export interface RunSummarySettings extends Pick<
  RunConfig,
  "source" | "network" | "epochs" | "batch" | "seed" | "backend"
> {
  /** All values of the recipe. */
  readonly recipe: Recipe;
  /** Size at which the network sees pictures. */
  readonly size: PictureSize;
  /** Class names. */
  readonly labels: readonly string[];
  /** Path of the run whose weights it started from; null if they were drawn. */
  readonly init: string | null;
  /** Shares of the splits, or `by folders`. */
  readonly split: string;
  /** CRC-32 of the training pictures: runs with the same one have learned from the same pictures. */
  readonly fingerprint: string;
  /** Version of silhouette. */
  readonly version: string;
}

/** A run that cannot be read. */
export interface UnreadableRun {
  /** `damaged`, or of `another version` of the format. */
  readonly state: "damaged" | "another version";
  /** The run folder. */
  readonly run: string;
  /** Why, as a sentence without its full stop. */
  readonly message: string;
}

/**
 * The runs among `paths` and in their folders, in the order of their paths.
 *
 * @param paths run folders, and folders that contain some, up to three folders deep
 * @throws {TrainerError} `INVALID_ARGUMENT`; `FOLDER_NOT_FOUND` or `FOLDER_UNREADABLE` for one of `paths`
 * @example
 * import { listRuns } from "@silhouette/trainer";
 *
 * for (const { run, state } of await listRuns(["runs"])) console.log(run, state);
 */
export async function listRuns(paths: readonly string[]): Promise<readonly (RunSummary | UnreadableRun)[]> {
  checkArgument("listRuns()", "paths", filePaths, paths);
  const found: string[] = [];
  for (const path of paths) {
    await readdir(path).catch((cause: unknown) => {
      throw notAFolder(path, cause);
    });
    found.push(...(await runsIn(path, DEPTH)));
  }
  const runs: (RunSummary | UnreadableRun)[] = [];
  for (const run of new Set(found)) runs.push(await summaryOf(run));
  return runs;
}

/** Run folders at and below `folder`. */
async function runsIn(folder: string, depth: number): Promise<readonly string[]> {
  if (await hasConfig(folder)) return [folder];
  if (depth === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name));
  const found: string[] = [];
  for (const { name } of names.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    found.push(...(await runsIn(join(folder, name), depth - 1)));
  }
  return found;
}

/** Whether a folder has a config.json that may be a run's: other programs have files of that name, too. */
async function hasConfig(folder: string): Promise<boolean> {
  const { config } = runPaths(folder);
  try {
    // Reading a pipe would wait for its writer.
    if (!(await stat(config)).isFile()) return false;
    const content: unknown = JSON.parse(await readFile(config, "utf8"));
    return typeof content === "object" && content !== null && Object.hasOwn(content, "formatVersion");
  } catch (error) {
    return systemErrorCode(error) === undefined;
  }
}

async function summaryOf(run: string): Promise<RunSummary | UnreadableRun> {
  try {
    const config = await readConfig(run);
    const history = await readHistory(run);
    const metrics = await readFinalMetrics(run, config, history);
    const best = bestEpoch(history);
    const modelEpoch = config.recipe.model === "best" ? best : history.at(-1)?.epoch;
    return {
      state: config.imported !== undefined ? "imported" : metrics === undefined ? "unfinished" : "done",
      run,
      created: config.created,
      settings: settingsOf(config),
      changedFields: changedFields(config.recipe),
      pictures: picturesOf(config),
      epochsDone: history.length,
      bestEpoch: best ?? null,
      valAccuracy: history.find(({ epoch }) => epoch === modelEpoch)?.valAccuracy ?? null,
      test: metrics === undefined ? null : testOf(metrics),
    };
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
    return { state: error.code === "RUN_VERSION" ? "another version" : "damaged", run, message: error.message };
  }
}

function settingsOf(config: RunConfig): RunSummarySettings {
  const { source, network, recipe, epochs, batch, seed, init, backend, dataset, fingerprint, version } = config;
  const { width, height } = seenShape(dataset, recipe.input);
  const { labels } = dataset;
  const size = { width, height };
  return {
    source,
    network,
    recipe,
    epochs,
    batch,
    size,
    labels,
    split: sharesOf(dataset),
    seed,
    init: init?.run ?? null,
    backend,
    fingerprint,
    version,
  };
}

function changedFields(recipe: Recipe): readonly string[] {
  const named = RECIPES[recipe.name].recipe;
  return Object.entries(recipe).flatMap(([field, value]) =>
    isDeepStrictEqual(value, named[field as keyof Recipe]) ? [] : [field],
  );
}

function picturesOf({ counts }: RunConfig): Readonly<Record<Split, number>> {
  const [train = 0, val = 0, test = 0] = SPLITS.map((split) => counts[split].reduce((sum, count) => sum + count, 0));
  return { train, val, test };
}

function testOf({ pictures, correct, accuracy, interval95 }: Metrics): RunSummary["test"] {
  return { pictures, correct, accuracy, interval95 };
}

function notAFolder(path: string, cause: unknown): TrainerError {
  const code = systemErrorCode(cause);
  const isMissing = code === "ENOENT" || code === "ENOTDIR";
  return new TrainerError(
    isMissing ? "FOLDER_NOT_FOUND" : "FOLDER_UNREADABLE",
    `Expected a run, or a folder with runs, at ${path}, but ${code === "ENOENT" ? "it does not exist" : code === "ENOTDIR" ? "it is a file" : `it cannot be read (${code ?? String(cause)})`}`,
    "Name the folder that silhouette train writes runs to: runs, unless --out says otherwise.",
    { cause },
  );
}
