// Pictures and their labels as tensors.

import { cast, tensor2d, tensor4d, tidy, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";

import type { PictureSet } from "./picture-set.ts";

/** What a step is computed on. Dispose both after use. */
export interface Batch {
  /** `[batch, height, width, 1]`: 0 or 1. */
  readonly pictures: Tensor4D;
  /** `[batch, classes]`: one-hot. */
  readonly labels: Tensor2D;
}

/** The pictures `indices` of `set`, handed to `use` and freed after it. */
export function withBatch<Result>(set: PictureSet, indices: Int32Array, use: (batch: Batch) => Result): Result {
  const { length } = indices;
  const shape: Tensor4D["shape"] = [length, set.height, set.width, 1];
  // A byte a pixel is a quarter of what the backend would have to take over.
  const pictures = tidy(() => cast(tensor4d(set.pixels(indices), shape, "bool"), "float32"));
  const labels = tensor2d(set.oneHot(indices), [length, set.labels.length]);
  try {
    return use({ pictures, labels });
  } finally {
    pictures.dispose();
    labels.dispose();
  }
}

/** `order` in parts of `size`; the last may be smaller. */
export function* partsOf(order: Int32Array, size: number): Generator<Int32Array, void, undefined> {
  for (let first = 0; first < order.length; first += size) yield order.subarray(first, first + size);
}
