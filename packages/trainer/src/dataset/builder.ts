// Builds a dataset from decoded pictures. They are binarized as they are added, in any order, and may be removed again; once all are
// there: copies ─▶ splits ─▶ rows, in the order of their paths. So equal pictures and options give equal bytes, however they came.
//
// Opens and decodes nothing. Pixels and thumbnails wait in a store, which may be memory or a file.

import type { Picture } from "@silhouette/preprocess-wasm";
import { check, custom, object, pipe } from "valibot";

import {
  checkArgument,
  classNames,
  flag,
  oneOf,
  optional,
  optionsOf,
  seedNumber,
  splitShares,
  text,
  wholeNumber,
} from "../values/arguments.ts";
import { TrainerError } from "../values/errors.ts";
import { labelList } from "../values/label-list.ts";
import { DatasetPictureMaker, sketchOf, type DatasetPicture, type Rejection } from "./dataset-picture.ts";
import { withSplits, type SplitDraw } from "./draw-splits.ts";
import { DuplicateFinder, duplicatesAmong, type Duplicates, type Sketch } from "./duplicates.ts";
import { encodeDataset } from "./encoder.ts";
import { FORMAT_VERSION, pictureBytes, type DatasetDescription, type DatasetRow, type StoredSize } from "./format.ts";
import type { LookedAt } from "./issues.ts";
import { MemoryPictureStore, type PictureStore } from "./picture-store.ts";
import { PIXEL_FORMATS, preprocessingOf } from "./preprocessing.ts";
import { checkSplitFractions, SPLITS, type Split } from "./split.ts";

/** A picture that is added to a dataset. */
export interface NewPicture {
  /**
   * Path relative to the folder of photographs, with `/`, in Unicode's composed form (NFC), or any other name. Each picture has one of
   * its own: rows are in the order of their paths, and splits are drawn from them.
   */
  readonly path: string;
  /** Its class. */
  readonly label: string;
  /** Its split. Default: it is drawn. */
  readonly split?: Split | undefined;
}

/** Options for {@link DatasetBuilder.build}. */
export interface BuildOptions extends SplitDraw {
  /** Class names, in the order of one-hot labels. Default: those of the pictures, sorted by code units. */
  readonly labels?: readonly string[];
  /**
   * The splits that are drawn, which share their fractions. Default: none if every picture has a split; otherwise `train`, and each of the
   * others that no picture has.
   */
  readonly drawn?: readonly Split[];
}

/** What was seen of a picture; its split is undefined if it is drawn. */
export type UndividedPicture = Omit<LookedAt, "split"> & { readonly split: Split | undefined };

/** The pictures of a dataset, with their splits. */
export interface DividedPictures {
  /** Its pictures in the order of the rows, each with its split and its copies. `issuesAmong` finds what may be wrong with them. */
  readonly pictures: readonly LookedAt[];
  /** By split, the number of pictures per class, in the order of the labels. */
  readonly counts: Readonly<Record<Split, readonly number[]>>;
  /** Pictures that are duplicates of others. A picture and its duplicates are in the same split, if it is drawn. */
  readonly duplicates: Duplicates;
  /** Paths of the pictures whose silhouettes are all black or all white and contain no information. */
  readonly blank: readonly string[];
}

