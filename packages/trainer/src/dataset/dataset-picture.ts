// Everything that a dataset needs of a picture: decoded pixels ─▶ the row's pixels and measures, and a sketch to find its copies by.

import { Preprocessor, type Picture } from "@silhouette/preprocess-wasm";

import { binarized, unlessTooLarge } from "./binarized.ts";
import { Sketcher, type Sketch } from "./duplicates.ts";
import type { DatasetRow, StoredSize } from "./format.ts";
import type { Skip } from "./skip.ts";

/** What a dataset needs of a picture. */
export interface DatasetPicture extends Pick<DatasetRow, "sourceWidth" | "sourceHeight" | "threshold" | "pixels"> {
  /** Share of its silhouette's light pixels, 0 to 1: if it is 0 or 1, the silhouette contains no information. */
  readonly lightShare: number;
  /** To find its copies by; undefined unless asked for. */
  readonly sketch: Sketch | undefined;
}

/** Why a picture is not in a dataset. */
export type Rejection = Pick<Skip, "code" | "message">;

/** Options for a {@link DatasetPictureMaker}. */
export interface DatasetPictureOptions {
  /** Whether to make sketches, without which copies are not found. */
  readonly sketches: boolean;
}

/** Prepares decoded pictures for a dataset. The preprocessor's kernels have been initialized. */
export class DatasetPictureMaker {
  readonly #stored: StoredSize;
  readonly #preprocessor: Preprocessor;
  readonly #sketcher: Sketcher | undefined;

  /** @param stored size and format of the pictures in the dataset */
  constructor(stored: StoredSize, { sketches }: DatasetPictureOptions) {
    const { width, height } = stored;
    this.#stored = stored;
    this.#preprocessor = new Preprocessor({ width, height });
    this.#sketcher = sketches ? new Sketcher({ width, height }) : undefined;
  }

  /**
   * Prepares a picture, or reports why it cannot be in a dataset.
   *
   * @param picture gray, RGB or RGBA pixels of any size; transparent pixels have been drawn on white
   */
  make(picture: Picture): DatasetPicture | Rejection {
    const made = binarized(this.#preprocessor, picture, this.#stored.pixelFormat);
    if ("code" in made) return made;
    const { levels, ...row } = made;
    return unlessTooLarge(picture, () => ({ ...row, sketch: this.#sketcher?.sketch(levels) }));
  }
}
