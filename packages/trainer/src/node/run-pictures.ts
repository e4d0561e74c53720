// The pictures of a run: a new run takes them from its source; a resumed run must use the pictures that it started with.

import { isDeepStrictEqual } from "node:util";

import { describeDataset } from "../dataset/builder.ts";
import { isDatasetFile } from "../dataset/dataset-name.ts";
import { COLORS, pictureBytes, sharesOf, type DatasetDescription, type StoredSize } from "../dataset/format.ts";
import { orLeaveOutFewer } from "../dataset/leave-out.ts";
import type { Dataset } from "../dataset/reader.ts";
import { networkInput, seenShape } from "../dataset/network-input.ts";
import type { Split } from "../dataset/split.ts";
import { PREPARE_DEFAULTS, TRAIN_DEFAULTS } from "../training/defaults.ts";
import { chosenRecipe, chosenRecipeFor, givenFields } from "../training/recipe-choice.ts";
import { storedFor } from "../training/recipe-pictures.ts";
import type { Recipe } from "../training/recipe.ts";
import type { PixelFormat } from "../dataset/preprocessing.ts";
import { recipeFor, type NamedRecipe } from "../training/recipes.ts";
import { Generator } from "../values/generator.ts";
import { discoverFor } from "./photographs/preparation.ts";
import type { Discovery } from "../dataset/photographs/find-photographs.ts";
import { TrainerError, type TrainerErrorCode } from "../values/errors.ts";
import { PictureSet, type LoadOptions } from "../dataset/picture-set.ts";
import { runPaths } from "./files/run-folder.ts";
import type { RunConfig } from "../training/run-config.ts";
import { FEWEST_TO_TEST, withSplits } from "../dataset/draw-splits.ts";
import type { PrepareEvent } from "./photographs/prepare-events.ts";
import { reportReading, type ReadingEvent } from "./reading-event.ts";
import { isSameSource, withDataset, withSource, type Preparation } from "./source.ts";
import type { Pictures } from "../training/session.ts";
import type { TrainOptions } from "./train-options.ts";

/** The pictures of a new run, and its recipe, which depends on what a dataset has. */
export interface NewPictures {
  readonly dataset: DatasetDescription;
  readonly pictures: Pictures;
  readonly named: NamedRecipe;
}

/**
 * Calls `use` with the pictures of a new run and returns its result. They come from its source, or are prepared from it in the run folder;
 * the dataset is closed afterwards.
 *
 * @param keepAt as of {@link withNewDataset}
 */
export async function withNewPictures<T>(
  options: SourceOptions,
  keepAt: string | undefined,
  use: (found: NewPictures) => Promise<T>,
): Promise<T> {
  return withNewDataset(options, keepAt, async (dataset, named) =>
    use({
      dataset: dataset.description,
      pictures: await PictureSet.bySplit(dataset, loadOptions(options, named.recipe)),
      named,
    }),
  );
}

/** How the pictures of a training are loaded. */
export function loadOptions({ signal, onEvent }: SourceOptions, { input }: Pick<Recipe, "input">): LoadOptions {
  return { input, signal, onProgress: reportReading(onEvent) };
}

/**
 * Stand-ins for the pictures of a new run from a folder, none of which is opened: noise, with the paths, classes and splits of the
 * photographs. Copies and unusable pictures, which are not known yet, may change the splits a little.
 */
export async function foreseenPictures(options: TrainOptions): Promise<NewPictures> {
  const { source, recipe, labels, leaveOut, signal, onEvent } = options;
  const named = chosenRecipe(recipe, TRAIN_DEFAULTS.recipe);
  const stored = storedFor(named, options.size);
  const given = {
    ...(labels && { labels }),
    ...(options.split && { split: options.split }),
    ...(leaveOut && { leaveOut }),
    ...(signal && { signal }),
  };
  const discovery = await discoverFor(
    { folder: source, ...given, ...(onEvent && { onEvent }) },
    { classes: "all", check: (found) => checkTestable(found, options) },
  );
  for (const skip of discovery.skips) onEvent?.({ type: "skip", ...skip });
  const draw = { split: options.split ?? PREPARE_DEFAULTS.split, seed: PREPARE_DEFAULTS.seed };
  const ungrouped = Array.from(discovery.photographs, (photograph, group) => ({ ...photograph, group }));
  const noise = noisePictures(stored);
  const pictures = withSplits(ungrouped, discovery.drawn, draw).map(({ path, label, split }, index) => ({
    path,
    label: discovery.labels.indexOf(label),
    split,
    origin: [stored.width, stored.height, 128] as const,
    pixels: noise[index % noise.length] ?? new Uint8Array(),
  }));
  const all = PictureSet.of(
    { labels: discovery.labels, input: await networkInput(stored, named.recipe.input) },
    pictures,
  );
  const of = (name: Split): PictureSet => all.filter(({ split }) => split === name);
  return {
    dataset: { ...describeDataset(discovery, stored, draw), rows: pictures.length },
    pictures: { train: of("train"), val: of("val"), test: of("test") },
    named,
  };
}

