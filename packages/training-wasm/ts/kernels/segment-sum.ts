// UnsortedSegmentSum, the gradient of looking up rows (tf.gather, embeddings), which stock TensorFlow.js lacks.

import { UnsortedSegmentSum, util, type UnsortedSegmentSumAttrs } from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "../errors.ts";
import { sizeOf, type Heap } from "../heap.ts";
import type { Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** `x` `[rows, ...]` and int32 `segmentIds` `[rows]` ─▶ `[segments, ...]`; rows of segments that do not exist are ignored. */
export function segmentSum(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"x" | "segmentIds", UnsortedSegmentSumAttrs>(
    UnsortedSegmentSum,
    ({ x, segmentIds }, { numSegments }) => {
      const isInteger = x.dtype === "int32";
      if ((!isInteger && x.dtype !== "float32") || segmentIds.dtype !== "int32") {
        throw new TrainingWasmError(
          "UNSUPPORTED_OPERATION",
          `Expected float32 or int32 values and int32 ids for ${UnsortedSegmentSum}, but received ${x.dtype} and ` +
            `${segmentIds.dtype}. Cast them with tf.cast.`,
        );
      }
      const [rows = 0, ...inner] = x.shape;
      util.assertShapesMatch(segmentIds.shape, [rows], `Error in ${UnsortedSegmentSum}: segmentIds and x: `);
      const sums = heap.output([numSegments, ...inner], x.dtype);
      const width = util.sizeFromShape(inner);
      if (sizeOf(sums) === 0) return sums;
      const addresses = [heap.address(x), heap.address(segmentIds), heap.address(sums)] as const;
      const name = isInteger ? "segment_sum_int" : "segment_sum_float";
      kernels.functions[name](rows, width, numSegments, ...addresses);
      return sums;
    },
  );
}
