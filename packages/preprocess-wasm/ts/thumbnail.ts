// The exports of `@silhouette/preprocess-wasm/thumbnail`: pixels to small JPEG files, by kernels of their own.

export { PreprocessError, type PreprocessErrorCode } from "./errors.ts";
export type { KernelSource } from "./kernel-source.ts";
export type { InitOptions, InstructionSet } from "./kernels.ts";
export type { Picture, Region } from "./picture.ts";
export { init, initSync } from "./thumbnail-kernels.ts";
export { Thumbnailer, type ThumbnailerOptions } from "./thumbnailer.ts";
