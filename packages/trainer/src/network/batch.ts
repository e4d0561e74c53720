// Pictures and their labels as tensors.

import { add, cast, mul, tensor2d, tensor4d, tidy, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";

import type { NetworkInput } from "../dataset/network-input.ts";
import type { LoadedPictures } from "../dataset/loaded-pictures.ts";
import type { View } from "../dataset/view.ts";
import { smoothed } from "./label-smoothing.ts";

/** Input of a step. Dispose of both tensors after use. */
export interface Batch {
  /** `[batch, height, width, channels]`: 0 and 1, or -1 to 1. See `NetworkInput`. */
  readonly pictures: Tensor4D;
  /** `[batch, classes]`: one-hot labels, smoothed, times the weight of the class. */
  readonly labels: Tensor2D;
}

/** Changes to a batch. */
export interface BatchChanges {
  /** For each class, the value to use instead of 1 in one-hot labels. */
  readonly classWeights?: Float32Array;
  /** Share of each label that is spread over all classes: 0 to 1, 1 excluded. Default 0. */
  readonly labelSmoothing?: number;
  /** The view of each picture, in order. Default: the whole picture as it is. */
  readonly view?: () => View;
}

/** Calls `use` with `loaded` pictures as tensors, and frees them afterwards. */
export function withBatch<Result>(
  loaded: LoadedPictures,
  use: (batch: Batch) => Result,
  { classWeights, labelSmoothing = 0, view }: BatchChanges = {},
): Result {
  const { size } = loaded;
  const pictures = pictureTensor(loaded.input, loaded.pixels(view));
  const classes = loaded.labels.length;
  const labels = tensor2d(smoothed(loaded.oneHot(classWeights), classes, labelSmoothing), [size, classes]);
  try {
    return use({ pictures, labels });
  } finally {
    pictures.dispose();
    labels.dispose();
  }
}

/** What a network gets for the bytes of pictures, `[batch, height, width, channels]`. Dispose of it after use. */
export function pictureTensor(
  { width, height, channels, scale, offset, white }: NetworkInput,
  bytes: Uint8Array,
): Tensor4D {
  const shape: Tensor4D["shape"] = [bytes.length / (width * height * channels), height, width, channels];
  return tidy(() => {
    // One byte per pixel is a quarter of the data to copy to the backend; other values than 0 and 1 are not booleans.
    const pixels =
      white === 1 ? cast(tensor4d(bytes, shape, "bool"), "float32") : tensor4d(Float32Array.from(bytes), shape);
    return offset === 0 ? pixels : add<Tensor4D>(mul(pixels, scale), offset);
  });
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
