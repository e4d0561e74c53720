// Tensors with the values of another one: Identity, which stock TensorFlow.js copies, so that every tensor that is kept
// for a gradient would be stored twice; and Reshape.

import { Identity, Reshape, util, type ReshapeAttrs } from "@tensorflow/tfjs-core";

import { sizeOf, type Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** The same values under a second reference; they are freed with the last one. Nothing is computed. */
export function sharing(heap: Heap): readonly Kernel[] {
  return [
    kernel<"x">(Identity, ({ x }) => heap.share(x, x.shape)),
    kernel<"x", ReshapeAttrs>(Reshape, ({ x }, attributes) => {
      const shape = util.inferFromImplicitShape(attributes.shape, sizeOf(x));
      util.assert(
        sizeOf(x) === util.sizeFromShape(shape),
        () =>
          `new shape: ${shape.join()}, old shape: ${x.shape.join()}. New shape and old shape must have the same ` +
          "number of elements.",
      );
      return heap.share(x, shape);
    }),
  ];
}