/** Two different pictures of noise: a training refuses pictures that are all the same. */
function noisePictures(stored: StoredSize): readonly Uint8Array[] {
  const generator = Generator.ofSeed(0);
  return [0, 1].map(() =>
    Uint8Array.from({ length: pictureBytes(stored) }, () => Math.floor(256 * generator.uniform())),
  );
}

/** Options that determine the pictures of a training. */
export type SourceOptions = Pick<
  TrainOptions,
  "source" | "recipe" | "size" | "labels" | "split" | "thumbnails" | "leaveOut" | "signal"
> & {
  /** Called for each event of the preparation, and of the first pass over the dataset. */
  readonly onEvent?: ((event: PrepareEvent | ReadingEvent) => void) | undefined;
};

/**
 * Calls `use` with the dataset of a new training, which is closed afterwards, and with its recipe.
 *
 * @param keepAt where the dataset is kept if it is prepared from a folder; undefined to remove it afterwards
 */
export async function withNewDataset<T>(
  options: SourceOptions,
  keepAt: string | undefined,
  use: (dataset: Dataset, named: NamedRecipe) => Promise<T>,
): Promise<T> {
  const { source, recipe, size, labels, split, thumbnails = true, leaveOut, signal, onEvent } = options;
  const preparation: Preparation = {
    classes: "all",
    check: (discovery) => checkTestable(discovery, options),
    ...(keepAt !== undefined && { keepAt, thumbnails }),
    stored: storedFor(chosenRecipe(recipe, TRAIN_DEFAULTS.recipe), size),
    ...(labels && { labels }),
    ...(split && { split }),
    ...(leaveOut && { leaveOut }),
    ...(signal && { signal }),
    ...(onEvent && { onEvent }),
  };
  return withSource(source, preparation, async (dataset) => {
    const { pixelFormat } = dataset.description;
    const chosen = chosenRecipeFor(pixelFormat, recipe);
    checkDataset(dataset, options, chosen);
    return use(dataset, chosen);
  });
}

/**
 * Calls `use` with the pictures that a run started with, and returns its result: from the given dataset, or from the run's own dataset if
 * that was prepared from the given folder. A folder at another path is prepared again to compare its pictures.
 *
 * @throws {TrainerError} `DATASET_MISMATCH` if the pictures differ
 */
export async function withRunPictures<T>(
  options: TrainOptions,
  config: RunConfig,
  use: (pictures: Pictures) => Promise<T>,
): Promise<T> {
  const { source, run } = options;
  const hasOwn = !isDatasetFile(config.source);
  if (hasOwn && !(await isSameSource(source, config.source))) {
    await withAgain(options, config, async (dataset) => {
      const found = await PictureSet.loadAll(dataset, loadOptions(options, config.recipe));
      await withOwnPictures(options, config, async (own) => {
        if (!isDeepStrictEqual(hashesOf([found]), hashesOf(Object.values(own)))) throw otherPictures(run, source);
        return Promise.resolve();
      });
    });
  }
  if (hasOwn) return withOwnPictures(options, config, use);
  return withAgain(options, config, async (dataset) =>
    use(checkedPictures(await picturesOf(dataset, options, config), source, options, config)),
  );
}

/** Calls `use` with the source of a run that is resumed, prepared as the run's was. */
async function withAgain<T>(
  { source, run, signal, onEvent }: TrainOptions,
  config: RunConfig,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const { labels, split } = config.dataset;
  const preparation: Preparation = {
    classes: "any",
    stored: config.dataset,
    labels,
    ...(split.from !== "folders" && { split: split.fractions, seed: split.seed }),
    ...(config.leaveOut && { leaveOut: config.leaveOut }),
    ...(signal && { signal }),
    ...(onEvent && { onEvent }),
  };
  return withSource(source, preparation, use).catch((error: unknown) => {
    const isOther = error instanceof TrainerError && OTHER_CLASSES.has(error.code);
    throw isOther ? otherPictures(run, source, error) : error;
  });
}

/** The hashes of the pictures of each class, sorted. */
function hashesOf(sets: readonly PictureSet[]): readonly BigInt64Array[] {
  const labels = sets[0]?.labels ?? [];
  return labels.map((_, index) => {
    const all = sets.flatMap((set) => [...set.filter(({ label }) => label === index).known()]);
    return BigInt64Array.from(all, ({ hash }) => hash).toSorted();
  });
}

