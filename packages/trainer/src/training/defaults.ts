// Default options.

import type { BackendChoice } from "../backend/names.ts";
import type { PictureSize } from "../dataset/format.ts";
import type { SplitFractions } from "../dataset/split.ts";

/** Default options of {@link prepare}. */
export const PREPARE_DEFAULTS: { readonly size: PictureSize; readonly split: SplitFractions; readonly seed: number } = {
  size: { width: 300, height: 300 },
  split: [0.8, 0.1, 0.1],
  seed: 0,
};

/** Default options of {@link train}, as in the reference article. */
export const TRAIN_DEFAULTS: {
  readonly backend: BackendChoice;
  readonly epochs: number;
  readonly batch: number;
  readonly size: PictureSize;
  readonly seed: number;
} = {
  backend: "auto",
  epochs: 5,
  batch: 50,
  size: PREPARE_DEFAULTS.size,
  seed: 0,
};
