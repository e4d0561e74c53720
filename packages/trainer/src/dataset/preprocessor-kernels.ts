// Initializes the preprocessor's kernels for this package, and converts their errors.

import { init, PreprocessError } from "@silhouette/preprocess-wasm";

import { TrainerError } from "../values/errors.ts";

/**
 * Initializes the preprocessor's kernels; further calls do nothing.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE` if this engine has no WebAssembly, or the kernels cannot be loaded
 */
export function initPreprocessor(): Promise<void> {
  return available(init());
}

/**
 * Kernels of the preprocessor's package that are being initialized.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE`, as for {@link initPreprocessor}
 */
export async function available(kernels: Promise<void>): Promise<void> {
  try {
    await kernels;
  } catch (cause) {
    if (!(cause instanceof PreprocessError)) throw cause;
    const hint =
      cause.code === "UNSUPPORTED_ENGINE"
        ? "Use Node.js 20.19 or later without --jitless, which may also be set in NODE_OPTIONS."
        : "Reinstall the packages; silhouette doctor shows how.";
    throw new TrainerError("BACKEND_UNAVAILABLE", cause.message, hint, { cause });
  }
}
