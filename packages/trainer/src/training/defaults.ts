// What the options are where nothing else is said.

import type { PrepareOptions } from "../node/photographs/prepare.ts";
import type { TrainOptions } from "../node/train-options.ts";

/** What {@link prepare} takes where it is told nothing else. */
export const PREPARE_DEFAULTS: Required<Pick<PrepareOptions, "size" | "split" | "seed">> = {
  size: { width: 300, height: 300 },
  split: [0.8, 0.1, 0.1],
  seed: 0,
};

/** What {@link train} takes where it is told nothing else: the reference article's. */
export const TRAIN_DEFAULTS: Required<Pick<TrainOptions, "backend" | "epochs" | "batch" | "size" | "seed">> = {
  backend: "auto",
  epochs: 5,
  batch: 50,
  size: PREPARE_DEFAULTS.size,
  seed: 0,
};
