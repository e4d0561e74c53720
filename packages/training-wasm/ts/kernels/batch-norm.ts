// Batch normalization by the batch's own statistics, with one kernel for all of its gradients.

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
      const [xAt, meanAt, varianceAt] = [heap.address(x), heap.address(mean), heap.address(variance)];
      const [scaleAt, offsetAt, yAt] = [heap.address(scale), heap.address(offset), heap.address(y)];
      const { functions } = kernels;
      const parts = functions.row_sums_parts(rows);
      heap.lend(sumsBytes(parts, channels), (moments) => {
        const workspaceBytes = functions.batch_norm_workspace(channels);
        kernels.run("batch_norm_statistics", parts, workspaceBytes, rows, channels, xAt, moments);
        functions.batch_norm_total_statistics(parts, rows, channels, moments, meanAt, varianceAt);
      });
      const parameters = [meanAt, varianceAt, scaleAt, offsetAt] as const;
      kernels.run("batch_norm", parts, bytesOf(channels), rows, channels, xAt, ...parameters, epsilon, yAt);
      return [y, mean, variance];
    }),

    kernel<"x" | "dy" | "mean" | "variance" | "scale", BatchNormAttributes>(
      BATCH_NORM_GRADIENT,
      ({ x, dy, mean, variance, scale }, { epsilon }) => {
        const channels = sizeOf(scale);
        const [dx, dScale, dOffset] = [heap.output(x.shape), heap.output([channels]), heap.output([channels])];
        const rows = sizeOf(x) / channels;
        const parts = kernels.functions.row_sums_parts(rows);
        const [xAt, dyAt, meanAt] = [heap.address(x), heap.address(dy), heap.address(mean)];
        const [varianceAt, scaleAt, dxAt] = [heap.address(variance), heap.address(scale), heap.address(dx)];
        const [dScaleAt, dOffsetAt] = [heap.address(dScale), heap.address(dOffset)];
        heap.lend(sumsBytes(parts, channels), (sums) => {
          const workspaceBytes = kernels.functions.batch_norm_workspace(channels);
          kernels.run("batch_norm_gradient_sums", parts, workspaceBytes, rows, channels, xAt, dyAt, meanAt, sums);
          heap.lend(3 * bytesOf(channels), (coefficients) => {
            const gradients = [coefficients, dScaleAt, dOffsetAt] as const;
            const parameters = [varianceAt, scaleAt, epsilon] as const;
            kernels.functions.batch_norm_coefficients(parts, rows, channels, sums, ...parameters, ...gradients);
            kernels.run("batch_norm_input_gradient", parts, 0, rows, channels, xAt, dyAt, meanAt, coefficients, dxAt);
          });
        });
        return [dx, dScale, dOffset];
      },
    ),
  ];
}

/** How TensorFlow.js differentiates {@link BATCH_NORM}: mean and variance have no gradient. */
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

/** Bytes of a part's two sums per channel. */
function sumsBytes(parts: number, channels: number): number {
  return parts * 2 * channels * Float64Array.BYTES_PER_ELEMENT;
}

function bytesOf(channels: number): number {
  return channels * Float32Array.BYTES_PER_ELEMENT;
}
