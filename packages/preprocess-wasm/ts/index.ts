// Everything that `@silhouette/preprocess-wasm` offers.

export { PreprocessError, type PreprocessErrorCode } from "./errors.ts";
export { init } from "./init.ts";
export { initSync, type InitOptions, type InstructionSet, type KernelSource } from "./kernels.ts";
export {
  Preprocessor,
  type Filter,
  type LocalMeanOptions,
  type MaskFormat,
  type MaskOptions,
  type Picture,
  type PreprocessorOptions,
  type Region,
  type SauvolaOptions,
} from "./preprocessor.ts";
