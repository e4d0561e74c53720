// The source of labeled pictures: a folder of photographs, which is prepared first, or a dataset.

import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { isDatasetFile } from "../dataset/dataset-name.ts";
import type { StoredSize } from "../dataset/format.ts";
import { matchLeaveOut } from "../dataset/leave-out.ts";
import type { Dataset } from "../dataset/reader.ts";
import { pathsToLeaveOut } from "./files/leave-out-list.ts";
import { locatedSource, openDataset } from "./files/open-dataset.ts";
import { unwritable } from "./files/whole-file.ts";
import type { Discovery } from "../dataset/photographs/find-photographs.ts";
import { leaveOutEvent } from "./photographs/prepare-events.ts";
import type { PicturesOptions } from "./photographs/preparation.ts";
import { preparePictures } from "./photographs/prepare.ts";

/** How the photographs of a folder are prepared. Datasets are prepared already. */
export interface Preparation extends Omit<PicturesOptions, "folder" | "out"> {
  /** Size and format of the pictures. */
  readonly stored: StoredSize;
  /** Whether `all` classes need training pictures, or `any` pictures are enough. */
  readonly classes: "all" | "any";
  /** May reject the discovery, before any picture is opened. */
  readonly check?: (discovery: Discovery) => void | Promise<void>;
  /** Path at which the dataset is kept. Default: a temporary file. */
  readonly keepAt?: string;
  /** Whether the dataset has thumbnails. Default false. */
  readonly thumbnails?: boolean;
}

/**
 * Calls `use` with the pictures of `source` and returns its result; the dataset is closed afterwards.
 *
 * @param source folder of photographs, or what {@link openDataset} opens
 * @throws {TrainerError} what `prepare` and {@link openDataset} throw; `OUTPUT_UNWRITABLE` also if there is no writable
 * folder for temporary files
 */
export async function withSource<T>(
  source: string,
  { keepAt, ...preparation }: Preparation,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const located = await locatedSource(source);
  if (isDatasetFile(located)) {
    return withDataset(located, async (dataset) => use(await remaining(dataset, preparation)));
  }
  if (keepAt !== undefined) return withPrepared(source, keepAt, preparation, use);
  const directory = await temporaryFolder();
  try {
    return await withPrepared(source, join(directory, "pictures.arrow"), preparation, use);
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The options, with the place of the source's pictures instead of a folder: see {@link locatedSource}. */
export async function withLocatedSource<Options extends { readonly source: string }>(
  options: Options,
): Promise<Options> {
  return { ...options, source: await locatedSource(options.source) };
}

/** Calls `use` with a dataset and returns its result; the dataset is closed afterwards. */
export async function withDataset<T>(path: string, use: (dataset: Dataset) => Promise<T>): Promise<T> {
  const dataset = await openDataset(path);
  try {
    return await use(dataset);
  } finally {
    await dataset.close();
  }
}

/** The dataset without the pictures to leave out. */
async function remaining(
  dataset: Dataset,
  { leaveOut, onEvent }: Pick<Preparation, "leaveOut" | "onEvent">,
): Promise<Dataset> {
  const listed = await pathsToLeaveOut(leaveOut);
  if (listed.length === 0) return dataset;
  const paths: string[] = [];
  for await (const { path } of dataset) paths.push(path);
  const match = matchLeaveOut(listed, paths);
  const event = leaveOutEvent(match, dataset.path);
  onEvent?.(event);
  return dataset.without(match.leftOut);
}

/** Whether two sources are the same file or folder; `other` is absolute. */
export async function isSameSource(one: string, other: string): Promise<boolean> {
  return resolve(one) === other || (await realpath(one).catch(() => one)) === (await realpath(other).catch(() => ""));
}

async function withPrepared<T>(
  folder: string,
  out: string,
  { stored, thumbnails = false, classes, check, ...options }: Omit<Preparation, "keepAt">,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  await preparePictures({ ...options, folder, out }, { stored, thumbnails, classes, ...(check && { check }) });
  return withDataset(out, use);
}

async function temporaryFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), "silhouette-"));
  } catch (cause) {
    const hint = "Set the environment variable TMPDIR to a folder with enough space for the prepared pictures.";
    throw unwritable(tmpdir(), "the prepared pictures", cause, hint);
  }
}
