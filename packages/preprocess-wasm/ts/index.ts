// Everything that `@silhouette/preprocess-wasm` offers.

export { PreprocessError, type PreprocessErrorCode } from "./errors.ts";
export type { InstructionSet } from "./kernels.ts";
export {
  createPreprocessor,
  type Filter,
  type MaskFormat,
  type MaskOptions,
  type Picture,
  type Preprocessor,
  type PreprocessorOptions,
  type Region,
} from "./preprocessor.ts";
