// Prepares a dataset file from a folder of photographs: discover ─▶ prepare pictures ─▶ write, and find copies; then draw splits.

import { availableParallelism } from "node:os";

import { describeDataset, dividePictures, type UndividedPicture } from "../../dataset/builder.ts";
import { sketchOf } from "../../dataset/dataset-picture.ts";
import { DuplicateFinder, SKETCH_BYTES } from "../../dataset/duplicates.ts";
import {
  abortSignal,
  callback,
  checkArgument,
  classNames,
  filePath,
  filesToLeaveOut,
  oneOf,
  optional,
  optionsOf,
  pictureSize,
  seedNumber,
  splitShares,
  flag,
  wholeNumber,
  wholeNumberIn,
} from "../../values/arguments.ts";
import { checkDatasetPath, DatasetWriter } from "../files/dataset-writer.ts";
import { Column } from "../../values/column.ts";
import { RANGES } from "../../values/ranges.ts";
import { PREPARE_DEFAULTS } from "../../training/defaults.ts";
import { RECIPE_NAMES } from "../../training/recipe-names.ts";
import { chosenRecipe } from "../../training/recipe-choice.ts";
import { storedFor } from "../../training/recipe-pictures.ts";
import { INPUT_KINDS } from "../../dataset/input-kinds.ts";
import type { Skip } from "../../dataset/skip.ts";
import { issuesAmong } from "../../dataset/issues.ts";
import { preparedPictures } from "./prepared-pictures.ts";
import {
  checkFilled,
  discoverFor,
  unusable,
  type PicturesOptions,
  type PrepareOptions,
  type PrepareSummary,
  type Wanted,
} from "./preparation.ts";
import { progressOf, warningsEvent } from "./prepare-events.ts";
import { prepareShards } from "./prepare-shards.ts";
import { checkSplitFractions } from "../../dataset/split.ts";

const OPTIONS = optionsOf<PrepareOptions>({
  folder: filePath,
  out: filePath,
  recipe: optional(oneOf(RECIPE_NAMES)),
  input: optional(oneOf(INPUT_KINDS)),
  size: optional(pictureSize),
  labels: optional(classNames),
  split: optional(splitShares),
  seed: optional(seedNumber),
  thumbnails: optional(flag),
  shards: optional(wholeNumberIn(RANGES.shards)),
  leaveOut: optional(filesToLeaveOut),
  strict: optional(flag),
  concurrency: optional(wholeNumber(1, 1024)),
  signal: optional(abortSignal),
  onEvent: optional(callback),
});

/**
 * Converts class folders of photographs into a dataset: black-and-white pictures for the recipe `article`, otherwise gray ones, or
 * with the input `rgb` colored ones, so
 * that they can be augmented before they are thresholded. The same folder and options give the
 * same file, byte for byte, whatever the concurrency. The file appears once it is complete; on an error nothing is left. With `shards`
 * the dataset is a folder of files, each of which appears once it is complete, and stays on an error.
 *
 * Splits that folders do not define are drawn: the fractions apply to each class, every class of three or more pictures is
 * tested, duplicates of a picture stay together, and adding a picture moves at most a few others.
 *
 * Unusable pictures are skipped, counted and reported; with `strict` they are an error.
 *
 * @param options at least the folder of photographs and the dataset file to write
 * @throws {TrainerError} what `discover` throws, `INVALID_ARGUMENT`, `PICTURE_UNUSABLE`, `EMPTY_CLASS`,
 * `LEAVE_OUT_NOT_FOUND`, `LEAVE_OUT_UNREADABLE`, `LEAVE_OUT_MISMATCH`, `OUTPUT_UNWRITABLE`, `OUTPUT_IN_USE`, `OUTPUT_EXISTS`
 * @example
 * import { prepare } from "@silhouette/trainer";
 *
 * const { rows, skips } = await prepare({ folder: "photos", out: "photos.arrow", labels: ["car", "bus", "motorcycle"] });
 * console.log(`${rows} pictures, ${skips.length} skipped`);
 */
export async function prepare(options: PrepareOptions): Promise<PrepareSummary> {
  checkArgument("prepare()", "options", OPTIONS, options);
  const { recipe, input, size, thumbnails = true, shards, ...others } = options;
  const chosen = chosenRecipe({ ...(recipe && { name: recipe }), ...(input && { input }) }, PREPARE_DEFAULTS.recipe);
  const wanted: Wanted = { stored: storedFor(chosen, size), thumbnails, classes: "all" };
  return shards === undefined ? preparePictures(others, wanted) : prepareShards(others, wanted, shards);
}

/**
 * {@link prepare} with options that have been checked.
 *
 * @param wanted what the dataset is for
 */
export async function preparePictures(options: PicturesOptions, wanted: Wanted): Promise<PrepareSummary> {
  const { folder, out, onEvent } = options;
  const { split = PREPARE_DEFAULTS.split, seed = PREPARE_DEFAULTS.seed } = options;
  const { strict = false, concurrency = availableParallelism() + 1, signal } = options;
  checkSplitFractions(split);
  await checkDatasetPath(out);

  const discovery = await discoverFor(options, wanted);
  const { photographs, drawn } = discovery;
  const skips: Skip[] = [];
  const skip = (each: Skip): void => {
    if (strict) throw unusable(each);
    skips.push(each);
    onEvent?.({ type: "skip", ...each });
  };
  for (const each of discovery.skips) skip(each);

  const { labels } = discovery;
  const draw = { split, seed };
  const writer = await DatasetWriter.create(out, describeDataset(discovery, wanted.stored, draw));
  try {
    const prepared = preparedPictures(photographs, {
      stored: wanted.stored,
      thumbnails: wanted.thumbnails,
      sketches: true,
      concurrency,
      signal,
    });
    const begin = performance.now();
    const copies = new DuplicateFinder();
    const cells = new Column(new Uint8Array());
    const cellsOf = (index: number): Uint8Array => cells.slice(index * SKETCH_BYTES, (index + 1) * SKETCH_BYTES);
    const seen: UndividedPicture[] = [];
    let done = 0;
    for await (const { photograph, made } of prepared) {
      const { path, label, split: given } = photograph;
      if ("code" in made) skip({ path, code: made.code, message: made.message });
      else {
        const { sourceWidth, sourceHeight, threshold, pixels, thumbnail, lightShare } = made;
        // Splits are drawn once all copies are known.
        const row = { path, label, split: given ?? "train", sourceWidth, sourceHeight, threshold, pixels, thumbnail };
        await writer.write(row);
        const sketch = sketchOf(made);
        cells.append(sketch.cells);
        const sighting = copies.look(seen.length, copies.candidates(sketch), cellsOf);
        seen.push({ path, label, split: given, lightShare, ...sighting });
      }
      onEvent?.(progressOf(++done, photographs.length, begin));
    }
    const { pictures, counts, duplicates, blank } = dividePictures(seen, { labels, drawn, ...draw });
    checkFilled(options, discovery, { counts, classes: wanted.classes });
    const warnings = warningsEvent(folder, issuesAmong({ labels, pictures, skips }));
    if (warnings !== undefined) onEvent?.(warnings);
    signal?.throwIfAborted();
    await writer.finish(pictures.map((each) => each.split));
    const { rows, bytes } = writer;
    const { ignored } = discovery;
    return { rows, bytes, shards: null, stored: wanted.stored, labels, counts, skips, ignored, duplicates, blank };
  } finally {
    await writer.discard();
  }
}
