// Pictures of one or more splits, in memory as the dataset stores them, and what a network sees of them.

import type { InputKind } from "./input-kinds.ts";
import { networkInput, type NetworkInput } from "./network-input.ts";
import type { Dataset } from "./reader.ts";
import { crc32Hex, littleEndian, sha256, type Content } from "../values/checksum.ts";
import { TrainerError } from "../values/errors.ts";
import { SPLITS, type Split } from "./split.ts";
import { PLAIN, type View } from "./view.ts";

/** A picture as its dataset stores it. */
export interface StoredPicture {
  /** Path, as in the dataset. */
  readonly path: string;
  /** Index of its class in the labels. */
  readonly label: number;
  /** Its split. */
  readonly split: Split;
  /** Size of the upright photograph in pixels, and the threshold between its dark and light pixels, 0 to 255. */
  readonly origin: readonly [width: number, height: number, threshold: number];
  /** `pictureBytes` bytes. */
  readonly pixels: Uint8Array;
}

/**
 * Identifies a picture by its content, wherever the photograph is and whatever it is called: the first 8 bytes, little-endian,
 * of the SHA-256 of its origin as little-endian 32-bit words, and its pixels.
 */
export function pictureHash({ origin, pixels }: StoredPicture): bigint {
  return sha256([littleEndian(origin), pixels]).getBigInt64(0, true);
}

/** Options for loading a {@link PictureSet}. */
export interface LoadOptions {
  /** What a network sees of the pictures. Default: black and white, by Otsu's threshold. */
  readonly input?: InputKind;
  /** Classes of the set, which must include those of the dataset. Default: the classes of the dataset. */
  readonly labels?: readonly string[];
  /** Stops loading. */
  readonly signal?: AbortSignal | undefined;
}

/** Pictures in the order of the dataset. */
export class PictureSet {
  /** Class names, in the order of one-hot labels. */
  readonly labels: readonly string[];
  /** What a network sees of a picture, and at which size. */
  readonly input: NetworkInput;
  readonly #pictures: readonly StoredPicture[];

  private constructor({ labels, input }: Pick<PictureSet, "labels" | "input">, pictures: readonly StoredPicture[]) {
    this.labels = labels;
    this.input = input;
    this.#pictures = pictures;
  }

  /** A set of pictures that are in memory already, whose pixels are as `input` expects them. @internal */
  static of(shown: Pick<PictureSet, "labels" | "input">, pictures: readonly StoredPicture[]): PictureSet {
    return new PictureSet(shown, pictures);
  }

  /**
   * Loads the pictures of `splits`. The dataset stays open and may be closed afterwards. The set is empty if they have no
   * pictures.
   *
   * @throws {TrainerError} as {@link PictureSet.loadAll}
   */
  static async load(dataset: Dataset, ...splits: readonly Split[]): Promise<PictureSet> {
    const all = await PictureSet.loadAll(dataset);
    return all.filter(({ split }) => splits.includes(split));
  }

