// The kernels of thumbnails: `init` and `initSync` of ./thumbnail.ts. Bundlers recognize the two URLs, and copy the files.

import { KernelSet, type InitOptions, type InstructionSet } from "./kernels.ts";

/** The kernels of `@silhouette/preprocess-wasm/thumbnail`. */
export const THUMBNAIL_KERNELS = new KernelSet({
  entry: "@silhouette/preprocess-wasm/thumbnail",
  mark: "thumbnail ",
  remedy: "import from @silhouette/preprocess-wasm/inline/thumbnail",
});

/**
 * Initializes the kernels, before the first thumbnailer. Nothing is read or compiled before it is called. It may be called
 * again at any time, also concurrently; kernels that are initialized stay. After a failure it can be called again.
 *
 * @param options source and instruction set of the kernels; by default the package's own files, which are also
 *   `@silhouette/preprocess-wasm/thumbnail.simd128.wasm` and `/thumbnail.scalar.wasm`
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 * @example
 * import { init } from "@silhouette/preprocess-wasm/thumbnail";
 *
 * await init();
 */
export async function init(options: InitOptions = {}): Promise<void> {
  await THUMBNAIL_KERNELS.init(options, fileOf);
}

/**
 * Initializes kernels synchronously, for workers that forbid compilation and receive a compiled module, or if nothing
 * may be awaited. Kernels that are already initialized stay.
 *
 * @param module a binary of this entry, compiled or its bytes
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 */
export function initSync(module: WebAssembly.Module | BufferSource): void {
  THUMBNAIL_KERNELS.initSync(module);
}

/** Bundlers recognize exactly this form. */
function fileOf(instructionSet: InstructionSet): URL {
  return instructionSet === "simd128"
    ? new URL("../wasm/thumbnail.simd128.wasm", import.meta.url)
    : new URL("../wasm/thumbnail.scalar.wasm", import.meta.url);
}
