// Prepares a dataset file from a folder of photographs: discover ─▶ prepare pictures ─▶ add; then build ─▶ write.

import { availableParallelism } from "node:os";

import { DatasetBuilder, describeDataset } from "../../dataset/builder.ts";
import type { Duplicates } from "../../dataset/duplicates.ts";
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
} from "../../values/arguments.ts";
import type { PictureSize, StoredSize } from "../../dataset/format.ts";
import { checkDatasetPath, DatasetWriter } from "../files/dataset-writer.ts";
import { PREPARE_DEFAULTS } from "../../training/defaults.ts";
import { RECIPE_NAMES, type RecipeName } from "../../training/recipe-names.ts";
import { chosenRecipe } from "../../training/recipe-choice.ts";
import { storedFor } from "../../training/recipe-pictures.ts";
import { INPUT_KINDS, type InputKind } from "../../dataset/input-kinds.ts";
import { PICTURE_EXTENSIONS } from "../../dataset/photographs/file-tree.ts";
import { findAnyPhotographs, findPhotographs, type Discovery } from "../../dataset/photographs/find-photographs.ts";
import { DISK } from "./listing.ts";
import type { Skip } from "../../dataset/skip.ts";
import { issuesAmong } from "../../dataset/issues.ts";
import { matchLeaveOut, type LeaveOut } from "../../dataset/leave-out.ts";
import { pathsToLeaveOut } from "../files/leave-out-list.ts";
import { preparedPictures } from "./prepared-pictures.ts";
import { leaveOutEvent, progressOf, startOf, warningsEvent, type PrepareEvent } from "./prepare-events.ts";
import { TrainerError } from "../../values/errors.ts";
import type { Ignored } from "../../dataset/photographs/ignored.ts";
import { PictureSpool } from "../files/picture-spool.ts";
import { checkSplitFractions, SPLITS, type Split, type SplitFractions } from "../../dataset/split.ts";

/** Options for {@link prepare}. */
export interface PrepareOptions {
  /** Folder with `<class>/*` or `{train,val,test}/<class>/*`; see `discover`. */
  readonly folder: string;
  /** The dataset file to write; its name ends in `.arrow`. An existing file is replaced. */
  readonly out: string;
  /** The recipe that the pictures are for. It determines what is kept of them. Default `compact`. */
  readonly recipe?: RecipeName;
  /** What the network will see of the pictures: `rgb` keeps their colors. Default: what the recipe says. */
  readonly input?: InputKind;
  /** Size at which the network sees pictures, in pixels: each side 1 to 4,096. They are stretched. Default: the recipe's. */
  readonly size?: PictureSize;
  /** All class names, in the order of their one-hot labels. Default: sorted by code units. */
  readonly labels?: readonly string[];
  /** Fractions for train, val and test, unless folders define all splits. Default 0.8, 0.1, 0.1. */
  readonly split?: SplitFractions;
  /** Seed for drawing the splits: an integer from 0 to 2^53 - 1. Default 0. */
  readonly seed?: number;
  /** Whether a thumbnail of each photograph is kept, for reports: about 5 KB each. No network sees them. Default true. */
  readonly thumbnails?: boolean;
  /**
   * Files to leave out: a list that `silhouette inspect --fix` has written, of which only the column `path` matters, or their paths.
   * Default: none.
   */
  readonly leaveOut?: LeaveOut;
  /** Throw `PICTURE_UNUSABLE` instead of skipping. Default false. */
  readonly strict?: boolean;
  /** Pictures decoded in parallel, which does not affect the file: 1 to 1,024. Default: the number of cores plus one. */
  readonly concurrency?: number;
  /** Aborts the work; {@link prepare} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each event, in order. */
  readonly onEvent?: (event: PrepareEvent) => void;
}

