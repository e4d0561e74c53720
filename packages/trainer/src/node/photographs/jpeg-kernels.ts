// Initializes the kernels of ordinary JPEGs.

import { init } from "@silhouette/preprocess-wasm/jpeg";

import { available } from "../../dataset/preprocessor-kernels.ts";

/**
 * Initializes the kernels of JPEG files; further calls do nothing.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE` if this engine has no WebAssembly, or the kernels cannot be loaded
 */
export function initJpegs(): Promise<void> {
  return available(init());
}
