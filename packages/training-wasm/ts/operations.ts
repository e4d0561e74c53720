// The operations that this package adds to TensorFlow.js, with their gradients.

import { engine, util, type Tensor, type Tensor1D, type Tensor4D } from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "./errors.ts";
import { ADAM, ARE_FINITE, type AdamAttributes } from "./kernels/adam.ts";
import { BATCH_NORM } from "./kernels/batch-norm.ts";
import { CONV_POOL } from "./kernels/conv-pool.ts";
import { checkOptionNames } from "./option-names.ts";

/**
 * A valid convolution with stride 1, plus bias, ReLU, and the maximum over 2 x 2 windows with stride 2, equal to
 * `tf.maxPool(tf.relu(tf.add(tf.conv2d(x, filter, 1, "valid"), bias)), 2, 2, "valid")`. The map before pooling is never
 * stored, which reduces memory to a quarter, also in the backward pass. Has gradients for all three inputs. It is
 * fastest for a 3x3 filter on one channel with values 0 and 1.
 *
 * Call {@link enableTraining} first; inputs and result are float32.
 *
 * @param x `[batch, height, width, in]`
 * @param filter `[filter height, filter width, in, out]`, `out` a multiple of 4
 * @param bias `[out]`
 * @returns `[batch, ⌊(height - filter height + 1) / 2⌋, ⌊(width - filter width + 1) / 2⌋, out]`
 * @throws {TrainingWasmError} `UNSUPPORTED_OPERATION` for another number of channels or another dtype; `OUT_OF_MEMORY`
 * @throws {Error} of TensorFlow.js for shapes that do not match
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
 * Result of {@link batchNormInTraining}. The caller disposes of the tensors.
 *
 * @typeParam T rank of `x` and `y`
 */
export interface BatchNormalized<T extends Tensor> {
  /** The normalized `x`, with its shape. */
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
 * Has gradients of `y` for `x`, `scale` and `offset`. Call {@link enableTraining} first; inputs and results are
 * float32.
 *
 * @typeParam T rank of `x`
 * @param x `[..., channels]`, normalized over all axes but the last
 * @param scale `[channels]`
 * @param offset `[channels]`
 * @param epsilon added to the variance: 0 or more
 * @throws {TrainingWasmError} `UNSUPPORTED_OPERATION` for another dtype; `OUT_OF_MEMORY`
 * @throws {Error} of TensorFlow.js for shapes that do not match
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

/** Constants of {@link adamStep}, by the names of its formula. */
export interface AdamSettings {
  /** α. */
  readonly learningRate: number;
  /** 0 to 1, 1 excluded. */
  readonly beta1: number;
  /** 0 to 1, 1 excluded. */
  readonly beta2: number;
  /** ε. */
  readonly epsilon: number;
}

/**
 * A weight and its moments, before or after {@link adamStep}. The caller disposes of the tensors.
 *
 * @typeParam T the tensors' rank
 */
export interface AdamStepped<T extends Tensor> {
  /** θ. */
  readonly value: T;
  /** First moments. */
  readonly m: T;
  /** Second moments. */
  readonly v: T;
}

/**
 * Step `step` of Adam (Kingma and Ba 2015, algorithm 1) for one weight tensor θ with the moments m and v and the
 * gradient g:
 *
 *     m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  θ ← θ - α m̂ / (√v̂ + ε)
 *     m̂ = m / (1 - β₁ᵗ),  v̂ = v / (1 - β₂ᵗ)
 *
 * In one kernel instead of a dozen. The inputs are unchanged. Has no gradient. Call {@link enableTraining} first;
 * inputs and results are float32.
 *
 * @typeParam T the tensors' rank
 * @param weight θ, m and v before the step: m and v are 0 before the first
 * @param gradient g
 * @param step t: 1 for the first
 * @throws {TrainingWasmError} `UNSUPPORTED_OPERATION` for another dtype; `OUT_OF_MEMORY`
 * @throws {Error} of TensorFlow.js for shapes that differ
 * @throws {RangeError} for a step that is not a whole number of 1 or more, or an unknown setting
 * @example
 * import { adamStep, enableTraining } from "@silhouette/training-wasm";
 * import { randomNormal, zeros } from "@tensorflow/tfjs-core";
 *
 * await enableTraining();
 * const settings = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
 * const weight = { value: randomNormal([3, 3]), m: zeros([3, 3]), v: zeros([3, 3]) };
 * const { value, m, v } = adamStep(weight, randomNormal([3, 3]), 1, settings);
 */
export function adamStep<T extends Tensor>(
  { value, m, v }: AdamStepped<T>,
  gradient: T,
  step: number,
  settings: AdamSettings,
): AdamStepped<T> {
  checkOptionNames("adamStep", settings, ["learningRate", "beta1", "beta2", "epsilon"]);
  const { learningRate, beta1, beta2, epsilon } = settings;
  if (!(Number.isInteger(step) && step >= 1))
    throw new RangeError(`Expected step to be a whole number of 1 or more, but received ${step}`);
  for (const each of [m, v, gradient]) util.assertShapesMatch(each.shape, value.shape, "Error in adamStep: ");
  const attributes: AdamAttributes = {
    beta1,
    beta2,
    rate: learningRate / (1 - beta1 ** step),
    correction: 1 / (1 - beta2 ** step),
    epsilon,
  };
  const [nextValue, nextM, nextV] = engine().runKernel<[T, T, T]>(ADAM, { value, m, v, gradient }, { ...attributes });
  return { value: nextValue, m: nextM, v: nextV };
}

/**
 * Whether all numbers of all tensors are finite: none is NaN or infinite. Applied to gradients, it detects that
 * training has diverged before they change a weight, without copying them. Call {@link enableTraining} first; the
 * tensors are float32.
 *
 * @throws {TrainingWasmError} `UNSUPPORTED_OPERATION` for another dtype
 * @example
 * import { areFinite, enableTraining } from "@silhouette/training-wasm";
 * import { ones, scalar } from "@tensorflow/tfjs-core";
 *
 * await enableTraining();
 * console.log(areFinite([ones([2, 3]), scalar(Number.NaN)])); // false
 */
export function areFinite(tensors: readonly Tensor[]): boolean {
  const result = engine().runKernel<Tensor>(ARE_FINITE, Object.fromEntries(tensors.entries()));
  const [areAll] = result.dataSync();
  result.dispose();
  return areAll === 1;
}
