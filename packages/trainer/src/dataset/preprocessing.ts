// How photographs are converted to the pictures that a network sees: the one description for datasets and models.

import { oneOf, record, type Shape } from "../values/json-shape.ts";

/** One bit per pixel: 1 is lighter than the threshold. */
export const PIXEL_FORMAT = "binary1";

/** How photographs are converted. */
export interface Preprocessing {
  /** Background of transparent pixels. */
  readonly background: "white";
  /** OpenCV's weights of red, green and blue, with 15 fractional bits. */
  readonly gray: "opencv-15bit";
  /** Stretched as Pillow 13 does: bilinear, antialiased. */
  readonly resize: "pillow13-bilinear";
  /** Otsu's threshold of each picture. */
  readonly threshold: "otsu";
}

/** The preprocessing of this version. */
export const PREPROCESSING: Preprocessing = {
  background: "white",
  gray: "opencv-15bit",
  resize: "pillow13-bilinear",
  threshold: "otsu",
};

/** Shape of its JSON. */
export const preprocessingShape: Shape<Preprocessing> = record<Preprocessing>({
  background: oneOf("white"),
  gray: oneOf("opencv-15bit"),
  resize: oneOf("pillow13-bilinear"),
  threshold: oneOf("otsu"),
});
