// The file `dataset.json` of a dataset of many files: its description, and its shards with their checksums.
//
// In: a description and shards, or the text of the file. Out: the text, or both again, checked.

import { Damage, TrainerError } from "../values/errors.ts";
import { list, positiveCount, record, such, text } from "../values/json-shape.ts";
import { parseSealedJson, sealedJson } from "../values/sealed-json.ts";
import { checkFormatVersion, damaged } from "./dataset-file.ts";
import { MANIFEST } from "./dataset-name.ts";
import { descriptionShape, FORMAT_VERSION, type DatasetDescription, type Shard } from "./format.ts";

/** The content of `dataset.json`. */
export interface Manifest {
  /** That of every shard, but with the rows of all. */
  readonly description: DatasetDescription;
  /** Its shards in the order of their rows. */
  readonly shards: readonly Shard[];
}

/** Folder of the shards in that of the dataset. */
export const SHARDS = "shards";

/** Shard `index` of `shards`, as its files are named: `00000-of-00016`. */
export function shardName(index: number, shards: number): string {
  const digits = (value: number): string => String(value).padStart(5, "0");
  return `${digits(index)}-of-${digits(shards)}`;
}

/** Path of shard `index` of `shards`, relative to the folder of the dataset. */
export function shardFile(index: number, shards: number): string {
  return `${SHARDS}/${shardName(index, shards)}.arrow`;
}

/** The number of shards of its dataset, as the name of a shard's file says; undefined for other names. */
export function shardsOfName(name: string): string | undefined {
  return /^\d{5}-of-(\d{5})\.arrow$/.exec(name)?.[1];
}

/** A shard's file, which never leaves the folder of the dataset. */
const FILE = /^shards\/\d{5}-of-\d{5}\.arrow$/;

/** Whether a path, relative to the folder of a dataset, is that of a shard. */
export function isShardFile(path: string): boolean {
  return FILE.test(path);
}

const shardShape = record<Shard>({
  file: such(text, isShardFile, "the name of a shard"),
  rows: positiveCount,
  bytes: positiveCount,
  crc32: such(text, (value) => /^[0-9a-f]{8}$/.test(value), "8 hexadecimal digits"),
});

/** The text of `dataset.json`. */
export function manifestText({ description, shards }: Manifest): string {
  return sealedJson({
    formatVersion: FORMAT_VERSION,
    description,
    shards: shards.map(({ file, rows, bytes, crc32 }) => ({ file, rows, bytes, crc32 })),
  });
}

/** How the file begins. */
const BEGINNING = '{"formatVersion":';

/**
 * Reads the text of `dataset.json`.
 *
 * @param path of the file, for messages
 * @throws {TrainerError} `NOT_A_DATASET`, `DATASET_VERSION`, `DATASET_DAMAGED`
 */
export function parseManifest(json: string, path: string): Manifest {
  try {
    return checkedManifest(json, path);
  } catch (error) {
    throw error instanceof Damage ? damaged(path, error.message, error) : error;
  }
}

function checkedManifest(json: string, path: string): Manifest {
  if (!json.startsWith(BEGINNING)) {
    throw new TrainerError(
      "NOT_A_DATASET",
      `Expected the description of a dataset at ${path}, but it is another file`,
      `Name a dataset that silhouette prepare has written. If this is a folder of photographs, remove its ${MANIFEST}.`,
    );
  }
  const parsed = parseSealedJson(json);
  checkFormatVersion(parsed, path);
  const manifest = record<Manifest>({ description: descriptionShape, shards: list(shardShape) })(parsed, "");
  const { description, shards } = manifest;
  if (shards.length === 0) throw new Damage("it names no shards");
  const rows = shards.reduce((sum, shard) => sum + shard.rows, 0);
  if (rows !== description.rows) throw new Damage(`its shards have ${rows} rows instead of ${description.rows}`);
  const isOrdered = shards.every(({ file }, index) => index === 0 || (shards[index - 1]?.file ?? "") < file);
  if (!isOrdered) throw new Damage("its shards are not in order");
  return manifest;
}
