// How photographs are converted to the pictures of a dataset: the one description for datasets and models.

import type { InputKind } from "./input-kinds.ts";
import { oneOf, record, type Shape } from "../values/json-shape.ts";

/**
 * `binary1`: one bit per pixel, 1 is lighter than the picture's threshold; the network sees just these pixels. `gray8`: one byte
 * per pixel, a gray level, at twice the size that the network sees: what it sees is computed at each step, so that pictures can be
 * augmented before they are thresholded. `rgb8`: the same in color, as three planes.
 */
export type PixelFormat = "binary1" | "gray8" | "rgb8";

/** All of them. */
export const PIXEL_FORMATS: readonly PixelFormat[] = ["binary1", "gray8", "rgb8"];

/** The format of pictures that a network can see as `input`, if a recipe keeps `byDefault` of them. */
export function formatFor(input: InputKind, byDefault: PixelFormat): PixelFormat {
  return input === "rgb" ? "rgb8" : byDefault;
}

/** How photographs are converted. */
export interface Preprocessing {
  /** Background of transparent pixels. */
  readonly background: "white";
  /** `opencv-15bit`: OpenCV's weights of red, green and blue, with 15 fractional bits. `none`: colors are kept. */
  readonly gray: "opencv-15bit" | "none";
  /** Stretched as Pillow 13 does: bilinear, antialiased. */
  readonly resize: "pillow13-bilinear";
  /** `otsu`: Otsu's threshold of each picture. `none`: gray levels are kept. */
  readonly threshold: "otsu" | "none";
}

/** The preprocessing of this version for pixels of the given format. */
export function preprocessingOf(format: PixelFormat): Preprocessing {
  return {
    background: "white",
    gray: format === "rgb8" ? "none" : "opencv-15bit",
    resize: "pillow13-bilinear",
    threshold: format === "binary1" ? "otsu" : "none",
  };
}

/** Shape of its JSON. */
export const preprocessingShape: Shape<Preprocessing> = record<Preprocessing>({
  background: oneOf("white"),
  gray: oneOf("opencv-15bit", "none"),
  resize: oneOf("pillow13-bilinear"),
  threshold: oneOf("otsu", "none"),
});
