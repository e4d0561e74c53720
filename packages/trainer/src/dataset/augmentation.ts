// Augmentation of training pictures before each step, as set in a run's configuration.

import type { Generator } from "../values/generator.ts";

/** `none`: pictures are not changed. */
export type Augmentation = "none";

/**
 * Augments the pictures of a step.
 *
 * @param pixels `[batch, height, width]`: 0 or 1; may be changed in place
 * @param _generator used picture by picture, before the dropout masks of the step are drawn
 */
export function augmented(_augmentation: Augmentation, pixels: Uint8Array, _generator: Generator): Uint8Array {
  return pixels;
}
