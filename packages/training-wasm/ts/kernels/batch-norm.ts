// Batch normalization: in training, by the batch's own statistics, with gradients; and by given statistics, for which
// stock TensorFlow.js computes a division and a root per number.

import {
  engine,
  FusedBatchNorm,
  type FusedBatchNormAttrs,
  type GradConfig,
  type KernelFunc,
  type Tensor,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

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

/**
 * Normalization by given means and variances, if all parameters have one number per place of the last axis; the stock
 * kernel broadcasts others. Scale and offset default to 1 and 0.
 */
export function fusedBatchNorm(kernels: Kernels, heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"x" | "mean" | "variance" | "scale" | "offset", FusedBatchNormAttrs>(
    FusedBatchNorm,
    (inputs, attributes) => {
      const { x, mean, variance } = inputs;
      // Despite their types, these may be left out.
      const { scale, offset } = inputs as Partial<typeof inputs>;
      const channels = x.shape.at(-1) ?? 1;
      const parameters = [mean, variance, scale, offset].filter((each) => each !== undefined && each !== null);
      const isByChannel = parameters.every((each) => each.dtype === "float32" && sizeOf(each) === channels);
      if (x.dtype !== "float32" || !isByChannel || sizeOf(x) === 0)
        return stock({ inputs: { ...inputs }, attrs: { ...attributes }, backend: heap.backend });
      const y = heap.output(x.shape);
      const rows = sizeOf(x) / channels;
      const parts = kernels.functions.row_sums_parts(rows);
      heap.lend(2 * bytesOf(channels), (defaults) => {
        const at = (tensor: TensorInfo | undefined, value: number, place: number): number => {
          if (tensor !== undefined && tensor !== null) return heap.address(tensor);
          const address = defaults + place * bytesOf(channels);
          new Float32Array(heap.memory.buffer, address, channels).fill(value);
          return address;
        };
        const addresses = [heap.address(mean), heap.address(variance), at(scale, 1, 0), at(offset, 0, 1)] as const;
        const [xAt, yAt] = [heap.address(x), heap.address(y)];
        const { varianceEpsilon } = attributes;
        kernels.run("batch_norm", parts, bytesOf(channels), rows, channels, xAt, ...addresses, varianceEpsilon, yAt);
      });
      return y;
    },
  );
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
