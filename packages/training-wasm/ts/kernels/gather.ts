// Slices that are picked by their indices.

import { backend_util, GatherV2, util, type GatherV2Attrs, type KernelFunc } from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "../errors.ts";
import { sizeOf, type Heap } from "../heap.ts";
import { partsOf, partsOfElements, type Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** Of tensors of any dtype; those of strings are left to the stock kernel. */
export function gather(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x" | "indices", GatherV2Attrs>(GatherV2, ({ x, indices }, attributes) => {
    if (x.dtype === "string") return stock({ inputs: { x, indices }, attrs: { ...attributes }, backend: heap.backend });
    const [axis = 0] = util.parseAxisParam(attributes.axis, x.shape);
    const info = backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, attributes.batchDims);
    const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
    if (sizeOf(x) === 0 && util.sizeFromShape(outputShape) > 0) {
      throw new TrainingWasmError(
        "UNSUPPORTED_OPERATION",
        `Expected no indices for ${GatherV2} along an empty axis, but received ${sizeOf(indices)}. Leave empty tensors out.`,
      );
    }
    for (const index of heap.backend.typedArrayFromHeap(indices)) {
      const isWithin = index >= 0 && index < dimSize;
      util.assert(isWithin, () => `GatherV2: the index value ${index} is not in [0, ${dimSize - 1}]`);
    }
    const y = heap.output(outputShape, x.dtype);
    const size = sizeOf(y);
    if (size === 0) return y;
    const count = sizeOf(indices) / batchSize;
    const outer = batchSize * outerSize;
    // The words of `Gather` in `src/runs.rs`.
    heap.lendWords([outer, outerSize, dimSize, count, sliceSize * util.bytesPerElement(x.dtype)], (words) => {
      const parts = Math.min(partsOf(outer * count), partsOfElements(size));
      kernels.run("gather", parts, 0, words, heap.address(x), heap.address(indices), heap.address(y));
    });
    return y;
  });
}
