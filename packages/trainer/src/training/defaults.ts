// Default options.

import type { BackendChoice } from "../backend/names.ts";
import type { PictureSize } from "../dataset/format.ts";
import type { SplitFractions } from "../dataset/split.ts";

/** Default options of {@link prepare}. */
export const PREPARE_DEFAULTS: {
  /** Size of the pictures. */
  readonly size: PictureSize;
  /** Shares of the splits. */
  readonly split: SplitFractions;
  /** Seed of the splits. */
  readonly seed: number;
} = {
  size: { width: 300, height: 300 },
  split: [0.8, 0.1, 0.1],
  seed: 0,
};

/** Default options of {@link train}, as in the reference article. */
export const TRAIN_DEFAULTS: {
  /** Backend to train on. */
  readonly backend: BackendChoice;
  /** Number of epochs. */
  readonly epochs: number;
  /** Pictures per step. */
  readonly batch: number;
  /** Size of the pictures, if the source is a folder. */
  readonly size: PictureSize;
  /** Seed of splits, initial weights, shuffling and dropout. */
  readonly seed: number;
} = {
  backend: "auto",
  epochs: 5,
  batch: 50,
  size: PREPARE_DEFAULTS.size,
  seed: 0,
};
