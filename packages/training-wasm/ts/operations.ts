// The operations that this package adds to TensorFlow.js, with their gradients.

import { engine, util, type Tensor, type Tensor1D, type Tensor4D } from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "./errors.ts";
import { BATCH_NORM } from "./kernels/batch-norm.ts";
import { CONV_POOL } from "./kernels/conv-pool.ts";

/**
 * A valid convolution with stride 1, plus bias, ReLU, and the maximum over 2 x 2 windows with stride 2, as
 * `tf.maxPool(tf.relu(tf.add(tf.conv2d(x, filter, 1, "valid"), bias)), 2, 2, "valid")` gives them. The map before pooling
 * is never held: memory falls to a quarter, in the backward pass too. Has gradients for all three inputs. It is fastest
 * for a filter of 3 x 3 on one channel whose values are 0 and 1.
 *
 * Call {@link enableTraining} first; inputs and result are float32.
 *
 * @param x `[batch, height, width, in]`
 * @param filter `[filter height, filter width, in, out]`, `out` a multiple of 4
 * @param bias `[out]`
 * @returns `[batch, ⌊(height - filter height + 1) / 2⌋, ⌊(width - filter width + 1) / 2⌋, out]`
 * @throws {TrainingWasmError} `UNSUPPORTED_OPERATION` for another number of channels or another dtype; `OUT_OF_MEMORY`
 * @throws {Error} of TensorFlow.js for shapes that do not fit each other
 * @example
 * import { convReluMaxPool, enableTraining } from "@silhouette/training-wasm";
 * import { randomNormal, zeros } from "@tensorflow/tfjs-core";
 *
 * await enableTraining();
 * const y = convReluMaxPool(randomNormal([50, 300, 300, 1]), randomNormal([3, 3, 1, 32]), zeros([32]));
 * console.log(y.shape); // [50, 149, 149, 32]
 */
export function convReluMaxPool(x: Tensor4D, filter: Tensor4D, bias: Tensor1D): Tensor4D {
  const channels = filter.shape[3];
  if (channels % 4 !== 0) {
    throw new TrainingWasmError(
      "UNSUPPORTED_OPERATION",
      `Expected a multiple of 4 output channels for convReluMaxPool, but received ${channels}. Use tf.conv2d and ` +
        "tf.maxPool instead.",
    );
  }
  util.assertShapesMatch(bias.shape, [channels], "Error in convReluMaxPool: bias and filter: ");
  util.assertShapesMatch([x.shape[3]], [filter.shape[2]], "Error in convReluMaxPool: channels of x and filter: ");
  util.assert(
    x.shape[1] >= filter.shape[0] && x.shape[2] >= filter.shape[1],
    () => `Error in convReluMaxPool: x ${x.shape.join(" x ")} is smaller than the filter ${filter.shape.join(" x ")}`,
  );
  return engine().runKernel<[Tensor4D]>(CONV_POOL, { x, filter, bias })[0];
}

/**
 * What {@link batchNormInTraining} gives. The tensors are the caller's to dispose.
 *
 * @typeParam T rank of `x` and `y`
 */
export interface BatchNormalized<T extends Tensor> {
  /** Normalized, of the shape of `x`. */
  readonly y: T;
  /** `[channels]`, without a gradient. */
  readonly mean: Tensor1D;
  /** `[channels]`, without a gradient: the mean of the squared distances from the mean. */
  readonly variance: Tensor1D;
}

/**
 * Batch normalization by the statistics of `x` itself, as in training (Ioffe and Szegedy 2015):
 *
 *     y = scale (x - mean) / √(variance + epsilon) + offset
 *
 * Has gradients of `y` for `x`, `scale` and `offset`. Call {@link enableTraining} first; inputs and results are float32.
 *
 * @typeParam T rank of `x`
 * @param x `[..., channels]`, normalized over all axes but the last
 * @param scale `[channels]`
 * @param offset `[channels]`
 * @param epsilon added to the variance: 0 or more
 * @throws {TrainingWasmError} `UNSUPPORTED_OPERATION` for another dtype; `OUT_OF_MEMORY`
 * @throws {Error} of TensorFlow.js for shapes that do not fit each other
 * @example
 * import { batchNormInTraining, enableTraining } from "@silhouette/training-wasm";
 * import { ones, randomNormal, zeros } from "@tensorflow/tfjs-core";
 *
 * await enableTraining();
 * const { y, mean, variance } = batchNormInTraining(randomNormal([50, 149, 149, 32]), ones([32]), zeros([32]), 0.001);
 */
export function batchNormInTraining<T extends Tensor>(
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  epsilon: number,
): BatchNormalized<T> {
  const channels = x.shape.slice(-1);
  util.assertShapesMatch(scale.shape, channels, "Error in batchNormInTraining: scale and x: ");
  util.assertShapesMatch(offset.shape, channels, "Error in batchNormInTraining: offset and x: ");
  const [y, mean, variance] = engine().runKernel<[T, Tensor1D, Tensor1D]>(
    BATCH_NORM,
    { x, scale, offset },
    { epsilon },
  );
  return { y, mean, variance };
}
