// The pictures of one or more splits: an index of all of them in memory, and their pixels in memory if they are few, or else read from
// the dataset as they are needed.

import { concurrently } from "../values/concurrently.ts";
import { TrainerError } from "../values/errors.ts";
import { pictureBytes } from "./format.ts";
import type { InputKind } from "./input-kinds.ts";
import { LoadedPictures, noPicture, type LabeledPixels, type Shown } from "./loaded-pictures.ts";
import { networkInput, type NetworkInput } from "./network-input.ts";
import { PictureIndex, type KnownPicture, type StoredPicture } from "./picture-index.ts";
import type { Dataset } from "./reader.ts";
import { SPLITS, type Split } from "./split.ts";

/**
 * Bytes of pixels up to which all of a dataset's are kept in memory: few enough for any machine that trains, and thousands of pictures. Those
 * of larger datasets are read again for each step, which takes a small part of its time.
 */
const HELD_BYTES = 256 * 1024 * 1024;

/** Batches that are read while another one is used. */
const BATCHES_AHEAD = 4;

/** Pictures between two reports of progress. */
const REPORTED_EACH = 10_000;

/** Options for loading a {@link PictureSet}. */
export interface LoadOptions {
  /** What a network sees of the pictures. Default: black and white, by Otsu's threshold. */
  readonly input?: InputKind;
  /** Classes of the set, which must include those of the dataset. Default: the classes of the dataset. */
  readonly labels?: readonly string[];
  /** Stops loading. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every 10,000 pictures, and after the last one of more, with the number of pictures done, and that of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Bytes of pixels up to which all of a dataset's are kept in memory. Default: 256 MiB. */
  readonly heldBytes?: number;
}

/** Where a set's pixels and paths come from, by the pictures' places in the index. */
interface PictureSource {
  /** Pixels of the picture at `place`. */
  pixels(place: number): Uint8Array | Promise<Uint8Array>;
  /** Its path. */
  path(place: number): string | Promise<string>;
}

/**
 * Pictures in the order of the dataset. Up to 256 MiB of a dataset's pixels are kept in memory; those of a larger one are read as they are
 * needed, so it must stay open as long as its sets are used.
 */
export class PictureSet implements Shown {
  /** Class names, in the order of one-hot labels. */
  readonly labels: readonly string[];
  /** What a network sees of a picture, and at which size. */
  readonly input: NetworkInput;
  readonly #index: PictureIndex;
  readonly #source: PictureSource;
  /** Places of the set's pictures in the index. */
  readonly #places: Int32Array;
  #counts: readonly number[] | undefined;

  private constructor({ labels, input }: Shown, index: PictureIndex, source: PictureSource, places: Int32Array) {
    this.labels = labels;
    this.input = input;
    this.#index = index;
    this.#source = source;
    this.#places = places;
  }

  /** A set of pictures that are in memory already, whose pixels are as `input` expects them. @internal */
  static of(shown: Shown, pictures: readonly StoredPicture[]): PictureSet {
    return PictureSet.#whole(shown, PictureIndex.of(pictures), heldIn(pictures));
  }

  /**
   * Loads the pictures of `splits`. The set is empty if they have no pictures.
   *
   * @throws {TrainerError} as {@link PictureSet.loadAll}
   */
  static async load(dataset: Dataset, ...splits: readonly Split[]): Promise<PictureSet> {
    const all = await PictureSet.loadAll(dataset);
    return all.filter(({ split }) => splits.includes(split));
  }

  /**
   * Reads all pictures of a dataset once, which checks them, and keeps their pixels if they are few.
   *
   * @throws {TrainerError} `DATASET_DAMAGED`, also for a picture whose class is not described; `DATASET_MISMATCH` for an input
   * that its pictures do not have; `INVALID_ARGUMENT` if the dataset is closed; the signal's reason
   */
  static async loadAll(
    dataset: Dataset,
    { input = "otsu", labels, signal, onProgress, heldBytes = HELD_BYTES }: LoadOptions = {},
  ): Promise<PictureSet> {
    const { description } = dataset;
    const classes = labels ?? description.labels;
    const seen = await networkInput(description, input);
    const isHeld = dataset.rows * pictureBytes(description) <= heldBytes;
    const index = new PictureIndex(dataset.rows);
    const held: Pick<StoredPicture, "path" | "pixels">[] = [];
    const numbers = new Int32Array(isHeld ? 0 : dataset.rows);
    for await (const { number, row } of dataset.numbered()) {
      signal?.throwIfAborted();
      const { path, label, split, pixels, sourceWidth, sourceHeight, threshold } = row;
      const known = description.labels.includes(label) ? classes.indexOf(label) : -1;
      if (known < 0 || !SPLITS.includes(split)) throw undescribed(dataset, path, label, split);
      if (isHeld) {
        // A row's pixels are a view of its whole batch: a copy lets the batch be freed.
        held.push({ path, pixels: pixels.slice() });
      } else numbers[index.size] = number;
      index.add({ path, label: known, split, origin: [sourceWidth, sourceHeight, threshold], pixels });
      const isLast = number === dataset.rows - 1 && number >= REPORTED_EACH;
      if ((number + 1) % REPORTED_EACH === 0 || isLast) onProgress?.(number + 1, dataset.rows);
    }
    const source = isHeld ? heldIn(held) : new DatasetPictures(dataset, index, numbers);
    return PictureSet.#whole({ labels: classes, input: seen }, index, source);
  }

  /**
   * Loads a set for each split; sets may be empty.
   *
   * @throws {TrainerError} as {@link PictureSet.loadAll}; the signal's reason
   */
  static async bySplit(dataset: Dataset, options: LoadOptions = {}): Promise<Readonly<Record<Split, PictureSet>>> {
    const all = await PictureSet.loadAll(dataset, options);
    const of = (name: Split): PictureSet => all.filter(({ split }) => split === name);
    return { train: of("train"), val: of("val"), test: of("test") };
  }