  /**
   * Loads the pictures of all splits.
   *
   * @throws {TrainerError} `DATASET_DAMAGED`, also for a picture whose class is not described; `DATASET_MISMATCH` for an input
   * that its pictures do not have; `INVALID_ARGUMENT` if the dataset is closed; the signal's reason
   */
  static async loadAll(dataset: Dataset, { input = "otsu", labels, signal }: LoadOptions = {}): Promise<PictureSet> {
    const { labels: described } = dataset.description;
    const classes = labels ?? described;
    const seen = await networkInput(dataset.description, input);
    const pictures: StoredPicture[] = [];
    for await (const { path, label, split, pixels, sourceWidth, sourceHeight, threshold } of dataset) {
      signal?.throwIfAborted();
      const index = described.includes(label) ? classes.indexOf(label) : -1;
      if (index < 0 || !SPLITS.includes(split)) throw undescribed(dataset, path, label, split);
      // A row's pixels are a view of its whole batch: a copy lets the batch be freed.
      const origin = [sourceWidth, sourceHeight, threshold] as const;
      pictures.push({ path, label: index, split, origin, pixels: pixels.slice() });
    }
    return new PictureSet({ labels: classes, input: seen }, pictures);
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

  /** The pictures for which `keep` is true. They are not copied. */
  filter(keep: (picture: StoredPicture) => boolean): PictureSet {
    return new PictureSet(this, this.#pictures.filter(keep));
  }

  /** Whether `test` is true for any picture. */
  some(test: (picture: StoredPicture) => boolean): boolean {
    return this.#pictures.some(test);
  }

  /** Whether `test` is true for all pictures. */
  every(test: (picture: StoredPicture) => boolean): boolean {
    return this.#pictures.every(test);
  }

  /** The set's own pictures, in order: do not modify them. @internal */
  all(): Iterable<StoredPicture> {
    return this.#pictures;
  }

  /** Number of pictures. */
  get size(): number {
    return this.#pictures.length;
  }

  /** Index of each picture's class in the labels. */
  get classes(): readonly number[] {
    return this.#pictures.map(({ label }) => label);
  }

  /** Number of pictures per class, in the order of the labels. */
  get counts(): readonly number[] {
    const counts = this.labels.map(() => 0);
    for (const { label } of this.#pictures) counts[label] = (counts[label] ?? 0) + 1;
    return counts;
  }

  /** CRC-32 (zlib) of the paths, labels and pixels of all pictures, in order: 8 hexadecimal digits. */
  get fingerprint(): string {
    return crc32Hex(this.#content());
  }

  *#content(): Iterable<Content> {
    for (const { path, label, pixels } of this.#pictures) {
      yield `${path}\0${label}\0`;
      yield pixels;
    }
  }

  /** The set's own picture `index`: do not modify it. @throws {TrainerError} `INVALID_ARGUMENT` @internal */
  at(index: number | undefined): StoredPicture {
    const picture = index === undefined ? undefined : this.#pictures[index];
    if (picture === undefined) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected a picture index from 0 to ${this.size - 1}, but received ${index}`,
        "Pass indices of pictures in the set.",
      );
    }
    return picture;
  }

  /**
   * What the network sees of the pictures `indices`: `[indices.length, height, width, channels]`, each 0 to `input.white`.
   *
   * @param view called for each picture, in order. Default: the whole picture as it is
   * @throws {TrainerError} `INVALID_ARGUMENT` if a picture does not exist
   */
  pixels(indices: ArrayLike<number>, view: () => View = () => PLAIN): Uint8Array {
    const size = this.input.width * this.input.height * this.input.channels;
    const all = new Uint8Array(indices.length * size);
    for (let place = 0; place < indices.length; place++) {
      const { pixels } = this.at(indices[place]);
      this.input.write(pixels, view(), all.subarray(place * size, (place + 1) * size));
    }
    return all;
  }

  /** The picture `index` in black and white, at the network's size. @throws {TrainerError} `INVALID_ARGUMENT` */
  silhouette(index: number): Uint8Array {
    return this.input.silhouette(this.at(index).pixels);
  }

  /**
   * One-hot labels of the pictures `indices`: `[indices.length, labels.length]`.
   *
   * @param weights per class, the value to use instead of 1. Default: 1
   * @throws {TrainerError} `INVALID_ARGUMENT` if a picture does not exist
   */
  oneHot(indices: ArrayLike<number>, weights?: Float32Array): Float32Array {
    const hot = new Float32Array(indices.length * this.labels.length);
    for (let place = 0; place < indices.length; place++) {
      const { label } = this.at(indices[place]);
      hot[place * this.labels.length + label] = weights?.[label] ?? 1;
    }
    return hot;
  }
}

function undescribed({ path, description }: Dataset, picture: string, label: string, split: string): TrainerError {
  return new TrainerError(
    "DATASET_DAMAGED",
    `Expected pictures of ${description.labels.join(", ")} for ${SPLITS.join(", ")} in ${path}, but ${picture} is of ` +
      `${JSON.stringify(label)}, for ${JSON.stringify(split)}`,
    "Prepare it again from the photographs, or describe all of its classes.",
  );
}
