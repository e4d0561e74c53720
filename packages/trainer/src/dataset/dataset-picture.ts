// Everything that a dataset needs of a picture: decoded pixels ─▶ the row's pixels and measures, a thumbnail, and a sketch to find its
// copies by.

import { Preprocessor, type Picture } from "@silhouette/preprocess-wasm";
import { Thumbnailer } from "@silhouette/preprocess-wasm/thumbnail";

import { binarized, unlessTooLarge } from "./binarized.ts";
import { Sketcher, type Sketch } from "./duplicates.ts";
import type { DatasetRow, StoredSize } from "./format.ts";
import { initPreprocessor } from "./preprocessor-kernels.ts";
import type { Skip } from "./skip.ts";
import { initThumbnails } from "./thumbnail-kernels.ts";

/** What a dataset needs of a picture. */
export interface DatasetPicture extends Pick<
  DatasetRow,
  "sourceWidth" | "sourceHeight" | "threshold" | "pixels" | "thumbnail"
> {
  /** Share of its silhouette's light pixels, 0 to 1: if it is 0 or 1, the silhouette contains no information. */
  readonly lightShare: number;
  /** To find its copies by; undefined unless asked for. */
  readonly sketch: Sketch | undefined;
}

/** The sketch of a picture that was prepared with one. */
export function sketchOf({ sketch }: DatasetPicture): Sketch {
  if (sketch === undefined) throw new RangeError("Expected a picture that was prepared with a sketch");
  return sketch;
}

/** Why a picture is not in a dataset. */
export type Rejection = Pick<Skip, "code" | "message">;

/** Options for a {@link DatasetPictureMaker}. */
export interface DatasetPictureOptions {
  /** Whether to make sketches, without which copies are not found. */
  readonly sketches: boolean;
  /** Whether to make thumbnails, for reports. No network sees them. */
  readonly thumbnails: boolean;
}

/** Longer side of a thumbnail in pixels, and the quality of its JPEG: 4 to 5 KB. */
const THUMBNAIL = { side: 160, quality: 80 };

/** No thumbnail. */
const NONE = new Uint8Array();

/** Prepares decoded pictures for a dataset. */
export class DatasetPictureMaker {
  readonly #stored: StoredSize;
  readonly #preprocessor: Preprocessor;
  readonly #sketcher: Sketcher | undefined;
  readonly #thumbnailer: Thumbnailer | undefined;
  /** Gray levels of the last picture, unless they are its pixels. */
  readonly #levels: Uint8Array | undefined;

  private constructor(stored: StoredSize, { sketches, thumbnails }: DatasetPictureOptions) {
    const { width, height, pixelFormat } = stored;
    this.#stored = stored;
    this.#preprocessor = new Preprocessor({ width, height });
    this.#sketcher = sketches ? new Sketcher({ width, height }) : undefined;
    this.#thumbnailer = thumbnails ? new Thumbnailer(THUMBNAIL) : undefined;
    this.#levels = pixelFormat === "gray8" ? undefined : new Uint8Array(width * height);
  }

  /**
   * A maker, with the kernels that it needs.
   *
   * @param stored size and format of the pictures in the dataset
   * @throws {TrainerError} `BACKEND_UNAVAILABLE` if the kernels cannot be loaded
   */
  static async of(stored: StoredSize, options: DatasetPictureOptions): Promise<DatasetPictureMaker> {
    await Promise.all([initPreprocessor(), options.thumbnails ? initThumbnails() : undefined]);
    return new DatasetPictureMaker(stored, options);
  }

  /**
   * Prepares a picture, or reports why it cannot be in a dataset.
   *
   * @param picture gray, RGB or RGBA pixels of any size; transparent pixels have been drawn on white
   */
  make(picture: Picture): DatasetPicture | Rejection {
    const made = binarized(this.#preprocessor, picture, this.#stored.pixelFormat, this.#levels);
    if ("code" in made) return made;
    const { levels, ...row } = made;
    return unlessTooLarge(picture, () => ({
      ...row,
      thumbnail: this.#thumbnailer?.thumbnail(picture) ?? NONE,
      sketch: this.#sketcher?.sketch(levels, row.pixels),
    }));
  }
}