  static #whole(shown: Shown, index: PictureIndex, source: PictureSource): PictureSet {
    return new PictureSet(shown, index, source, index.places());
  }

  /** The pictures for which `keep` is true, by what is known of them and their index in this set. They are not copied. */
  filter(keep: (picture: KnownPicture, index: number) => boolean): PictureSet {
    const kept = this.#places.filter((place, index) => keep(this.#index.at(place), index));
    return new PictureSet(this, this.#index, this.#source, kept);
  }

  /** What is known of the pictures, in order. */
  *known(): Generator<KnownPicture, void, undefined> {
    for (const place of this.#places) yield this.#index.at(place);
  }

  /** Number of pictures. */
  get size(): number {
    return this.#places.length;
  }

  /** Index of each picture's class in the labels. */
  get classes(): Int32Array {
    return this.#places.map((place) => this.#index.labelAt(place));
  }

  /** Number of pictures per class, in the order of the labels. */
  get counts(): readonly number[] {
    if (this.#counts === undefined) {
      const counts = this.labels.map(() => 0);
      for (const label of this.classes) counts[label] = (counts[label] ?? 0) + 1;
      this.#counts = counts;
    }
    return this.#counts;
  }

  /** CRC-32 (zlib) of the paths, labels and pixels of all pictures, in order: 8 hexadecimal digits. */
  get fingerprint(): string {
    return this.#index.fingerprintOf(this.#places);
  }

  /** Whether all pictures have the same pixels; true for an empty set. */
  get areEqual(): boolean {
    const [first = 0] = this.#places;
    const checksum = this.#index.pixelsChecksumAt(first);
    return this.#places.every((place) => this.#index.pixelsChecksumAt(place) === checksum);
  }

  /**
   * Loads the pictures `indices`, in their order.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` if one does not exist or the dataset is closed; `DATASET_DAMAGED` if one has changed
   */
  async load(indices: ArrayLike<number>): Promise<LoadedPictures> {
    const pictures = Array.from(indices, async (index): Promise<LabeledPixels> => {
      const place = this.#placeOf(index);
      return { label: this.#index.labelAt(place), pixels: await this.#source.pixels(place) };
    });
    return new LoadedPictures(this, await Promise.all(pictures));
  }

  /** Paths of the pictures `indices`, in their order. @throws {TrainerError} as {@link PictureSet.load} */
  async paths(indices: ArrayLike<number>): Promise<readonly string[]> {
    return Promise.all(Array.from(indices, async (index) => this.#source.path(this.#placeOf(index))));
  }

  /**
   * Loads each of `parts`, in order; the next ones are read while a part is used.
   *
   * @throws {TrainerError} as {@link PictureSet.load}; the signal's reason, also while it waits
   */
  read(parts: Iterable<Int32Array>, signal?: AbortSignal): AsyncGenerator<LoadedPictures, void, undefined> {
    return concurrently(parts, async (indices) => this.load(indices), { concurrency: BATCHES_AHEAD, signal });
  }

  #placeOf(index: number): number {
    const place = this.#places[index];
    if (place === undefined) throw noPicture(index, this.size);
    return place;
  }
}

/** Pictures in memory. */
function heldIn(pictures: readonly Pick<StoredPicture, "path" | "pixels">[]): PictureSource {
  const at = (place: number): Pick<StoredPicture, "path" | "pixels"> => {
    const picture = pictures[place];
    if (picture === undefined) throw noPicture(place, pictures.length);
    return picture;
  };
  return { pixels: (place) => at(place).pixels, path: (place) => at(place).path };
}

/** Pictures that stay in their dataset, whose pixels and paths are compared with the index when they are read. */
class DatasetPictures implements PictureSource {
  readonly #dataset: Dataset;
  readonly #index: PictureIndex;
  /** Numbers of the pictures' rows. */
  readonly #rows: Int32Array;

  constructor(dataset: Dataset, index: PictureIndex, rows: Int32Array) {
    this.#dataset = dataset;
    this.#index = index;
    this.#rows = rows;
  }

  async pixels(place: number): Promise<Uint8Array> {
    const row = this.#rowOf(place);
    const pixels = await this.#dataset.readPixels(row);
    if (this.#index.hasPixels(place, pixels)) return pixels;
    throw changed(this.#dataset.fileOf(row), `the pixels of ${await this.#dataset.readPath(row)}`);
  }

  async path(place: number): Promise<string> {
    const row = this.#rowOf(place);
    const path = await this.#dataset.readPath(row);
    if (this.#index.hasPath(place, path)) return path;
    throw changed(this.#dataset.fileOf(row), `the path of row ${row}, ${path},`);
  }

  #rowOf(place: number): number {
    const row = this.#rows[place];
    if (row === undefined) throw noPicture(place, this.#rows.length);
    return row;
  }
}

function changed(path: string, what: string): TrainerError {
  return new TrainerError(
    "DATASET_DAMAGED",
    `Expected an intact dataset at ${path}, but ${what} changed after they were first read`,
    "Leave the dataset as it is while it is used. Prepare it again from the photographs, or copy it again from an intact original.",
  );
}

function undescribed({ path, description }: Dataset, picture: string, label: string, split: string): TrainerError {
  return new TrainerError(
    "DATASET_DAMAGED",
    `Expected pictures of ${description.labels.join(", ")} for ${SPLITS.join(", ")} in ${path}, but ${picture} is of ` +
      `${JSON.stringify(label)}, for ${JSON.stringify(split)}`,
    "Prepare it again from the photographs, or describe all of its classes.",
  );
}