/** The result of {@link prepare}. */
export interface PrepareSummary {
  /** Pictures in the dataset. */
  readonly rows: number;
  /** Their size and format in the dataset. */
  readonly stored: StoredSize;
  /** Class names; the index of a class is its index in one-hot labels. */
  readonly labels: readonly string[];
  /** By split, the number of pictures per class, in the order of `labels`. */
  readonly counts: Readonly<Record<Split, readonly number[]>>;
  /** Everything that was skipped: first while listing the folders, then while opening the pictures. */
  readonly skips: readonly Skip[];
  /** What the folder holds besides pictures, by kind, the most frequent first. */
  readonly ignored: readonly Ignored[];
  /** Pictures that are duplicates of others. If splits are drawn, a picture and its duplicates are in the same one. */
  readonly duplicates: Duplicates;
  /** Paths of the pictures whose silhouettes are all black or all white and contain no information. */
  readonly blank: readonly string[];
}

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
 * same file, byte for byte, whatever the concurrency. The file appears once it is complete; on an error nothing is left.
 *
 * Splits that folders do not define are drawn: the fractions apply to each class, every class of three or more pictures is
 * tested, duplicates of a picture stay together, and adding a picture moves at most a few others.
 *
 * Unusable pictures are skipped, counted and reported; with `strict` they are an error.
 *
 * @param options at least the folder of photographs and the dataset file to write
 * @throws {TrainerError} what `discover` throws, `INVALID_ARGUMENT`, `PICTURE_UNUSABLE`, `EMPTY_CLASS`,
 * `LEAVE_OUT_NOT_FOUND`, `LEAVE_OUT_UNREADABLE`, `LEAVE_OUT_MISMATCH`, `OUTPUT_UNWRITABLE`
 * @example
 * import { prepare } from "@silhouette/trainer";
 *
 * const { rows, skips } = await prepare({ folder: "photos", out: "photos.arrow", labels: ["car", "bus", "motorcycle"] });
 * console.log(`${rows} pictures, ${skips.length} skipped`);
 */
export async function prepare(options: PrepareOptions): Promise<PrepareSummary> {
  checkArgument("prepare()", "options", OPTIONS, options);
  const { recipe, input, size, thumbnails = true, ...others } = options;
  const chosen = chosenRecipe({ ...(recipe && { name: recipe }), ...(input && { input }) }, PREPARE_DEFAULTS.recipe);
  return preparePictures(others, { stored: storedFor(chosen, size), thumbnails, classes: "all" });
}

/**
 * {@link prepare} with options that have been checked.
 *
 * @param wanted what the dataset is for
 */
export async function preparePictures(
  options: Omit<PrepareOptions, "recipe" | "input" | "size" | "thumbnails">,
  wanted: Wanted,
): Promise<PrepareSummary> {
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
  const writer = await DatasetWriter.create(out, describeDataset(discovery, wanted.stored, { split, seed }));
  let spool: PictureSpool | undefined;
  try {
    spool = await PictureSpool.create(out);
    const builder = await DatasetBuilder.of(wanted.stored, spool);
    const prepared = preparedPictures(photographs, {
      stored: wanted.stored,
      thumbnails: wanted.thumbnails,
      sketches: true,
      concurrency,
      signal,
    });
    const begin = performance.now();
    let done = 0;
    for await (const { photograph, made, thumbnail } of prepared) {
      const { path, label, split: given } = photograph;
      if ("code" in made) skip({ path, code: made.code, message: made.message });
      else await builder.addPrepared({ path, label, split: given }, made, thumbnail);
      onEvent?.(progressOf(++done, photographs.length, begin));
    }
    const built = builder.build({ labels, split, seed, drawn });
    const { pictures, counts, duplicates, blank } = built;
    checkFilled(options, discovery, { counts, classes: wanted.classes });
    for await (const row of built.rows()) {
      signal?.throwIfAborted();
      await writer.write(row);
    }
    const warnings = warningsEvent(folder, issuesAmong({ labels, pictures, skips }));
    if (warnings !== undefined) onEvent?.(warnings);
    await writer.finish();
    const { rows } = writer;
    const { ignored } = discovery;
    return { rows, stored: builder.stored, labels, counts, skips, ignored, duplicates, blank };
  } finally {
    await spool?.discard();
    await writer.discard();
  }
}

