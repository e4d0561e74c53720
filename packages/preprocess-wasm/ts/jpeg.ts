// The exports of `@silhouette/preprocess-wasm/jpeg`: JPEG files to pixels, and pixels to small JPEG files, with kernels of their own.

export { PreprocessError, type PreprocessErrorCode } from "./errors.ts";
export { JpegDecoder, type JpegDecoderOptions } from "./jpeg-decoder.ts";
export { init, initSync } from "./jpeg-kernels.ts";
export { JpegThumbnails, type JpegThumbnailsOptions } from "./jpeg-thumbnails.ts";
export type { KernelSource } from "./kernel-source.ts";
export type { InitOptions, InstructionSet } from "./kernels.ts";
export type { Picture, Region } from "./picture.ts";
