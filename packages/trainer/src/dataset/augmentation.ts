// What is done to training pictures before each step, as a run's configuration says it.

import type { Generator } from "../values/generator.ts";

/** `none`: they stay as they are. */
export type Augmentation = "none";

/**
 * The pictures of a step as the network is to see them.
 *
 * @param pixels `[batch, height, width]`: 0 or 1; may be changed in place
 * @param _generator draws what is drawn, picture by picture, before the dropout masks of the step
 */
export function augmented(_augmentation: Augmentation, pixels: Uint8Array, _generator: Generator): Uint8Array {
  return pixels;
}
