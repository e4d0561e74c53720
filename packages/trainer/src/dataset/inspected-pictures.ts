// What an inspection sees of a dataset: measures of each picture, and the pictures of issues. issues.ts says what may be wrong with them.

import { Preprocessor } from "@silhouette/preprocess-wasm";

import { grayOf } from "./colors.ts";
import { damaged } from "./dataset-file.ts";
import { Sketcher, type Seen } from "./duplicates.ts";
import { packedBytes, type DatasetRow, type StoredSize } from "./format.ts";
import { needsLocal, type DataIssue } from "./issues.ts";
import { lightBorderShare, maskStatistics, sauvolaMask } from "./mask-statistics.ts";
import { PictureSurvey } from "./picture-survey.ts";
import { initPreprocessor } from "./preprocessor-kernels.ts";
import type { Dataset } from "./reader.ts";
import { storedSeparability } from "./separability.ts";
import { StoredDuplicates } from "./stored-duplicates.ts";

/** What people see of a picture. */
export interface ExamplePicture {
  /** The picture in black and white: 1 bit per pixel, bit 7 first, without padding between rows. */
  readonly silhouette: Uint8Array;
  /** A JPEG of the photograph; null if the dataset has none. */
  readonly thumbnail: Uint8Array | null;
}

/** Options for {@link surveyPictures}. */
export interface SurveyOptions {
  /** Aborts the work, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each picture with the number of pictures done, that of all, and the picture. */
  readonly onPicture?: (done: number, total: number, picture: DatasetRow) => void;
}

/**
 * Measures the pictures of a dataset for `inspectedIssues`, one after another, and keeps none of them.
 *
 * @throws {TrainerError} `DATASET_DAMAGED`, `BACKEND_UNAVAILABLE`; the signal's reason
 */
export async function surveyPictures(
  dataset: Dataset,
  { signal, onPicture }: SurveyOptions = {},
): Promise<PictureSurvey> {
  await initPreprocessor();
  const size = dataset.description;
  const sketcher = new Sketcher(size);
  const duplicates = new StoredDuplicates(async ({ photograph, crc32 }) => {
    const pixels = await dataset.readPixels(photograph);
    const sketch = sketcher.sketch(levelsOf(pixels, size), pixels);
    if (sketch.crc32 === crc32) return sketch;
    throw damaged(dataset.fileOf(photograph), `the pixels of row ${photograph} have changed since they were checked`);
  });
  const copies: NumberedSeen[] = [];
  const survey = new PictureSurvey();
  const maskPixels = size.width * size.height;
  const isGray = size.pixelFormat !== "binary1";
  for await (const { number, row } of dataset.numbered()) {
    signal?.throwIfAborted();
    const { path, label, split, sourceWidth, sourceHeight, threshold } = row;
    const levels = levelsOf(row.pixels, size);
    const sighting = await duplicates.look(number, sketcher.sketch(levels, row.pixels));
    if (sighting.kind !== "first") copies.push({ number, path, label, split, ...sighting });
    const pixels = maskOf(levels, size, threshold);
    const mask = maskStatistics(pixels, size);
    survey.add({
      path,
      label,
      split,
      sourceWidth,
      sourceHeight,
      lightShare: mask.lightShare,
      mask,
      maskPixels,
      borderLightShare: lightBorderShare(pixels, size),
      separability: storedSeparability(row, size),
      local: isGray && needsLocal(mask, maskPixels) ? maskStatistics(sauvolaMask(levels, size), size) : null,
    });
    onPicture?.(survey.size, dataset.rows, row);
  }
  survey.addCopies(await withFirsts(copies, dataset, signal));
  return survey;
}

/** A picture with copies, or one of these, and the number of its row. */
interface NumberedSeen extends Seen {
  readonly number: number;
}

/** Copies and the pictures that they are copies of, which are read again, in the order of their rows. */
async function withFirsts(
  copies: readonly NumberedSeen[],
  dataset: Dataset,
  signal: AbortSignal | undefined,
): Promise<readonly Seen[]> {
  const numbers = Uint32Array.from(new Set(copies.map(({ group }) => group))).toSorted();
  const firsts: NumberedSeen[] = [];
  for await (const { path, label, split } of dataset.rowsAt(numbers)) {
    signal?.throwIfAborted();
    const number = numbers[firsts.length] ?? 0;
    firsts.push({ number, path, label, split, group: number, kind: "first" });
  }
  return [...firsts, ...copies].toSorted((one, other) => one.number - other.number);
}

/** `[height, width]` gray levels of a picture; 0 and 255 of one in black and white. */
function levelsOf(pixels: Uint8Array, { width, height, pixelFormat }: StoredSize): Uint8Array {
  if (pixelFormat === "gray8") return pixels;
  if (pixelFormat === "rgb8") return grayOf(pixels);
  const levels = new Uint8Array(width * height);
  for (let at = 0; at < levels.length; at++) levels[at] = 255 * (((pixels[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
  return levels;
}

/** `[height, width]`, 0 or 1: what Otsu's threshold makes of the levels. */
function maskOf(levels: Uint8Array, { pixelFormat }: StoredSize, threshold: number): Uint8Array {
  const above = pixelFormat === "binary1" ? 0 : threshold;
  const mask = new Uint8Array(levels.length);
  for (let at = 0; at < levels.length; at++) mask[at] = (levels[at] ?? 0) > above ? 1 : 0;
  return mask;
}

/**
 * The pictures of some issues by their paths, read again: only these are kept in memory.
 *
 * @throws {TrainerError} as {@link surveyPictures}
 */
export async function examplePictures(
  dataset: Dataset,
  issues: readonly DataIssue[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, ExamplePicture>> {
  await initPreprocessor();
  const examples = new Map<string, ExamplePicture>();
  const wanted = new Set(issues.flatMap(({ pictures }) => pictures.map(({ path }) => path)));
  if (wanted.size === 0) return examples;
  const size = dataset.description;
  const { width, height } = size;
  const preprocessor = new Preprocessor({ width, height });
  for await (const row of dataset) {
    signal?.throwIfAborted();
    if (!wanted.has(row.path)) continue;
    const silhouette = new Uint8Array(packedBytes(size));
    if (size.pixelFormat === "binary1") silhouette.set(row.pixels);
    else preprocessor.thresholdMask(levelsOf(row.pixels, size), row.threshold, silhouette);
    examples.set(row.path, { silhouette, thumbnail: row.thumbnail.length === 0 ? null : row.thumbnail.slice() });
  }
  return examples;
}
