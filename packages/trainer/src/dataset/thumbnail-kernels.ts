// Initializes the kernels of thumbnails. Apart from those of the preprocessor: predictors do without.

import { init } from "@silhouette/preprocess-wasm/thumbnail";

import { available } from "./preprocessor-kernels.ts";

/**
 * Initializes the kernels of thumbnails; further calls do nothing.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE` if this engine has no WebAssembly, or the kernels cannot be loaded
 */
export function initThumbnails(): Promise<void> {
  return available(init());
}
