// The preprocessor's kernels, made ready for this package: what keeps them from running becomes an error of this package.

import { init, PreprocessError } from "@silhouette/preprocess-wasm";

import { TrainerError } from "../../values/errors.ts";

/**
 * Makes the preprocessor's kernels ready; once they are, further calls do nothing.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE` if this engine has no WebAssembly, or the kernels cannot be loaded
 */
export async function initPreprocessor(): Promise<void> {
  try {
    await init();
  } catch (cause) {
    if (!(cause instanceof PreprocessError)) throw cause;
    const hint =
      cause.code === "UNSUPPORTED_ENGINE"
        ? "Run it without --jitless, which may also be in NODE_OPTIONS, in Node.js 20.19 or later."
        : "Reinstall the packages; silhouette doctor says how.";
    throw new TrainerError("BACKEND_UNAVAILABLE", cause.message, hint, { cause });
  }
}
