// `init` with the package's binaries as files beside this code. Bundlers recognize the two URLs, and copy the files.

import { KERNELS, type InitOptions, type InstructionSet } from "./kernels.ts";

/**
 * Initializes the kernels, before the first preprocessor. Nothing is read or compiled before it is called. It may be
 * called again at any time, also concurrently; kernels that are initialized stay. After a failure it can be called
 * again.
 *
 * @param options source and instruction set of the kernels; by default the package's own files
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 * @example
 * import { init } from "@silhouette/preprocess-wasm";
 *
 * await init();
 */
export async function init(options: InitOptions = {}): Promise<void> {
  await KERNELS.init(options, fileOf);
}

/** Bundlers recognize exactly this form. */
function fileOf(instructionSet: InstructionSet): URL {
  return instructionSet === "simd128"
    ? new URL("../wasm/preprocess.simd128.wasm", import.meta.url)
    : new URL("../wasm/preprocess.scalar.wasm", import.meta.url);
}