/** A dataset that has been built. Its rows can be read as long as no picture is removed. */
export interface BuiltDataset extends DividedPictures {
  /** Its description, except the number of rows. */
  readonly description: Omit<DatasetDescription, "rows">;
  /** Reads the rows, one after another. */
  rows(): AsyncGenerator<DatasetRow, void, undefined>;
  /**
   * Encodes the dataset as the bytes of its file, in chunks; at most one record batch is in memory.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` if it has no pictures, or one has been removed meanwhile
   */
  bytes(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
}

/** A picture of the dataset, without its pixels and thumbnail. */
interface Entry extends Omit<DatasetPicture, "pixels" | "thumbnail" | "sketch">, Pick<DatasetRow, "path"> {
  /** Key of its pixels and thumbnail in the store. */
  readonly key: number;
  readonly split: Split | undefined;
  readonly sketch: Sketch;
  label: string;
}

/** Largest side of stored pictures, in pixels: twice what a network sees. */
const LONGEST_SIDE = 8192;

const STORED = pipe(
  object(
    {
      width: wholeNumber(1, LONGEST_SIDE),
      height: wholeNumber(1, LONGEST_SIDE),
      pixelFormat: oneOf(PIXEL_FORMATS),
    },
    "a size { width, height, pixelFormat } of stored pictures",
  ),
  check((stored) => {
    const { width, height, pixelFormat } = stored as StoredSize;
    return pixelFormat === "binary1" || (width % 2 === 0 && height % 2 === 0);
  }, "even sides of gray or colored pictures, twice those that the network sees,"),
);

const NEW_PICTURE = optionsOf<NewPicture>({
  path: text("a path"),
  label: text("a class name"),
  split: optional(oneOf(SPLITS)),
});

const DECODED = custom(isDecoded, "a decoded picture { data, width, height, channels } with all its bytes");

const OPTIONS = optionsOf<BuildOptions>({
  split: splitShares,
  seed: seedNumber,
  labels: optional(classNames),
  drawn: optional(custom((value) => Array.isArray(value) && value.every((each) => SPLITS.includes(each)), "splits")),
});

/** Options for {@link DatasetBuilder.of}. */
export interface DatasetBuilderOptions {
  /** Whether a thumbnail of each picture is kept, for reports: about 5 KB each. No network sees them. Default false. */
  readonly thumbnails?: boolean;
  /** Keeps pixels and thumbnails. Default: memory. */
  readonly store?: PictureStore;
}

const BUILDER_OPTIONS = optionsOf<DatasetBuilderOptions>({
  thumbnails: optional(flag),
  store: optional(custom(isStore, "a store of pictures with keep(), read() and remove()")),
});

/**
 * Builds a dataset from decoded pictures, such as those of a camera or of files that were dropped on a page. Pictures can be added as
 * long as wanted, and the dataset built as often as wanted. It has the bytes that `prepare` gives for the same pictures and options.
 *
 * @example
 * import { chosenRecipe, DatasetBuilder, PREPARE_DEFAULTS, storedFor } from "@silhouette/trainer/browser";
 *
 * const builder = await DatasetBuilder.of(storedFor(chosenRecipe("compact", "compact")));
 * const picture = { data: new Uint8Array(3 * 640 * 480).fill(200), width: 640, height: 480, channels: 3 } as const;
 * const made = await builder.add({ path: "cars/1.jpg", label: "cars" }, picture);
 * if ("code" in made) console.log(made.message);
 * const { duplicates, bytes } = builder.build(PREPARE_DEFAULTS);
 */
export class DatasetBuilder {
  /** Size and format of the pictures in the dataset. */
  readonly stored: StoredSize;
  readonly #maker: DatasetPictureMaker;
  readonly #store: PictureStore;
  readonly #entries = new Map<string, Entry>();
  #nextKey = 0;

  private constructor(stored: StoredSize, maker: DatasetPictureMaker, store: PictureStore) {
    this.stored = stored;
    this.#maker = maker;
    this.#store = store;
  }

  /**
   * Starts a dataset without pictures.
   *
   * @param stored size and format of its pictures: `storedFor` a recipe
   * @param options whether thumbnails are made, and where pictures wait
   * @throws {TrainerError} `INVALID_ARGUMENT`; `BACKEND_UNAVAILABLE` if the preprocessor's kernels cannot be loaded
   */
  static async of(stored: StoredSize, options: DatasetBuilderOptions = {}): Promise<DatasetBuilder> {
    checkArgument("DatasetBuilder.of()", "stored", STORED, stored);
    checkArgument("DatasetBuilder.of()", "options", BUILDER_OPTIONS, options);
    const { thumbnails = false, store = new MemoryPictureStore() } = options;
    const { width, height, pixelFormat } = stored;
    const own = { width, height, pixelFormat };
    return new DatasetBuilder(own, await DatasetPictureMaker.of(own, { sketches: true, thumbnails }), store);
  }

