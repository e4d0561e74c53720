// Pictures in memory, as the dataset stores them, and what a network sees of them: a batch, or all of a small set.

import { TrainerError } from "../values/errors.ts";
import type { NetworkInput } from "./network-input.ts";
import { PLAIN, type View } from "./view.ts";

/** A picture's class, and its pixels. */
export interface LabeledPixels {
  /** Index of its class in the labels. */
  readonly label: number;
  /** `pictureBytes` bytes. */
  readonly pixels: Uint8Array;
}

/** What pictures show, and to whom. */
export interface Shown {
  /** Class names, in the order of one-hot labels. */
  readonly labels: readonly string[];
  /** What a network sees of a picture, and at which size. */
  readonly input: NetworkInput;
}

/** Pictures in memory. */
export class LoadedPictures implements Shown {
  /** Class names, in the order of one-hot labels. */
  readonly labels: readonly string[];
  /** What a network sees of a picture, and at which size. */
  readonly input: NetworkInput;
  readonly #pictures: readonly LabeledPixels[];

  /**
   * Pictures whose pixels are as `input` expects them.
   *
   * @param pictures not copied
   */
  constructor({ labels, input }: Shown, pictures: readonly LabeledPixels[]) {
    this.labels = labels;
    this.input = input;
    this.#pictures = pictures;
  }

  /** Number of pictures. */
  get size(): number {
    return this.#pictures.length;
  }

  /** The picture `index`: do not modify it. @throws {TrainerError} `INVALID_ARGUMENT` if it does not exist */
  at(index: number | undefined): LabeledPixels {
    const picture = index === undefined ? undefined : this.#pictures[index];
    if (picture === undefined) throw noPicture(index, this.size);
    return picture;
  }

  /** The pictures `indices`, in their order. They are not copied. @throws {TrainerError} `INVALID_ARGUMENT` if one does not exist */
  take(indices: ArrayLike<number>): LoadedPictures {
    return new LoadedPictures(
      this,
      Array.from(indices, (index) => this.at(index)),
    );
  }

  /**
   * What the network sees: `[size, height, width, channels]`, each 0 to `input.white`.
   *
   * @param view called for each picture, in order. Default: the whole picture as it is
   */
  pixels(view: () => View = () => PLAIN): Uint8Array {
    const size = this.input.width * this.input.height * this.input.channels;
    const all = new Uint8Array(this.size * size);
    for (const [place, { pixels }] of this.#pictures.entries()) {
      this.input.write(pixels, view(), all.subarray(place * size, (place + 1) * size));
    }
    return all;
  }

  /** The picture `index` in black and white, at the network's size. @throws {TrainerError} `INVALID_ARGUMENT` */
  silhouette(index: number): Uint8Array {
    return this.input.silhouette(this.at(index).pixels);
  }

  /**
   * One-hot labels: `[size, labels.length]`.
   *
   * @param weights per class, the value to use instead of 1. Default: 1
   */
  oneHot(weights?: Float32Array): Float32Array {
    const hot = new Float32Array(this.size * this.labels.length);
    for (const [place, { label }] of this.#pictures.entries()) {
      hot[place * this.labels.length + label] = weights?.[label] ?? 1;
    }
    return hot;
  }
}

/** The error for a picture that does not exist. */
export function noPicture(index: number | undefined, size: number): TrainerError {
  return new TrainerError(
    "INVALID_ARGUMENT",
    `Expected a picture index from 0 to ${size - 1}, but received ${index}`,
    "Pass indices of pictures in the set.",
  );
}
