// The gradient of batch normalization, by two sums over the batch. TensorFlow.js computes tensors of the batch's size for
// each of the five inputs.

import {
  add,
  broadcast_util,
  FusedBatchNorm,
  mul,
  neg,
  reshape,
  rsqrt,
  sub,
  sum,
  type FusedBatchNormAttrs,
  type GradConfig,
  type Tensor,
} from "@tensorflow/tfjs-core";

/** How TensorFlow.js differentiates batch normalization. */
export const batchNormalizationGradient: GradConfig = {
  kernelName: FusedBatchNorm,
  inputsToSave: ["x", "mean", "variance", "scale"],
  gradFunc: (dys, saved, attributes) => {
    const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor | undefined | null];
    const dy = dys as Tensor;
    const axes = broadcast_util.getReductionAxes(mean.shape, x.shape);
    const summed = (each: Tensor): Tensor => (axes.length === 0 ? each : reshape(sum(each, axes), mean.shape));
    const inverse = rsqrt(add(variance, (attributes as unknown as FusedBatchNormAttrs).varianceEpsilon));
    const factor = scale === undefined || scale === null ? inverse : mul(inverse, scale);
    const total = summed(dy);
    const product = summed(mul(dy, sub(x, mean)));
    return {
      x: () => mul(dy, factor),
      mean: () => neg(mul(total, factor)),
      variance: () => mul(mul(product, factor), mul(mul(inverse, inverse), -0.5)),
      scale: () => mul(product, inverse),
      offset: () => total,
    };
  },
};