  /** The pictures so far, in the order in which they were added. */
  get pictures(): readonly NewPicture[] {
    return Array.from(this.#entries.values(), ({ path, label, split }) => ({ path, label, split }));
  }

  /**
   * Adds a picture, or reports why it cannot be used.
   *
   * @param about its path, class and split
   * @param picture gray, RGB or RGBA pixels of any size; transparent pixels have been drawn on white
   * @returns what was made of it, or the reason why it is not in the dataset
   * @throws {TrainerError} `INVALID_ARGUMENT`, also for the path of another picture; what the store throws
   */
  async add({ path, label, split }: NewPicture, picture: Picture): Promise<DatasetPicture | Rejection> {
    checkArgument("DatasetBuilder.add()", "about", NEW_PICTURE, { path, label, split });
    if (this.#entries.has(path)) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected a path of its own for each picture, but another one has ${path}`,
        "Remove the other picture first, or give this one another path.",
      );
    }
    checkArgument("DatasetBuilder.add()", "picture", DECODED, picture);
    const made = this.#maker.make(picture);
    if ("code" in made) return made;
    const { pixels, thumbnail, ...measures } = made;
    const key = this.#nextKey++;
    this.#entries.set(path, { key, path, label, split, ...measures, sketch: sketchOf(made) });
    try {
      await this.#store.keep(key, [pixels, thumbnail]);
    } catch (error) {
      // Another picture may have this path by now.
      if (this.#entries.get(path)?.key === key) this.#entries.delete(path);
      throw error;
    }
    return made;
  }

  /**
   * Removes a picture.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` if there is none with this path; what the store throws
   */
  async remove(path: string): Promise<void> {
    const entry = this.#entries.get(path);
    if (entry === undefined) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected the path of one of the ${this.#entries.size} pictures, but received ${path}`,
        "Pass a path that was added and has not been removed.",
      );
    }
    this.#entries.delete(path);
    await this.#store.remove(entry.key);
  }

