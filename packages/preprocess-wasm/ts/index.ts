// The exports of `@silhouette/preprocess-wasm`.

export { PreprocessError, type PreprocessErrorCode } from "./errors.ts";
export type { Filter } from "./filters.ts";
export { init } from "./init.ts";
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