/** Calls `use` with the pictures of the dataset in the run folder, which only the run itself creates. */
async function withOwnPictures<T>(
  options: TrainOptions,
  config: RunConfig,
  use: (pictures: Pictures) => Promise<T>,
): Promise<T> {
  const { run } = options;
  try {
    return await withDataset(runPaths(run).dataset, async (dataset) =>
      use(checkedPictures(await picturesOf(dataset, options, config), run, options, config)),
    );
  } catch (error) {
    const isLost =
      error instanceof TrainerError && (error.code === "DATASET_NOT_FOUND" || error.code === "DATASET_DAMAGED");
    if (!isLost) throw error;
    const hint = "Restore it from an intact copy of the run, or train again in another folder.";
    throw new TrainerError(error.code, error.message, hint, { cause: error });
  }
}

/** Error codes for a folder that has other classes than the run. */
const OTHER_CLASSES: ReadonlySet<TrainerErrorCode> = new Set(["NO_CLASSES", "LABELS_MISMATCH"]);

function checkedPictures(pictures: Pictures, path: string, { run }: TrainOptions, config: RunConfig): Pictures {
  const { train: training, val, test } = pictures;
  const { width, height } = seenShape(config.dataset, config.recipe.input);
  const { input } = training;
  const isSame =
    isDeepStrictEqual([input.width, input.height, training.labels], [width, height, config.dataset.labels]) &&
    training.fingerprint === config.fingerprint &&
    val.fingerprint === config.fingerprints.val &&
    test.fingerprint === config.fingerprints.test;
  if (!isSame) throw otherPictures(run, path);
  return pictures;
}

function otherPictures(run: string, path: string, cause?: unknown): TrainerError {
  return new TrainerError(
    "DATASET_MISMATCH",
    `Expected the pictures that the run in ${run} started with, but ${path} contains others`,
    "Resume with the folder or dataset that the run started with, or train again in another folder.",
    { cause },
  );
}

/** @throws {TrainerError} `CLASS_UNTESTED` if no class has enough pictures to be tested; checked before they are prepared */
function checkTestable(
  { drawn, photographs }: Discovery,
  { source, leaveOut }: Pick<SourceOptions, "source" | "leaveOut">,
): void {
  const counts = new Map<string, number>();
  for (const { label, split } of photographs) {
    if (split === undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  if (drawn.length === 0 || Math.max(...counts.values()) >= FEWEST_TO_TEST) return;
  throw new TrainerError(
    "CLASS_UNTESTED",
    `Expected a class with at least ${FEWEST_TO_TEST} pictures in ${source}, which a test needs, but there is none`,
    `Add pictures: start with a few hundred per class.${orLeaveOutFewer(leaveOut)}`,
  );
}

/** @throws {TrainerError} `DATASET_MISMATCH` if it does not match the options */
function checkDataset(
  dataset: Dataset,
  options: SourceOptions,
  { pixelFormat }: Pick<NamedRecipe, "pixelFormat">,
): void {
  const { size, labels, split, recipe } = options;
  const { description, path } = dataset;
  const seen = seenShape(description, "otsu");
  const asked = [
    ...(pixelFormat === description.pixelFormat ? [] : [askedText(givenFields(recipe), pixelFormat)]),
    ...(size && (size.width !== seen.width || size.height !== seen.height)
      ? [`size ${size.width} x ${size.height}`]
      : []),
    ...(labels && labels.join("\0") !== description.labels.join("\0") ? [`labels ${labels.join(",")}`] : []),
    ...(split && split.join() !== sharesOf(description) ? [`split ${split.join()}`] : []),
  ];
  if (asked.length > 0) {
    throw new TrainerError(
      "DATASET_MISMATCH",
      `Expected ${path} to have ${asked.join(" and ")}, but it has ${COLORS[description.pixelFormat]} pictures, ` +
        `size ${seen.width} x ${seen.height}, labels ${description.labels.join(",")}, split ${sharesOf(description)}`,
      pixelFormat === description.pixelFormat
        ? "Omit the option, or prepare the dataset again."
        : "Omit the option, or give silhouette prepare the same one.",
    );
  }
}

/** The pictures that the options need, and for what. */
function askedText({ name, input }: Partial<Recipe>, pixelFormat: PixelFormat): string {
  const reason = input === undefined ? `the recipe ${name ?? recipeFor(pixelFormat)}` : `the input ${input}`;
  return `${COLORS[pixelFormat]} pictures for ${reason}`;
}

/** All pictures of `dataset`, by split, if it matches the options and the run. */
async function picturesOf(
  dataset: Dataset,
  options: TrainOptions,
  { dataset: { pixelFormat }, recipe }: RunConfig,
): Promise<Pictures> {
  checkDataset(dataset, options, { pixelFormat });
  return PictureSet.bySplit(dataset, loadOptions(options, recipe));
}
