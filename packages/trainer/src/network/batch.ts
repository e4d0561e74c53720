// Pictures and their labels as tensors.

import { cast, tensor2d, tensor4d, tidy, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";

import type { PictureSet } from "../dataset/picture-set.ts";
import { smoothed } from "./label-smoothing.ts";

/** Input of a step. Dispose of both tensors after use. */
export interface Batch {
  /** `[batch, height, width, 1]`: 0 or 1. */
  readonly pictures: Tensor4D;
  /** `[batch, classes]`: one-hot labels, smoothed, times the weight of the class. */
  readonly labels: Tensor2D;
}

/** Changes to a batch for a training step. */
export interface BatchChanges {
  /** For each class, the value to use instead of 1 in one-hot labels. */
  readonly classWeights: Float32Array;
  /** Share of each label that is spread over all classes: 0 to 1, 1 excluded. */
  readonly labelSmoothing: number;
  /** Transforms the pixels `[batch, height, width]`; may change them in place. */
  readonly augment: (pixels: Uint8Array) => Uint8Array;
}

/** Calls `use` with the pictures `indices` of `set` as tensors, and frees them afterwards. */
export function withBatch<Result>(
  set: PictureSet,
  indices: Int32Array,
  use: (batch: Batch) => Result,
  changes?: BatchChanges,
): Result {
  const { length } = indices;
  const shape: Tensor4D["shape"] = [length, set.height, set.width, 1];
  // One byte per pixel is a quarter of the data to copy to the backend.
  const pixels = set.pixels(indices);
  const bytes = changes === undefined ? pixels : changes.augment(pixels);
  const pictures = tidy(() => cast(tensor4d(bytes, shape, "bool"), "float32"));
  const classes = set.labels.length;
  const hot = set.oneHot(indices, changes?.classWeights);
  const labels = tensor2d(smoothed(hot, classes, changes?.labelSmoothing ?? 0), [length, classes]);
  try {
    return use({ pictures, labels });
  } finally {
    pictures.dispose();
    labels.dispose();
  }
}

/** Number of pictures to compute at once. */
export interface PartSize {
  /** Pictures per part; the last part may be smaller. */
  readonly batch: number;
  /** A last part of fewer pictures is merged into the previous one. Default: 1, which never merges parts. */
  readonly min?: number;
}

/** Splits `order` into parts. */
export function* partsOf(order: Int32Array, size: PartSize): Generator<Int32Array, void, undefined> {
  const parts = partCount(order.length, size);
  for (let part = 0; part < parts; part++) {
    const end = part === parts - 1 ? order.length : (part + 1) * size.batch;
    yield order.subarray(part * size.batch, end);
  }
}

/** Number of parts for so many pictures. */
export function partCount(pictures: number, { batch, min = 1 }: PartSize): number {
  const whole = Math.floor(pictures / batch);
  return pictures % batch >= min || whole === 0 ? Math.ceil(pictures / batch) : whole;
}
