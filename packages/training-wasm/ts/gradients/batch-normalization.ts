// The gradient of batch normalization by channel, by two sums over the batch. TensorFlow.js computes tensors of the
// batch's size for each of the five inputs.

import {
  add,
  mul,
  neg,
  reshape,
  rsqrt,
  scalar,
  sub,
  sum,
  type FusedBatchNormAttrs,
  type GradConfig,
  type Tensor,
} from "@tensorflow/tfjs-core";

/** How TensorFlow.js differentiates batch normalization: by `usual`, unless mean and variance are vectors. */
export function batchNormalizationGradient(usual: GradConfig): GradConfig {
  return {
    ...usual,
    gradFunc: (dys, saved, attributes) => {
      const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor | undefined | null];
      if (mean.rank !== 1) return usual.gradFunc(dys, saved, attributes);
      const dy = dys as Tensor;
      const rows = x.shape.slice(0, -1).map((_, axis) => axis);
      const inverse = rsqrt(add(variance, (attributes as unknown as FusedBatchNormAttrs).varianceEpsilon));
      const factor = scale === undefined || scale === null ? inverse : mul(inverse, scale);
      const total = sum(dy, rows);
      const product = sum(mul(dy, sub(x, mean)), rows);
      return {
        x: () => reshape(mul(dy, factor), x.shape),
        mean: () => neg(mul(total, factor)),
        variance: () => mul(mul(product, factor), mul(mul(inverse, inverse), scalar(-0.5))),
        scale: () => mul(product, inverse),
        offset: () => total,
      };
    },
  };
}
