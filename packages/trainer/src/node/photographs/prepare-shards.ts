// Prepares a dataset of many files from a folder of photographs: discover ─▶ cut into shards ─▶ prepare pictures ─▶ write each shard; then
// the table of skipped files, and the description. Shards that are done stay if the preparation is stopped.

import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";

import { describeDataset } from "../../dataset/builder.ts";
import type { DatasetPicture } from "../../dataset/dataset-picture.ts";
import { drawByContent } from "../../dataset/draw-by-content.ts";
import { issuesWithoutCopies } from "../../dataset/issues.ts";
import { shardFile } from "../../dataset/manifest.ts";
import { BLANK_SHARE } from "../../dataset/mask-statistics.ts";
import { Photographs, type Photograph } from "../../dataset/photographs/photographs.ts";
import type { Skip } from "../../dataset/skip.ts";
import { checkSplitFractions, SPLITS, type Split } from "../../dataset/split.ts";
import { PREPARE_DEFAULTS } from "../../training/defaults.ts";
import { hexadecimal } from "../../values/checksum.ts";
import { TrainerError } from "../../values/errors.ts";
import type { DatasetFileWriter } from "../files/dataset-writer.ts";
import { ShardFolder, type BlankPicture, type ShardRecord } from "../files/shard-folder.ts";
import { VersionsDigest, withVersions, type VersionedPhotograph } from "./file-versions.ts";
import {
  checkFilled,
  discoverFor,
  unusable,
  type PicturesOptions,
  type PrepareSummary,
  type Wanted,
} from "./preparation.ts";
import { preparedPictures, type PreparedPhotograph } from "./prepared-pictures.ts";
import { progressOf, warningsEvent } from "./prepare-events.ts";

/** Prepares a dataset of `shards` files with options that have been checked. */
export async function prepareShards(options: PicturesOptions, wanted: Wanted, shards: number): Promise<PrepareSummary> {
  checkSplitFractions(options.split ?? PREPARE_DEFAULTS.split);
  const folder = await ShardFolder.claim(options.out);
  try {
    return await prepareInto(folder, options, wanted, shards);
  } catch (error) {
    throw continuable(error, options.out, folder.done.size, shards);
  } finally {
    await folder.close();
  }
}

async function prepareInto(
  folder: ShardFolder,
  options: PicturesOptions,
  wanted: Wanted,
  shards: number,
): Promise<PrepareSummary> {
  const { folder: source, strict = false, concurrency = availableParallelism() + 1, signal, onEvent } = options;
  const discovery = await discoverFor(options, wanted);
  const { photographs, labels, drawn, ignored } = discovery;
  if (photographs.length > 0) checkShards(shards, photographs.length, source);
  const draw = { split: options.split ?? PREPARE_DEFAULTS.split, seed: options.seed ?? PREPARE_DEFAULTS.seed };
  const skip = (each: Skip): void => {
    if (strict) throw unusable(each);
    onEvent?.({ type: "skip", ...each });
  };
  for (const each of discovery.skips) skip(each);

  await folder.begin({
    folder: resolve(source),
    shards,
    photographs: photographs.length,
    digest: digestOf(photographs),
    thumbnails: wanted.thumbnails,
    description: describeDataset(discovery, wanted.stored, draw, "content"),
  });
  const cuts = Array.from({ length: shards + 1 }, (_, index) => cutOf(index, photographs.length, shards));
  let changed = 0;
  for (const [index, { skips, versions }] of folder.done) {
    const isChanged = versions !== (await versionsOf(photographs.slice(cuts[index], cuts[index + 1]), signal));
    if (isChanged) changed++;
    // With `strict`, what was skipped may have been repaired since.
    if (isChanged || (strict && skips.length > 0)) await folder.drop(index);
    else skips.forEach(skip);
  }
  const left = Array.from({ length: shards }, (_, index) => index).filter((index) => !folder.done.has(index));
  const before = photographs.length - left.reduce((sum, index) => sum + sizeOf(index, cuts), 0);
  onEvent?.({ type: "shards", total: shards, done: folder.done.size, changed, photographs: before });

  // Of all shards at once: threads are started once, and prepare the next shard while one is completed.
  const asked = Photographs.joined(left.map((index) => photographs.slice(cuts[index], cuts[index + 1])));
  const versioned = Object.assign(withVersions(asked, signal), { length: asked.length });
  const prepared = preparedPictures(versioned, { ...wanted, sketches: false, concurrency, signal });
  const begin = performance.now();
  let opened = before;
  const splitOf = drawByContent(drawn, draw);
  try {
    for (const index of left) {
      const shard = new ShardInProgress(labels, splitOf);
      const file = await folder.create(index);
      try {
        for (let number = sizeOf(index, cuts); number > 0; number--) {
          const next = await prepared.next();
          if (next.done === true) throw new RangeError("Expected a result for each photograph");
          const skipped = await shard.add(next.value, file);
          if (skipped !== undefined) skip(skipped);
          onEvent?.(progressOf(++opened, photographs.length, begin, before));
        }
        signal?.throwIfAborted();
        const done = await shard.finish(file);
        await folder.keep(index, done);
        const { rows, skips } = done;
        onEvent?.({
          type: "shard",
          index,
          total: shards,
          file: rows === 0 ? null : shardFile(index, shards),
          rows,
          skipped: skips.length,
        });
      } finally {
        await file.discard();
      }
    }
  } finally {
    await prepared.return();
  }

  signal?.throwIfAborted();
  const done = [...folder.done].toSorted(([one], [other]) => one - other).map(([, record]) => record);
  const skips = [...discovery.skips, ...done.flatMap((record) => record.skips)];
  const counts = totalsOf(done, labels);
  try {
    checkFilled(options, discovery, { counts, classes: wanted.classes });
  } catch (error) {
    // The pictures of the empty classes may be repaired, and are then opened again.
    for (let index = 0; index < shards; index++) {
      const isLacking = ({ label }: Photograph): boolean =>
        SPLITS.every((split) => counts[split][labels.indexOf(label)] === 0);
      if (photographs.slice(cuts[index], cuts[index + 1]).find(isLacking) !== undefined) await folder.drop(index);
    }
    throw error;
  }
  const blank = done.flatMap((record) => record.blank);
  const warnings = warningsEvent(source, issuesWithoutCopies({ labels, trained: counts.train, blank, skips }));
  if (warnings !== undefined) onEvent?.(warnings);
  const { description, shards: files } = await folder.finish(skips);
  return {
    rows: description.rows,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    shards: files.length,
    stored: wanted.stored,
    labels,
    counts,
    skips,
    ignored,
    duplicates: null,
    blank: blank.filter(({ lightShare }) => lightShare === 0 || lightShare === 1).map(({ path }) => path),
  };
}

