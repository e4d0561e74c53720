// Batch normalization in training, by the statistics of its own batch, with its gradients.

import { engine, type GradConfig, type Tensor } from "@tensorflow/tfjs-core";

import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import type { Kernels } from "../kernels.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** Name of the kernel: `x`, `scale`, `offset` ─▶ the normalized `x`, and mean and variance of each channel. */
export const BATCH_NORM = "SilhouetteBatchNorm";

const BATCH_NORM_GRADIENT = "SilhouetteBatchNormGradient";

/** Attributes of {@link BATCH_NORM}. */
interface BatchNormAttributes {
  readonly epsilon: number;
}

/** The forward kernel and the one for all three gradients. The last axis of `x` is the channels. */
export function batchNorm(kernels: Kernels, heap: Heap): readonly Kernel[] {
  return [
    kernel<"x" | "scale" | "offset", BatchNormAttributes>(BATCH_NORM, ({ x, scale, offset }, { epsilon }) => {
      checkFloats(BATCH_NORM, [x, scale, offset]);
      const channels = sizeOf(scale);
      const rows = sizeOf(x) / channels;
      const [y, mean, variance] = [heap.output(x.shape), heap.output([channels]), heap.output([channels])];
      heap.lend(kernels.batch_norm_workspace(channels), (workspace) => {
        const [xAt, meanAt, varianceAt] = [heap.address(x), heap.address(mean), heap.address(variance)];
        const [scaleAt, offsetAt, yAt] = [heap.address(scale), heap.address(offset), heap.address(y)];
        kernels.batch_norm_statistics(rows, channels, xAt, meanAt, varianceAt, workspace);
        kernels.batch_norm(rows, channels, xAt, meanAt, varianceAt, scaleAt, offsetAt, epsilon, yAt, workspace);
      });
      return [y, mean, variance];
    }),

    kernel<"x" | "dy" | "mean" | "variance" | "scale", BatchNormAttributes>(
      BATCH_NORM_GRADIENT,
      ({ x, dy, mean, variance, scale }, { epsilon }) => {
        const channels = sizeOf(scale);
        const [dx, dScale, dOffset] = [heap.output(x.shape), heap.output([channels]), heap.output([channels])];
        heap.lend(kernels.batch_norm_workspace(channels), (workspace) => {
          kernels.batch_norm_gradient(
            sizeOf(x) / channels,
            channels,
            heap.address(x),
            heap.address(dy),
            heap.address(mean),
            heap.address(variance),
            heap.address(scale),
            epsilon,
            heap.address(dx),
            heap.address(dScale),
            heap.address(dOffset),
            workspace,
          );
        });
        return [dx, dScale, dOffset];
      },
    ),
  ];
}

/** How TensorFlow.js differentiates {@link BATCH_NORM}: mean and variance are told, not differentiated. */
export const batchNormGradient: GradConfig = {
  kernelName: BATCH_NORM,
  inputsToSave: ["x", "scale"],
  outputsToSave: [false, true, true],
  gradFunc: (dys, saved, attributes) => {
    const [x, scale, mean, variance] = saved as [Tensor, Tensor, Tensor, Tensor];
    const [dy] = dys as [Tensor, Tensor, Tensor];
    const gradients = engine().runKernel<[Tensor, Tensor, Tensor]>(
      BATCH_NORM_GRADIENT,
      { x, dy, mean, variance, scale },
      attributes,
    );
    return { x: () => gradients[0], scale: () => gradients[1], offset: () => gradients[2] };
  },
};
