// How photographs become the pictures that a network sees: the one description for datasets and models.

import { oneOf, record, type Shape } from "../values/json-shape.ts";

/** One bit a pixel: 1 is lighter than the threshold. */
export const PIXEL_FORMAT = "binary1";

/** What is done to a photograph. */
export interface Preprocessing {
  /** Behind transparent pixels. */
  readonly background: "white";
  /** OpenCV's weights of red, green and blue, with 15 fraction bits. */
  readonly gray: "opencv-15bit";
  /** Stretched as Pillow 13 does it: bilinear, antialiased. */
  readonly resize: "pillow13-bilinear";
  /** Otsu's, of each picture. */
  readonly threshold: "otsu";
}

/** What this version does. */
export const PREPROCESSING: Preprocessing = {
  background: "white",
  gray: "opencv-15bit",
  resize: "pillow13-bilinear",
  threshold: "otsu",
};

/** What its JSON has to look like. */
export const preprocessingShape: Shape<Preprocessing> = record<Preprocessing>({
  background: oneOf("white"),
  gray: oneOf("opencv-15bit"),
  resize: oneOf("pillow13-bilinear"),
  threshold: oneOf("otsu"),
});
