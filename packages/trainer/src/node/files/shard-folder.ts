// The folder of a dataset of many files while it is prepared, by one process at a time. A shard that is done stays, whatever ends the
// process, so that the preparation can continue later.
//
//   dataset.json, skipped.csv        written last
//   shards/                          the shards so far
//   .silhouette-preparation/         removed after dataset.json is written:
//     settings.json                  what is prepared, and how
//     00000-of-00016.json            the record of a shard that is done, written after the shard

import { mkdir, readdir, readFile, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { MANIFEST, DATASET_ENDING } from "../../dataset/dataset-name.ts";
import { descriptionShape, pixelsText, type DatasetDescription, type Shard } from "../../dataset/format.ts";
import { isShardFile, manifestText, shardFile, shardName, SHARDS, type Manifest } from "../../dataset/manifest.ts";
import type { Skip } from "../../dataset/skip.ts";
import { SPLITS, type Split } from "../../dataset/split.ts";
import { csvText } from "../../values/csv-table.ts";
import { Damage, systemErrorCode, TrainerError } from "../../values/errors.ts";
import { count, list, oneOf, real, record, text, type Shape } from "../../values/json-shape.ts";
import { parseSealedJson, sealedJson } from "../../values/sealed-json.ts";
import { DatasetFileWriter } from "./dataset-writer.ts";
import { isTemporary, removeDead } from "./file-lock.ts";
import { OutputLock } from "./output-lock.ts";
import { makeFolder, syncFolder, unwritable, writeWhole } from "./whole-file.ts";

/** Folder of what a preparation needs to continue. */
export const PREPARATION = ".silhouette-preparation";

const SETTINGS = "settings.json";

/** Version of the files in {@link PREPARATION}. */
const VERSION = 1;

/** The name of a dataset in errors. */
const WHAT = "the dataset";

/** What a preparation began with. Others cannot continue it. */
export interface PreparationSettings {
  /** Path of the folder of photographs, for messages: it may be elsewhere by now. */
  readonly folder: string;
  /** Number of shards. */
  readonly shards: number;
  /** Number of photographs. */
  readonly photographs: number;
  /** Digest of their paths, classes and splits, in order. */
  readonly digest: string;
  readonly thumbnails: boolean;
  /** Description of the dataset, without the number of rows. */
  readonly description: Omit<DatasetDescription, "rows">;
}

/** A picture whose silhouette is all, or nearly all, black or white. */
export interface BlankPicture {
  readonly path: string;
  readonly label: string;
  readonly split: Split;
  /** Share of light pixels, 0 to 1. */
  readonly lightShare: number;
}

/** What is known of a shard that is done. */
export interface ShardRecord {
  /** Number of its pictures. Without any, there is no file. */
  readonly rows: number;
  /** Size of its file in bytes. */
  readonly bytes: number;
  /** As in the dataset's manifest. */
  readonly crc32: string;
  /** Digest of the versions of its photographs' files. */
  readonly versions: string;
  /** By split, the number of pictures per class, in the order of the labels. */
  readonly counts: Readonly<Record<Split, readonly number[]>>;
  /** Photographs that were skipped, in order. */
  readonly skips: readonly Skip[];
  readonly blank: readonly BlankPicture[];
}

const settingsShape: Shape<PreparationSettings> = (value, where) => {
  const { description, ...settings } = record({
    version: oneOf(VERSION),
    folder: text,
    shards: count,
    photographs: count,
    digest: text,
    thumbnails: oneOf(true, false),
    description: descriptionShape,
  })(value, where);
  const { rows: _rows, ...others } = description;
  return { ...settings, description: others };
};

const recordShape = record<ShardRecord>({
  rows: count,
  bytes: count,
  crc32: text,
  versions: text,
  counts: record({ train: list(count), val: list(count), test: list(count) }),
  skips: list(record<Skip>({ path: text, code: text as Shape<Skip["code"]>, message: text })),
  blank: list(record<BlankPicture>({ path: text, label: text, split: oneOf(...SPLITS), lightShare: real })),
});

/** The folder of a dataset that this process prepares. Close it at the end. */
export class ShardFolder {
  readonly #folder: string;
  readonly #lock: OutputLock;
  /** Folders that were created for it. */
  readonly #made: readonly string[];
  #settings: PreparationSettings | undefined;
  readonly #done = new Map<number, ShardRecord>();

  private constructor(folder: string, lock: OutputLock, made: readonly string[]) {
    this.#folder = folder;
    this.#lock = lock;
    this.#made = made;
  }

  /**
   * Claims a folder: one that is empty, does not exist yet, or contains a preparation that was stopped.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT`, `OUTPUT_EXISTS`, `OUTPUT_IN_USE`, `OUTPUT_UNWRITABLE`
   */
  static async claim(folder: string): Promise<ShardFolder> {
    if (folder.endsWith(DATASET_ENDING)) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected the name of a folder for the shards, but received ${folder}, which is that of a file`,
        `For example: ${folder.slice(0, -DATASET_ENDING.length)}`,
      );
    }
    const made = await makeFolder(folder, WHAT);
    let lock: OutputLock | undefined;
    try {
      lock = await OutputLock.ofFile(folder, WHAT);
      await checkFree(folder);
      await inFolder(folder, async () => mkdir(join(folder, PREPARATION), { recursive: true }));
      const claimed = new ShardFolder(folder, lock, made);
      for (const each of [folder, claimed.#work, claimed.#shards]) await removeDead(each);
      return claimed;
    } catch (error) {
      await lock?.release();
      for (const each of made.toReversed()) await rmdir(each).catch(() => undefined);
      throw error;
    }
  }

  /** The shards that are done, by their index. */
  get done(): ReadonlyMap<number, ShardRecord> {
    return this.#done;
  }

  /**
   * Begins the preparation, or continues the one in the folder: {@link ShardFolder.done} are the shards that stay.
   *
   * @throws {TrainerError} `OUTPUT_EXISTS` if that has other settings, or is of another program; `OUTPUT_UNWRITABLE`
   */
  async begin(settings: PreparationSettings): Promise<void> {
    const before = await this.#read(SETTINGS, settingsShape);
    if (before !== undefined) checkSame(before, settings, this.#folder);
    else {
      await this.#checkOwn();
      // Without settings, nothing is known of what is there.
      for (const each of await readdir(this.#work)) await rm(join(this.#work, each), { recursive: true });
      await this.#write(SETTINGS, { version: VERSION, ...settings, description: { ...settings.description, rows: 0 } });
    }
    await inFolder(this.#folder, async () => mkdir(this.#shards, { recursive: true }));
    this.#settings = settings;
    const names = new Set(await readdir(this.#work));
    for (let index = 0; index < settings.shards; index++) {
      const name = recordName(index, settings);
      const found = names.has(name) ? await this.#read(name, recordShape) : undefined;
      if (found !== undefined && (await this.#isWhole(index, found))) this.#done.set(index, found);
    }
  }

  /** Starts the file of a shard. @throws {TrainerError} `OUTPUT_UNWRITABLE` */
  async create(index: number): Promise<DatasetFileWriter> {
    const { description } = this.#begun;
    return DatasetFileWriter.create(this.#pathOf(index), description);
  }

  /** Records that a shard is done, whose file has been finished if it has rows. @throws {TrainerError} `OUTPUT_UNWRITABLE` */
  async keep(index: number, shard: ShardRecord): Promise<void> {
    await this.#write(recordName(index, this.#begun), shard);
    this.#done.set(index, shard);
  }

  /** Removes a shard, to be prepared again. */
  async drop(index: number): Promise<void> {
    this.#done.delete(index);
    await rm(join(this.#work, recordName(index, this.#begun)), { force: true });
    await rm(this.#pathOf(index), { force: true });
  }

  /**
   * Completes the dataset, of which all shards are done.
   *
   * @param skips all files that are not in the dataset
   * @throws {TrainerError} `OUTPUT_UNWRITABLE`
   */
  async finish(skips: readonly Skip[]): Promise<Manifest> {
    const { description, shards } = this.#begun;
    const files = Array.from({ length: shards }, (_, index) => {
      const { rows = 0, bytes = 0, crc32 = "" } = this.#done.get(index) ?? {};
      return { file: shardFile(index, shards), rows, bytes, crc32 };
    }).filter(({ rows }) => rows > 0);
    await this.#removeOthers(files);
    const manifest = {
      description: { ...description, rows: files.reduce((sum, { rows }) => sum + rows, 0) },
      shards: files,
    };
    const table = skips
      .toSorted((one, other) => (one.path < other.path ? -1 : 1))
      .map(({ path, code, message }) => [path, code, message]);
    const csv = csvText([["path", "code", "message"], ...table]);
    await writeWhole(join(this.#folder, "skipped.csv"), "the table of skipped files", [Buffer.from(csv)]);
    await writeWhole(join(this.#folder, MANIFEST), WHAT, [Buffer.from(manifestText(manifest))]);
    // If it cannot be removed, it does no harm, and the next preparation removes it.
    await rm(this.#work, { recursive: true, maxRetries: 5 }).catch(() => undefined);
    await syncFolder(this.#folder);
    return manifest;
  }

  /** Releases the folder to other processes, and leaves nothing if no shard is done. */
  async close(): Promise<void> {
    if (this.#settings !== undefined && this.#done.size === 0) await rm(this.#work, { recursive: true, force: true });
    // Folders with content stay.
    for (const each of [this.#work, this.#shards]) await rmdir(each).catch(() => undefined);
    // Its file may be in a folder that was created.
    await this.#lock.release();
    for (const each of this.#made.toReversed()) await rmdir(each).catch(() => undefined);
  }

  get #work(): string {
    return join(this.#folder, PREPARATION);
  }

  get #shards(): string {
    return join(this.#folder, SHARDS);
  }

  get #begun(): PreparationSettings {
    if (this.#settings === undefined) throw new RangeError("Expected a preparation that has begun");
    return this.#settings;
  }

  #pathOf(index: number): string {
    return join(this.#folder, shardFile(index, this.#begun.shards));
  }

  /** @throws {TrainerError} `OUTPUT_EXISTS` if the settings are intact, and not of this program: it may be at work */
  async #checkOwn(): Promise<void> {
    if ((await this.#read(SETTINGS, (value) => value)) === undefined) return;
    throw new TrainerError(
      "OUTPUT_EXISTS",
      `Expected a preparation that this program began in ${this.#folder}, but it is of another program or version`,
      "Continue it with the same one, name another folder, or remove this one to start again.",
    );
  }

  /** Removes shards of preparations whose settings were lost, and of pictures that cannot be used any more: patterns would find them. */
  async #removeOthers(shards: readonly Pick<Shard, "file">[]): Promise<void> {
    const wanted = new Set(shards.map(({ file }) => file));
    await inFolder(this.#folder, async () => {
      for (const name of await readdir(this.#shards)) {
        const file = `${SHARDS}/${name}`;
        if (isShardFile(file) && !wanted.has(file)) await rm(join(this.#folder, file));
      }
    });
  }

  /** Whether the file of a shard is the one that was recorded. */
  async #isWhole(index: number, { rows, bytes }: ShardRecord): Promise<boolean> {
    if (rows === 0) return true;
    const status = await stat(this.#pathOf(index)).catch(() => undefined);
    return status?.size === bytes;
  }

  async #write(name: string, content: object): Promise<void> {
    await writeWhole(join(this.#work, name), WHAT, [Buffer.from(sealedJson(content))]);
  }

  /** What was written; undefined if it is missing or damaged: it is made again. */
  async #read<T>(name: string, shape: Shape<T>): Promise<T | undefined> {
    return readSealed(join(this.#work, name), shape);
  }
}

function recordName(index: number, { shards }: Pick<PreparationSettings, "shards">): string {
  return `${shardName(index, shards)}.json`;
}

/** A preparation that was stopped. */
export interface Unfinished extends Pick<PreparationSettings, "folder" | "shards"> {
  /** Number of shards that are done. */
  readonly done: number;
}

/** The preparation in `folder` that was stopped; `unknown` if its settings are damaged, or of another program; undefined if there is none. */
export async function unfinishedIn(folder: string): Promise<Unfinished | "unknown" | undefined> {
  const settings = await readSealed(join(folder, PREPARATION, SETTINGS), settingsShape);
  if (settings === undefined) {
    const status = await stat(join(folder, PREPARATION)).catch(() => undefined);
    return status?.isDirectory() === true ? "unknown" : undefined;
  }
  const names = await readdir(join(folder, PREPARATION));
  return { folder: settings.folder, shards: settings.shards, done: names.filter((name) => /^\d/.test(name)).length };
}

async function readSealed<T>(path: string, shape: Shape<T>): Promise<T | undefined> {
  try {
    return shape(parseSealedJson(await readFile(path, "utf8")), "");
  } catch (error) {
    if (error instanceof Damage || systemErrorCode(error) !== undefined) return undefined;
    throw error;
  }
}

/** @throws {TrainerError} `OUTPUT_EXISTS` unless the folder is empty or has a preparation */
async function checkFree(folder: string): Promise<void> {
  // Leftovers of killed processes do not count.
  const names = (await inFolder(folder, async () => readdir(folder))).filter((name) => !isTemporary(name));
  if (names.length === 0 || names.includes(PREPARATION)) return;
  const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
  const found = names.includes(MANIFEST) ? "a complete one" : `${names[0]}${more}`;
  throw new TrainerError(
    "OUTPUT_EXISTS",
    `Expected an empty folder for the dataset, but ${folder} contains ${found}`,
    "Name an empty folder, or one that does not exist yet.",
  );
}

/** @throws {TrainerError} `OUTPUT_EXISTS` */
function checkSame(before: PreparationSettings, now: PreparationSettings, folder: string): void {
  const [old, current] = [factsOf(before), factsOf(now)];
  const changed = Object.keys(current).filter((name) => old[name] !== current[name]);
  const others = before.digest === now.digest || changed.includes("photographs") ? [] : ["other photographs"];
  const differences = [...changed.map((name) => `${name} ${current[name]} instead of ${old[name]}`), ...others];
  if (differences.length === 0) return;
  throw new TrainerError(
    "OUTPUT_EXISTS",
    `Expected the settings and photographs with which the preparation in ${folder} began, but received ${differences.join(", ")}`,
    "Continue with the same ones, name another folder, or remove this one to start again.",
  );
}

/** The settings by name, as text. */
function factsOf({
  shards,
  photographs,
  thumbnails,
  description,
}: PreparationSettings): Readonly<Record<string, string>> {
  const { labels, split } = description;
  return {
    shards: String(shards),
    pictures: pixelsText(description),
    labels: labels.join(","),
    split: split.from === "folders" ? "by folders" : `${split.fractions.join()} of ${split.drawn.join()}`,
    seed: split.from === "folders" ? "none" : String(split.seed),
    thumbnails: thumbnails ? "on" : "off",
    photographs: String(photographs),
  };
}

/** @throws {TrainerError} `OUTPUT_UNWRITABLE` instead of the system's error */
async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw unwritable(folder, WHAT, cause);
  }
}