/** What a preparation is for. */
export interface Wanted {
  /** The size and format to store. */
  readonly stored: StoredSize;
  /** Whether thumbnails are kept. */
  readonly thumbnails: boolean;
  /** Whether `all` classes need training pictures, or `any` pictures are enough. */
  readonly classes: "all" | "any";
  /** May reject the discovery. */
  readonly check?: (discovery: Discovery) => void | Promise<void>;
}

/** Finds and reports the photographs of a folder. Opens none. */
export async function discoverFor(
  { folder, labels, split, seed, leaveOut, signal, onEvent }: Omit<PrepareOptions, "recipe" | "size" | "out">,
  { classes, check }: Pick<Wanted, "classes" | "check">,
): Promise<Discovery> {
  const listed = await pathsToLeaveOut(leaveOut);
  const whole = await (classes === "all" ? findPhotographs : findAnyPhotographs)(DISK, folder, { labels, signal });
  signal?.throwIfAborted();
  const match = listed.length === 0 ? undefined : matchLeaveOut(listed, pathsOf(whole));
  const discovery = match === undefined ? whole : withoutFiles(whole, match.leftOut);
  if (discovery.drawn.length === 0 && (split !== undefined || seed !== undefined)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected neither split nor seed for ${folder} because its folders already define train and test`,
      "Omit split and seed, or put all class folders side by side.",
    );
  }
  onEvent?.(startOf(folder, discovery));
  if (match !== undefined) {
    const event = leaveOutEvent(match, folder);
    onEvent?.(event);
  }
  await check?.(discovery);
  return discovery;
}

/** Everything in the folder that a list may name. */
function pathsOf({ photographs, skips }: Discovery): readonly string[] {
  return [...photographs, ...skips].map(({ path }) => path);
}

function withoutFiles(discovery: Discovery, leftOut: ReadonlySet<string>): Discovery {
  const isKept = ({ path }: { readonly path: string }): boolean => !leftOut.has(path);
  return {
    ...discovery,
    photographs: discovery.photographs.filter(isKept),
    skips: discovery.skips.filter(isKept),
  };
}

/** Checks that no class has lost all its pictures to skips and lists; if any pictures are enough, that there is one. */
function checkFilled(
  { folder, leaveOut }: Pick<PrepareOptions, "folder" | "leaveOut">,
  { labels, photographs }: Discovery,
  { counts, classes }: Pick<PrepareSummary, "counts"> & Pick<Wanted, "classes">,
): void {
  const empty = labels.filter((_, index) => SPLITS.every((split) => counts[split][index] === 0));
  if (empty.length === 0 || (classes === "any" && empty.length < labels.length)) return;
  if (photographs.length === 0 && leaveOut === undefined) {
    const expected = `Expected photographs (${PICTURE_EXTENSIONS.join(" ")}) in the class folders of ${folder}`;
    throw new TrainerError("EMPTY_CLASS", `${expected}, but found none`, "Add photographs, or name another folder.");
  }
  const remedy = leaveOut === undefined ? "" : "leave out fewer files, ";
  throw new TrainerError(
    "EMPTY_CLASS",
    `Expected usable pictures${classes === "all" ? " of every class" : ""} in ${folder}, but all pictures of ${empty.join(", ")} were skipped or left out`,
    `Replace the pictures listed above, ${remedy}or move the folder elsewhere.`,
  );
}

function unusable({ path, message }: Skip): TrainerError {
  return new TrainerError(
    "PICTURE_UNUSABLE",
    `Expected only usable pictures, but ${path} ${message}`,
    "Repair or remove it, or turn strict off to skip such pictures.",
  );
}
