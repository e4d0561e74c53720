// A convolution as the kernels take it.

import type { backend_util } from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "./errors.ts";

/** The words of `Convolution` in `src/convolution.rs`. */
export function convolutionWords(info: backend_util.Conv2DInfo): readonly number[] {
  if (info.dataFormat !== "channelsLast") {
    throw new TrainingWasmError(
      "UNSUPPORTED_OPERATION",
      "Expected a convolution of NHWC tensors, but received NCHW. Transpose the tensors to channels last.",
    );
  }
  return [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
  ];
}
