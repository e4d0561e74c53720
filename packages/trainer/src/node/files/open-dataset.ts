// Opens datasets: a file, the shards that a dataset.json names, or those that match a pattern.

import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import picomatch from "picomatch";

import type { ByteSource } from "../../dataset/byte-source.ts";
import { damaged, HOW_TO_MAKE_ONE } from "../../dataset/dataset-file.ts";
import { DATASET_ENDING, isDatasetFile, MANIFEST } from "../../dataset/dataset-name.ts";
import type { Shard } from "../../dataset/format.ts";
import { parseManifest, shardsOfName } from "../../dataset/manifest.ts";
import { byCodeUnits } from "../../dataset/photographs/file-tree.ts";
import { Dataset, type DatasetShard } from "../../dataset/reader.ts";
import { checkArgument, filePath } from "../../values/arguments.ts";
import { systemErrorCode, TrainerError } from "../../values/errors.ts";
import { OpenFiles } from "./open-files.ts";
import { unfinishedIn } from "./shard-folder.ts";

/**
 * Opens a dataset and checks its framing, version, description and number of rows; rows are checked when they are read.
 *
 * @param path of a dataset file; of the folder of a dataset of many files, or its `dataset.json`; or a pattern of such files, whose
 * name has `*`, `?`, `[...]` or `{...}`: `photos/shards/*.arrow`. They are one dataset, in the order of their names
 * @returns the dataset; close it after use
 * @throws {TrainerError} `DATASET_NOT_FOUND`, `NOT_A_DATASET`, `DATASET_VERSION`, `DATASET_DAMAGED`; `DATASET_INCOMPLETE` for the folder
 * of a preparation that was stopped; `DATASET_MISMATCH` for files of different datasets, or a file and its copy
 * @example
 * import { openDataset } from "@silhouette/trainer";
 *
 * const dataset = await openDataset("photos.arrow");
 * console.log(dataset.rows, dataset.description.labels);
 * await dataset.close();
 */
export async function openDataset(path: string): Promise<Dataset> {
  checkArgument("openDataset()", "path", filePath, path);
  const located = await locatedSource(path);
  if (basename(located) === MANIFEST) return openListed(located);
  const paths = await matching(located);
  return openAll(
    paths.map((file) => ({ path: file })),
    located,
  );
}

/**
 * Where the pictures of a source are: the description in the folder of a dataset, or else `source` itself, of which `isDatasetFile` then
 * tells whether it is a dataset or a folder of photographs.
 *
 * @throws {TrainerError} `DATASET_INCOMPLETE` for the folder of a preparation that was stopped
 */
export async function locatedSource(source: string): Promise<string> {
  if (isDatasetFile(source)) return source;
  const manifest = join(source, MANIFEST);
  if (await isFile(manifest)) return manifest;
  const unfinished = await unfinishedIn(source);
  if (unfinished === undefined) return source;
  if (unfinished === "unknown") {
    throw new TrainerError(
      "DATASET_INCOMPLETE",
      `Expected a complete dataset in ${source}, but its preparation was stopped`,
      "Run the command that began it again, to go on.",
    );
  }
  const { folder, shards, done } = unfinished;
  throw new TrainerError(
    "DATASET_INCOMPLETE",
    `Expected a complete dataset in ${source}, but only ${done} of its ${shards} shards ${done === 1 ? "is" : "are"} complete`,
    `To continue, with the other options as before: silhouette prepare ${word(folder)} --out ${word(source)} --shards ${shards}`,
  );
}

/** A path as a word of a command line, quoted if any shell might change it. */
function word(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : `"${path}"`;
}

/** The dataset whose shards the file `path` names. */
async function openListed(path: string): Promise<Dataset> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw notFound(path, cause);
  });
  const { description, shards } = parseManifest(text, path);
  const listed = shards.map((shard) => ({ path: join(dirname(path), shard.file), listed: shard }));
  const dataset = await openAll(listed, path);
  if (JSON.stringify(dataset.description) === JSON.stringify(description)) return dataset;
  await dataset.close();
  throw damaged(path, "its shards have another description");
}

/** The files that match `pattern`, in the order of their names; `pattern` itself if it is a file. */
async function matching(pattern: string): Promise<readonly string[]> {
  const name = basename(pattern);
  if (!/[*?[{]/.test(name) || (await isFile(pattern))) return [pattern];
  const folder = dirname(pattern);
  const names = await readdir(folder).catch((cause: unknown) => {
    throw notFound(pattern, cause);
  });
  // Parentheses are common in names of files.
  const isMatch = picomatch(name.replaceAll(/[()|]/g, String.raw`\$&`), { nonegate: true, windows: false });
  const found = names.filter((each) => isMatch(each)).toSorted(byCodeUnits);
  if (found.length === 0) {
    throw new TrainerError(
      "DATASET_NOT_FOUND",
      `Expected dataset files that match ${pattern}, but there are none among the ${names.length} files of ${folder}`,
      "Only the name of the files may be a pattern, not that of their folder.",
    );
  }
  checkOneDataset(found, pattern);
  return found.map((each) => join(folder, each));
}

/** @throws {TrainerError} `DATASET_MISMATCH` for shards of datasets that were cut into different numbers of them */
function checkOneDataset(names: readonly string[], pattern: string): void {
  const oneOfEach = new Map(names.map((name) => [shardsOfName(name), name]));
  const [first, other] = [...oneOfEach].filter(([shards]) => shards !== undefined);
  if (first === undefined || other === undefined) return;
  throw new TrainerError(
    "DATASET_MISMATCH",
    `Expected files of one dataset, but ${pattern} matches shards of several, such as ${first[1]} and ${other[1]}`,
    `Name the shards of one: *-of-${first[0]}${DATASET_ENDING}`,
  );
}

async function openAll(
  files: readonly { readonly path: string; readonly listed?: Shard }[],
  path: string,
): Promise<Dataset> {
  const open = new OpenFiles();
  try {
    const shards: DatasetShard[] = [];
    for (const file of files) shards.push({ ...file, source: await sourceOf(file, open) });
    return await Dataset.fromShards(shards, path);
  } catch (error) {
    await open.closeAll();
    throw error;
  }
}

/** The bytes of a regular file: of no folder, and nothing that would block, such as a pipe. */
async function sourceOf(
  { path, listed }: { readonly path: string; readonly listed?: Shard },
  open: OpenFiles,
): Promise<ByteSource> {
  const status = await stat(path).catch((cause: unknown) => {
    throw notFound(path, cause, listed);
  });
  if (!status.isFile()) {
    throw new TrainerError(
      "NOT_A_DATASET",
      `Expected a dataset file at ${path}, but it is not a file`,
      HOW_TO_MAKE_ONE,
    );
  }
  const { size } = status;
  if (listed !== undefined && size !== listed.bytes) {
    throw damaged(path, `it has ${size} bytes instead of ${listed.bytes}`);
  }
  // Whether it can be opened is known before anything is read.
  await open.read(path, 0, 0).catch((cause: unknown) => {
    throw notFound(path, cause, listed);
  });
  return { size, read: (offset, length) => open.read(path, offset, length), close: () => open.close(path) };
}

function notFound(path: string, cause: unknown, listed?: Shard): TrainerError {
  return new TrainerError(
    "DATASET_NOT_FOUND",
    `Expected a dataset file at ${path}, but it cannot be opened (${systemErrorCode(cause) ?? String(cause)})`,
    listed === undefined ? HOW_TO_MAKE_ONE : "It is a shard of a dataset: restore it, or copy the dataset again.",
    { cause },
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}
