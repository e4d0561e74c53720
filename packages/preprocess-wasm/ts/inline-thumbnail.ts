// `@silhouette/preprocess-wasm/inline/thumbnail`: the same exports as ./thumbnail.ts, with the binaries in the code as base64.
//
// For bundlers and hosts that lose the .wasm files. The download is about half as large again.

import { base64 } from "../wasm/thumbnail.inlined.js";
import { bytesOfBase64, type InitOptions } from "./kernels.ts";
import { THUMBNAIL_KERNELS } from "./thumbnail-kernels.ts";

export { PreprocessError, type PreprocessErrorCode } from "./errors.ts";
export type { KernelSource } from "./kernel-source.ts";
export type { InitOptions, InstructionSet } from "./kernels.ts";
export type { Picture, Region } from "./picture.ts";
export { initSync } from "./thumbnail-kernels.ts";
export { Thumbnailer, type ThumbnailerOptions } from "./thumbnailer.ts";

/**
 * Initializes the kernels, before the first thumbnailer. Nothing is decoded or compiled before it is called. It may be called again at any
 * time, also concurrently; kernels that are initialized stay. After a failure it can be called again.
 *
 * @param options source and instruction set of the kernels; by default the binaries in this code
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 */
export async function init(options: InitOptions = {}): Promise<void> {
  await THUMBNAIL_KERNELS.init(options, (instructionSet) => bytesOfBase64(base64[instructionSet]));
}
