// Everything that a dataset needs of a picture: decoded pixels ─▶ the row's pixels and measures, and a sketch to find its copies by.

import type { Picture, Preprocessor } from "@silhouette/preprocess-wasm";

import { binarized, isBlank, lightShareOf } from "./binarized.ts";
import { sketchOf, type Sketch } from "./duplicates.ts";
import type { DatasetRow, StoredSize } from "./format.ts";
import type { Skip } from "./skip.ts";

/** What a dataset needs of a picture. */
export interface DatasetPicture extends Pick<DatasetRow, "sourceWidth" | "sourceHeight" | "threshold" | "pixels"> {
  /** Share of its silhouette's light pixels, 0 to 1. */
  readonly lightShare: number;
  /** Whether its silhouette is all black or all white. */
  readonly isBlank: boolean;
  /** To find its copies by; undefined unless asked for. */
  readonly sketch: Sketch | undefined;
}

/** Why a picture is not in a dataset. */
export type Rejection = Pick<Skip, "code" | "message">;

/** Options for {@link datasetPicture}. */
export interface DatasetPictureOptions {
  /** Whether to make a sketch, without which copies are not found. */
  readonly sketch: boolean;
}

/**
 * Prepares a decoded picture for a dataset, or reports why it cannot be in one.
 *
 * @param preprocessor with outputs of the stored size
 * @param picture gray, RGB or RGBA pixels of any size; transparent pixels have been drawn on white
 */
export function datasetPicture(
  preprocessor: Preprocessor,
  picture: Picture,
  stored: StoredSize,
  { sketch }: DatasetPictureOptions,
): DatasetPicture | Rejection {
  const made = binarized(preprocessor, picture, stored.pixelFormat);
  if ("code" in made) return made;
  const { levels, bits, ...row } = made;
  return {
    ...row,
    lightShare: lightShareOf(bits, stored),
    isBlank: isBlank(bits, stored),
    sketch: sketch ? sketchOf(levels, stored) : undefined,
  };
}
