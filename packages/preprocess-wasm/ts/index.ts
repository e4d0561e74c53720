// Everything that `@silhouette/preprocess-wasm` offers.

export { PreprocessError, type PreprocessErrorCode } from "./errors.ts";
export type { InstructionSet } from "./kernels.ts";
export {
  createPreprocessor,
  type LocalMeanOptions,
  type Picture,
  type Preprocessor,
  type PreprocessorOptions,
  type SauvolaOptions,
} from "./preprocessor.ts";
