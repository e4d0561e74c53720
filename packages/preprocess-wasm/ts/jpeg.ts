// The exports of `@silhouette/preprocess-wasm/jpeg`: JPEG files to pixels, by kernels of their own.

export { PreprocessError, type PreprocessErrorCode } from "./errors.ts";
export { JpegDecoder, type JpegDecodeOptions, type JpegDecoderOptions } from "./jpeg-decoder.ts";
export { init, initSync } from "./jpeg-kernels.ts";
export type { KernelSource } from "./kernel-source.ts";
export type { InitOptions, InstructionSet } from "./kernels.ts";
export type { Picture } from "./picture.ts";
