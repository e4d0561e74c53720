// Softmax along the last axis.

import { Softmax, type SoftmaxAttrs } from "@tensorflow/tfjs-core";

import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import { partsOf, partsOfElements, type Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** A row with a NaN, with ∞ or of -∞ alone is NaN. */
export function softmax(kernels: Kernels, heap: Heap): Kernel {
  return kernel<"logits", SoftmaxAttrs>(Softmax, ({ logits: x }, { dim }) => {
    checkFloats(Softmax, [x]);
    const y = heap.output(x.shape);
    const size = sizeOf(x);
    if (size === 0) return y;
    const width = x.shape[dim] ?? 1;
    const rows = size / width;
    const parts = Math.min(partsOf(rows), partsOfElements(size));
    kernels.run("softmax", parts, 0, rows, width, heap.address(x), heap.address(y));
    return y;
  });
}
