// A view of a photograph: the part of it, and the light, in which a network sees it.

import type { PixelFormat } from "./preprocessing.ts";

/** How gray levels are changed before they are thresholded. All fields are finite. */
export interface View {
  /**
   * `[a, b, c, d, e, f]`: what is seen at (x, y) is at (a x + b y + c, d x + e y + f) of the photograph. Both span -1 to 1 from
   * edge to edge; beyond its edges a photograph continues with their pixels.
   */
  readonly affine: Affine;
  /** Slope of a ramp of light across the picture in x and y: standard deviations of the photograph from the centre to the edge. */
  readonly ramp: readonly [x: number, y: number];
  /** Above 0. The level t, 0 to 1, becomes t / (t + darkness (1 - t)): 1 changes nothing, more is darker. */
  readonly darkness: number;
  /** Change of the threshold: standard deviations of the picture. */
  readonly threshold: number;
}

/** See {@link View.affine}. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

const WHOLE: Affine = [1, 0, 0, 0, 1, 0];

/** The whole photograph, as it is. */
export const PLAIN: View = { affine: WHOLE, ramp: [0, 0], darkness: 1, threshold: 0 };

/** What a crop of 6 % off each side leaves of a side. */
const CROPPED = 0.88;

/** The views that predictions are averaged over: the whole photograph and its middle, each with its mirror image. */
export const FOUR_VIEWS: readonly View[] = [1, CROPPED].flatMap((part) =>
  [1, -1].map((side) => ({ ...PLAIN, affine: [side * part, 0, 0, 0, part, 0] })),
);

/** Number of views that a prediction is averaged over. */
export type ViewCount = 1 | 4;

/** All of them. */
export const VIEW_COUNTS: readonly ViewCount[] = [1, 4];

/** The number of views of pictures, of which a model has `count`: pictures in black and white have one. */
export function viewCountOf(pixelFormat: PixelFormat, count: ViewCount): ViewCount {
  return pixelFormat === "binary1" ? 1 : count;
}

/** The views of a prediction. */
export function viewsOf(count: ViewCount): readonly View[] {
  return count === 1 ? [PLAIN] : FOUR_VIEWS;
}

/** The mean of the numbers that several views have, such as probabilities; there is at least one view. */
export function meanOf(views: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(), ...others] = views;
  if (others.length === 0) return first;
  return first.map((value, index) => others.reduce((sum, each) => sum + (each[index] ?? 0), value) / views.length);
}
