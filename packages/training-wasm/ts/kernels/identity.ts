// Identity, by sharing: stock TensorFlow.js copies, so every tensor that is kept for a gradient would be stored twice.

import { Identity } from "@tensorflow/tfjs-core";

import type { Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** The same values under a second reference; they are freed with the last one. */
export function identity({ backend }: Heap): Kernel {
  return kernel<"x">(Identity, ({ x: { dataId, shape, dtype } }) => {
    backend.incRef(dataId);
    return { dataId, shape, dtype };
  });
}