/** A shard whose pictures are being added. */
class ShardInProgress {
  readonly #labels: readonly string[];
  readonly #splitOf: (pixels: Uint8Array) => Split;
  readonly #counts: Record<Split, number[]>;
  readonly #skips: Skip[] = [];
  readonly #blank: BlankPicture[] = [];
  readonly #versions = new VersionsDigest();

  constructor(labels: readonly string[], splitOf: (pixels: Uint8Array) => Split) {
    this.#labels = labels;
    this.#splitOf = splitOf;
    this.#counts = zeros(labels);
  }

  /** Writes a picture to `file`, or returns why it cannot be used. */
  async add(
    { photograph, made }: PreparedPhotograph<VersionedPhotograph>,
    file: DatasetFileWriter,
  ): Promise<Skip | undefined> {
    const { path, label, version } = photograph;
    // A file that is there and could not be read is tried again: who reads it may matter, too.
    this.#versions.add("code" in made && made.code === "FILE_UNREADABLE" ? made.message : version);
    if ("code" in made) {
      const skipped = { path, code: made.code, message: made.message };
      this.#skips.push(skipped);
      return skipped;
    }
    const { sourceWidth, sourceHeight, threshold, pixels, thumbnail, lightShare }: DatasetPicture = made;
    const split = photograph.split ?? this.#splitOf(pixels);
    await file.write({ path, label, split, sourceWidth, sourceHeight, threshold, pixels, thumbnail });
    const place = this.#labels.indexOf(label);
    this.#counts[split][place] = (this.#counts[split][place] ?? 0) + 1;
    if (Math.min(lightShare, 1 - lightShare) < BLANK_SHARE) this.#blank.push({ path, label, split, lightShare });
    return undefined;
  }

  /** Completes the file, if it has any rows. */
  async finish(file: DatasetFileWriter): Promise<ShardRecord> {
    if (file.rows > 0) await file.finish();
    const { rows, bytes } = file;
    return {
      rows,
      bytes,
      crc32: hexadecimal(file.crc32),
      versions: this.#versions.hexadecimal(),
      counts: this.#counts,
      skips: this.#skips,
      blank: this.#blank,
    };
  }
}

/** Index of the first photograph of shard `index`. */
function cutOf(index: number, photographs: number, shards: number): number {
  return Math.floor((index * photographs) / shards);
}

/** Number of photographs of shard `index`. */
function sizeOf(index: number, cuts: readonly number[]): number {
  return (cuts[index + 1] ?? 0) - (cuts[index] ?? 0);
}

/** Identifies the photographs, with classes and splits. */
function digestOf(photographs: Iterable<Photograph>): string {
  const hash = createHash("sha256");
  for (const { path, label, split } of photographs) hash.update(`${path}\0${label}\0${split ?? ""}\n`);
  return hash.digest("hex");
}

/** Identifies the versions of the photographs' files, as they are now. */
async function versionsOf(photographs: Photographs, signal: AbortSignal | undefined): Promise<string> {
  const digest = new VersionsDigest();
  for await (const { version } of withVersions(photographs, signal)) digest.add(version);
  return digest.hexadecimal();
}

function zeros(labels: readonly string[]): Record<Split, number[]> {
  const none = (): number[] => labels.map(() => 0);
  return { train: none(), val: none(), test: none() };
}

function totalsOf(records: readonly ShardRecord[], labels: readonly string[]): PrepareSummary["counts"] {
  const totals = zeros(labels);
  for (const { counts } of records) {
    for (const split of SPLITS) totals[split] = totals[split].map((sum, index) => sum + (counts[split][index] ?? 0));
  }
  return totals;
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for more shards than photographs */
function checkShards(shards: number, photographs: number, folder: string): void {
  if (shards <= photographs) return;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected at most as many shards as ${folder} has photographs (${photographs}), but received ${shards}`,
    "Choose fewer shards: files of 100 MB to 1 GB are handy.",
  );
}

/** After a full disk or another file error, the shards that are done are kept. */
function continuable(error: unknown, out: string, done: number, shards: number): unknown {
  if (!(error instanceof TrainerError) || error.code !== "OUTPUT_UNWRITABLE" || done === 0) return error;
  const hint = `${done} of ${shards} shards are complete, and kept in ${out}. Once there is enough space, prepare again with the same settings to continue.`;
  return new TrainerError(error.code, error.message, hint, { cause: error });
}
