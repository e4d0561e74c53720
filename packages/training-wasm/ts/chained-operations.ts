// Operations as methods of tensors: `x.mul(2)` for `tf.mul(x, 2)`. tf.layers calls some of them, but only
// @tensorflow/tfjs registers them; @tensorflow/tfjs-core alone does not. Its own file for that is not a module that
// Node.js can load, and would bring a second copy of the core.

import * as operations from "@tensorflow/tfjs-core";
import { Tensor, type DataType, type TensorLike } from "@tensorflow/tfjs-core";

/** Operations whose first argument is the tensor, as TensorFlow.js 4.22 registers them. */
const NAMES = `
  abs acos acosh add all any argMax argMin asin asinh atan atan2 atanh avgPool batchNorm batchToSpaceND
  broadcastTo cast ceil clipByValue conv1d conv2d conv2dTranspose cos cosh cumprod cumsum depthToSpace
  depthwiseConv2d dilation2d div divNoNan dot elu equal erf euclideanNorm exp expandDims expm1 fft floor floorDiv
  gather greater greaterEqual ifft irfft isFinite isInf isNaN leakyRelu less lessEqual localResponseNormalization
  log log1p logSigmoid logSoftmax logSumExp logicalAnd logicalNot logicalOr logicalXor matMul max maxPool maximum
  mean min minimum mirrorPad mod mul neg norm notEqual oneHot onesLike pad pool pow prelu prod reciprocal relu
  relu6 reshape reverse rfft round rsqrt selu separableConv2d sigmoid sign sin sinh slice softmax softplus
  spaceToBatchND split sqrt square squaredDifference squeeze step stridedSlice sub sum tan tanh tile topk
  transpose unique unsortedSegmentSum unstack zerosLike
`;

type Operation = (...args: unknown[]) => unknown;

/** Methods that are more than an operation with the tensor as its first argument. */
const OTHERS: Readonly<Record<string, (x: Tensor, ...args: never[]) => unknown>> = {
  as1D: (x) => operations.reshape(x, [x.size]),
  as2D: (x, ...shape: number[]) => operations.reshape(x, shape),
  as3D: (x, ...shape: number[]) => operations.reshape(x, shape),
  as4D: (x, ...shape: number[]) => operations.reshape(x, shape),
  as5D: (x, ...shape: number[]) => operations.reshape(x, shape),
  asScalar: (x) => operations.reshape(x, []),
  asType: (x, dtype: DataType) => operations.cast(x, dtype),
  concat: (x, others: Tensor | Tensor[], axis?: number) => operations.concat([x, ...[others].flat()], axis),
  flatten: (x) => operations.reshape(x, [x.size]),
  reshapeAs: (x, { shape }: Tensor) => operations.reshape(x, shape),
  resizeBilinear: (x, ...args: never[]) => (operations.image.resizeBilinear as Operation)(x, ...args),
  resizeNearestNeighbor: (x, ...args: never[]) => (operations.image.resizeNearestNeighbor as Operation)(x, ...args),
  stack: (x, others: Tensor | Tensor[], axis?: number) => operations.stack([x, ...[others].flat()], axis),
  toBool: (x) => operations.cast(x, "bool"),
  toFloat: (x) => operations.cast(x, "float32"),
  toInt: (x) => operations.cast(x, "int32"),
  where: (x, condition: Tensor, other: Tensor | TensorLike) => operations.where(condition, x, other),
};

/** Adds the methods that tensors lack. */
export function registerChainedOperations(): void {
  const byName = operations as unknown as Readonly<Record<string, Operation>>;
  const plain = NAMES.trim()
    .split(/\s+/)
    .map((name) => [name, byName[name]] as const);
  for (const [name, compute] of [...plain, ...Object.entries(OTHERS as Readonly<Record<string, Operation>>)]) {
    if (compute === undefined || name in Tensor.prototype) continue;
    Object.defineProperty(Tensor.prototype, name, {
      configurable: true,
      writable: true,
      value(this: Tensor, ...args: unknown[]): unknown {
        // As TensorFlow.js' own methods do.
        (this as unknown as { throwIfDisposed(): void }).throwIfDisposed();
        return compute(this, ...args);
      },
    });
  }
}
