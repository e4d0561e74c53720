// The kernels of JPEG files: `init` and `initSync` of ./jpeg.ts. Bundlers recognize the two URLs, and copy the files.

import { KernelSet, type InitOptions, type InstructionSet } from "./kernels.ts";

/** The kernels of `@silhouette/preprocess-wasm/jpeg`. */
export const JPEG_KERNELS = new KernelSet({
  entry: "@silhouette/preprocess-wasm/jpeg",
  mark: "jpeg ",
  remedy: "pass its content to init as module",
});

/**
 * Initializes the kernels, before the first decoder. Nothing is read or compiled before it is called. It may be called
 * again at any time, also concurrently; kernels that are initialized stay. After a failure it can be called again.
 *
 * @param options source and instruction set of the kernels; by default the package's own files, which are also
 *   `@silhouette/preprocess-wasm/jpeg.simd128.wasm` and `/jpeg.scalar.wasm`
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 * @example
 * import { init } from "@silhouette/preprocess-wasm/jpeg";
 *
 * await init();
 */
export async function init(options: InitOptions = {}): Promise<void> {
  await JPEG_KERNELS.init(options, fileOf);
}

/**
 * Initializes kernels synchronously, for workers that forbid compilation and receive a compiled module, or if nothing
 * may be awaited. Kernels that are already initialized stay.
 *
 * @param module a binary of this entry, compiled or its bytes
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 */
export function initSync(module: WebAssembly.Module | BufferSource): void {
  JPEG_KERNELS.initSync(module);
}

/** Bundlers recognize exactly this form. */
function fileOf(instructionSet: InstructionSet): URL {
  return instructionSet === "simd128"
    ? new URL("../wasm/jpeg.simd128.wasm", import.meta.url)
    : new URL("../wasm/jpeg.scalar.wasm", import.meta.url);
}
