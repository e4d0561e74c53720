// `@silhouette/preprocess-wasm/inline`: the same exports as ./index.ts, with the binaries in the code as base64.
//
// For bundlers and hosts that lose the .wasm files. The download is about half as large again.

import { base64 } from "../wasm/preprocess.inlined.js";
import { bytesOfBase64, KERNELS, type InitOptions } from "./kernels.ts";

export { PreprocessError, type PreprocessErrorCode } from "./errors.ts";
export type { Filter } from "./filters.ts";
export { initSync, type InitOptions, type InstructionSet } from "./kernels.ts";
export type { KernelSource } from "./kernel-source.ts";
export type { MaskFormat, MaskOptions } from "./mask-style.ts";
export type { Picture, Region } from "./picture.ts";
export {
  Preprocessor,
  type BinarizeOptions,
  type LocalMeanOptions,
  type PreprocessorOptions,
  type SauvolaOptions,
} from "./preprocessor.ts";
export type { WarpOptions } from "./warp-options.ts";

/**
 * Initializes the kernels, before the first preprocessor. Nothing is decoded or compiled before it is called. It may be
 * called again at any time, also concurrently; kernels that are initialized stay. After a failure it can be called
 * again.
 *
 * @param options source and instruction set of the kernels; by default the binaries in this code
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 */
export async function init(options: InitOptions = {}): Promise<void> {
  await KERNELS.init(options, (instructionSet) => bytesOfBase64(base64[instructionSet]));
}
