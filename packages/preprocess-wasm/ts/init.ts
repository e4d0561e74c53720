// `init` with the package's binaries in files beside this code. Bundlers see the two URLs, and carry the files along.

import { initKernels, type InitOptions, type InstructionSet } from "./kernels.ts";

/**
 * Makes the kernels ready, before the first preprocessor. Nothing is read or compiled before it is called. It may be
 * called again at any time, also while it is at work; kernels that are ready stay. One that failed can be tried again.
 *
 * @param options where the kernels come from: the package's own files if nothing is told
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 * @example
 * import { init } from "@silhouette/preprocess-wasm";
 *
 * await init();
 */
export async function init(options: InitOptions = {}): Promise<void> {
  await initKernels(options, fileOf);
}

/** Bundlers look for exactly this form. */
function fileOf(instructionSet: InstructionSet): URL {
  return instructionSet === "simd128"
    ? new URL("../wasm/preprocess.simd128.wasm", import.meta.url)
    : new URL("../wasm/preprocess.scalar.wasm", import.meta.url);
}