  /**
   * Renames a class. Paths stay as they are, and so do the splits that are drawn from them, unless the new name is that of another
   * class, with which it is merged.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT`
   */
  rename(label: string, to: string): void {
    checkArgument("DatasetBuilder.rename()", "to", text("a class name"), to);
    for (const entry of this.#entries.values()) if (entry.label === label) entry.label = to;
  }

  /**
   * Finds copies, draws splits, and describes the dataset. More pictures may be added later, for another one.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT`; `LABELS_MISMATCH` if `labels` lacks a class of the pictures, or has one twice
   */
  build({ split, seed, labels, drawn }: BuildOptions): BuiltDataset {
    checkArgument("DatasetBuilder.build()", "options", OPTIONS, { split, seed, labels, drawn });
    checkSplitFractions(split);
    const entries = [...this.#entries.values()].toSorted((one, other) => (one.path < other.path ? -1 : 1));
    const classes = labels ?? [...new Set(entries.map(({ label }) => label))].toSorted();
    checkLabels(classes, entries);
    const finder = new DuplicateFinder();
    const cellsOf = (index: number): Uint8Array => entries[index]?.sketch.cells ?? new Uint8Array();
    const seen = entries.map(({ path, label, split: given, lightShare, sketch }, index) => {
      return { path, label, split: given, lightShare, ...finder.look(index, finder.candidates(sketch), cellsOf) };
    });
    const asked = { labels: classes, drawn: drawn ?? drawnAmong(seen), split, seed };
    const divided = dividePictures(seen, asked);
    const description = describeDataset(asked, this.stored, asked);
    const rows = (): AsyncGenerator<DatasetRow, void, undefined> => this.#rows(entries, divided.pictures);
    return { description, ...divided, rows, bytes: () => encodeDataset(description, rows()) };
  }

  async *#rows(
    entries: readonly Entry[],
    pictures: DividedPictures["pictures"],
  ): AsyncGenerator<DatasetRow, void, undefined> {
    const bytes = pictureBytes(this.stored);
    let index = 0;
    for await (const kept of this.#store.read(entries.map(({ key }) => key))) {
      const [entry, picture] = [entries[index], pictures[index]];
      index++;
      if (entry === undefined || picture === undefined || this.#entries.get(entry.path)?.key !== entry.key) {
        throw new TrainerError(
          "INVALID_ARGUMENT",
          `Expected the pictures from which the dataset was built, but ${entry?.path ?? "one"} has been removed`,
          "Build the dataset again.",
        );
      }
      const { path, label, split } = picture;
      const { sourceWidth, sourceHeight, threshold } = entry;
      const [pixels, thumbnail] = [kept.subarray(0, bytes), kept.subarray(bytes)];
      yield { path, label, split, sourceWidth, sourceHeight, threshold, pixels, thumbnail };
    }
    if (index < entries.length) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected ${entries.length} pictures from the store, but it gave ${index}`,
        "Have read() of the store yield the bytes of each key.",
      );
    }
  }
}

/**
 * Draws splits for pictures of which all copies are known, and counts them.
 *
 * @param seen what was seen of each picture, in the order of the rows; undefined splits are drawn
 * @param drawn the splits that are drawn, which share their fractions
 */
export function dividePictures(
  seen: readonly UndividedPicture[],
  { labels, drawn, ...draw }: SplitDraw & { readonly labels: readonly string[]; readonly drawn: readonly Split[] },
): DividedPictures {
  const pictures = withSplits(seen, drawn, draw);
  return {
    pictures,
    counts: countsOf(pictures, labels),
    duplicates: duplicatesAmong(pictures),
    blank: pictures.filter(({ lightShare }) => lightShare === 0 || lightShare === 1).map(({ path }) => path),
  };
}

/**
 * Describes a dataset.
 *
 * @param drawn the splits that are drawn, which share their fractions
 * @param stored size and format of its pictures
 * @param from how they are drawn: among the pictures of a class, or by the content of each picture
 */
export function describeDataset(
  { labels, drawn }: { readonly labels: readonly string[]; readonly drawn: readonly Split[] },
  { width, height, pixelFormat }: StoredSize,
  { split, seed }: SplitDraw,
  from: "stratified" | "content" = "stratified",
): Omit<DatasetDescription, "rows"> {
  return {
    formatVersion: FORMAT_VERSION,
    width,
    height,
    pixelFormat,
    labels,
    preprocessing: preprocessingOf(pixelFormat),
    split: drawn.length === 0 ? { from: "folders" } : { from, seed, fractions: split, drawn },
  };
}

/** The splits to draw: those that no picture has. Pictures without a split are training pictures, as far as nothing else is drawn. */
function drawnAmong(pictures: readonly Pick<NewPicture, "split">[]): readonly Split[] {
  if (pictures.every(({ split }) => split !== undefined)) return [];
  return SPLITS.filter((name) => name === "train" || pictures.every(({ split }) => split !== name));
}

/** @throws {TrainerError} `LABELS_MISMATCH` */
function checkLabels(labels: readonly string[], pictures: readonly Pick<NewPicture, "label">[]): void {
  const classes = [...new Set(pictures.map(({ label }) => label))];
  if (new Set(labels).size === labels.length && classes.every((label) => labels.includes(label))) return;
  throw new TrainerError(
    "LABELS_MISMATCH",
    `Expected labels to name each class of the pictures once (${labelList(classes)}), but received ${labelList(labels)}`,
    `Pass ${labelList(classes)} in any order, and further classes if they are to be learned later.`,
  );
}

function countsOf(pictures: DividedPictures["pictures"], labels: readonly string[]): DividedPictures["counts"] {
  const places = new Map(labels.map((label, place) => [label, place]));
  const zeros = (): number[] => labels.map(() => 0);
  const counts = { train: zeros(), val: zeros(), test: zeros() };
  for (const { label, split } of pictures) {
    const place = places.get(label) ?? 0;
    counts[split][place] = (counts[split][place] ?? 0) + 1;
  }
  return counts;
}

/** Whether a value from outside is a store. */
function isStore(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { keep, read, remove } = value as Partial<PictureStore>;
  return [keep, read, remove].every((method) => typeof method === "function");
}

/** Whether a value from outside is a picture with all its bytes. */
function isDecoded(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { data, width, height, channels, stride } = value as Partial<Picture>;
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) return false;
  if (channels !== 1 && channels !== 3 && channels !== 4) return false;
  if (!isCount(width) || !isCount(height)) return false;
  const rowBytes = stride ?? width * channels;
  return data.length >= (height - 1) * rowBytes + width * channels;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
