// A convolution in the form that the kernels read.

import type { backend_util } from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "./errors.ts";
import type { Heap } from "./heap.ts";

/** Words of a convolution. The first is the number of images. */
const WORDS = 15;

/** Most rows of the filter of a convolution that is pooled at once: `MOST_ROWS` in `src/conv_pool/direct.rs`. */
const MOST_FILTER_ROWS = 1024;

/**
 * The words of `Convolution` in `src/convolution`.
 *
 * @throws {TrainingWasmError} `UNSUPPORTED_OPERATION`
 */
export function convolutionWords(info: backend_util.Conv2DInfo): readonly number[] {
  checkChannelsLast(info);
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

/** All that the form of a filter can depend on in the words at `convolution`: images are many or few. */
export function layoutOf({ memory }: Heap, convolution: number): string {
  return new Int32Array(memory.buffer, convolution, WORDS).subarray(1).join();
}

/**
 * The same, of a convolution that is pooled at once: the kernels keep a pointer for each of its filter's rows.
 *
 * @throws {TrainingWasmError} `UNSUPPORTED_OPERATION`
 */
export function pooledWords(info: backend_util.Conv2DInfo): readonly number[] {
  if (info.filterHeight > MOST_FILTER_ROWS) {
    throw new TrainingWasmError(
      "UNSUPPORTED_OPERATION",
      `Expected a filter of at most ${MOST_FILTER_ROWS} rows, but received ${info.filterHeight}. Use a smaller one.`,
    );
  }
  return convolutionWords(info);
}

/** @throws {TrainingWasmError} `UNSUPPORTED_OPERATION` */
export function checkChannelsLast({ dataFormat }: backend_util.Conv2DInfo): void {
  if (dataFormat === "channelsLast") return;
  throw new TrainingWasmError(
    "UNSUPPORTED_OPERATION",
    "Expected a convolution of NHWC tensors, but received NCHW. Transpose the tensors to channels last.",
  );
}
