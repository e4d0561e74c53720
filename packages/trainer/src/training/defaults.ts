// Default values of options.

import type { BackendChoice } from "../backend/names.ts";
import type { PictureSize } from "../dataset/format.ts";
import type { SplitFractions } from "../dataset/split.ts";

/** Default values of {@link prepare}'s options. */
export const PREPARE_DEFAULTS: {
  /** Width and height of the pictures, in pixels. */
  readonly size: PictureSize;
  /** Shares of train, val and test. */
  readonly split: SplitFractions;
  /** Seed of the split. */
  readonly seed: number;
} = {
  size: { width: 300, height: 300 },
  split: [0.8, 0.1, 0.1],
  seed: 0,
};

/** Default values of {@link train}'s options: the reference article's. */
export const TRAIN_DEFAULTS: {
  /** What computes. */
  readonly backend: BackendChoice;
  /** Number of passes over the training pictures. */
  readonly epochs: number;
  /** Pictures per training step. */
  readonly batch: number;
  /** Width and height of the pictures, in pixels. */
  readonly size: PictureSize;
  /** Seed of weights, order and dropout. */
  readonly seed: number;
} = {
  backend: "auto",
  epochs: 5,
  batch: 50,
  size: PREPARE_DEFAULTS.size,
  seed: 0,
};
