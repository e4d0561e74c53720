// Pictures and their labels as tensors.

import { cast, tensor2d, tensor4d, tidy, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";

import type { PictureSet } from "../dataset/picture-set.ts";

/** What a step is computed on. Dispose both after use. */
export interface Batch {
  /** `[batch, height, width, 1]`: 0 or 1. */
  readonly pictures: Tensor4D;
  /** `[batch, classes]`: one-hot, times the weight of the class. */
  readonly labels: Tensor2D;
}

/** How the pictures of a training step differ from those of the set. */
export interface BatchChanges {
  /** Of each class: what stands for 1 in the one-hot labels. */
  readonly classWeights: Float32Array;
  /** What becomes of the pixels `[batch, height, width]`, which it may change in place. */
  readonly augment: (pixels: Uint8Array) => Uint8Array;
}

/** The pictures `indices` of `set`, handed to `use` and freed after it. */
export function withBatch<Result>(
  set: PictureSet,
  indices: Int32Array,
  use: (batch: Batch) => Result,
  changes?: BatchChanges,
): Result {
  const { length } = indices;
  const shape: Tensor4D["shape"] = [length, set.height, set.width, 1];
  // A byte a pixel is a quarter of what the backend would have to take over.
  const pixels = set.pixels(indices);
  const bytes = changes === undefined ? pixels : changes.augment(pixels);
  const pictures = tidy(() => cast(tensor4d(bytes, shape, "bool"), "float32"));
  const labels = tensor2d(set.oneHot(indices, changes?.classWeights), [length, set.labels.length]);
  try {
    return use({ pictures, labels });
  } finally {
    pictures.dispose();
    labels.dispose();
  }
}

/** How many pictures are computed at once. */
export interface PartSize {
  /** Pictures of a part; the last may be smaller. */
  readonly batch: number;
  /** A last part of fewer pictures joins the one before it. Default 1: every part stands for itself. */
  readonly least?: number;
}

/** `order` in parts. */
export function* partsOf(order: Int32Array, size: PartSize): Generator<Int32Array, void, undefined> {
  const parts = partCount(order.length, size);
  for (let part = 0; part < parts; part++) {
    const end = part === parts - 1 ? order.length : (part + 1) * size.batch;
    yield order.subarray(part * size.batch, end);
  }
}

/** How many parts `pictures` pictures come in. */
export function partCount(pictures: number, { batch, least = 1 }: PartSize): number {
  const whole = Math.floor(pictures / batch);
  return pictures % batch >= least || whole === 0 ? Math.ceil(pictures / batch) : whole;
}
