// Forward convolutions of channels last, of every shape: 3x3 ones by Winograd's method where it applies, others
// directly, and depthwise ones.

import type { backend_util } from "@tensorflow/tfjs-core";

import { convolutionWords, layoutOf } from "../convolution-words.ts";
import type { TensorData } from "../deferred.ts";
import type { Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
import { ACTIVATION_CODES, type FusedActivation } from "./fused.ts";
import { isWinograd, withTransformedFilter, type Direction } from "./winograd.ts";

/** What follows the sums of a convolution, in this order. */
export interface Epilogue {
  /** One number per output channel. */
  readonly bias?: TensorData;
  /** Means, factors and offsets of {@link normalizationShape}: `(x - mean) factor + offset`. */
  readonly normalization?: TensorData;
  readonly activation: FusedActivation;
}

/** The shape of a normalization: three rows of a number per channel, padded to eight. */
export function normalizationShape(channels: number): readonly [rows: number, width: number] {
  return [3, Math.ceil(channels / 8) * 8];
}

/**
 * Computes a convolution of float32 tensors: `x`, given by its address, `[batch, height, width, in]`, `filter`
 * `[filter height, filter width, in, out]`, or `[..., in, multiplier]` if it is depthwise. Which kernels compute it
 * depends on the shapes alone. Empty tensors are allowed.
 *
 * @param y address of `info.outShape`, which is written
 * @throws {TrainingWasmError} `UNSUPPORTED_OPERATION` if `info` is of channels first, `OUT_OF_MEMORY`
 */
export function convolve(
  kernels: Kernels,
  heap: Heap,
  info: backend_util.Conv2DInfo,
  isDepthwise: boolean,
  x: number,
  filter: TensorData,
  epilogue: Epilogue,
  y: number,
): void {
  heap.lendWords(convolutionWords(info), (convolution) => {
    if (info.outShape.includes(0)) return;
    const { bias, normalization, activation } = epilogue;
    const biasAt = bias?.memoryOffset ?? 0;
    const following = [normalization?.memoryOffset ?? 0, ACTIVATION_CODES[activation]] as const;
    if (isDepthwise) {
      const bytes = kernels.functions.depthwise_workspace(convolution);
      const parts = partsOf(info.batchSize * info.outHeight);
      kernels.run("depthwise_conv2d", parts, bytes, convolution, x, filter.memoryOffset, biasAt, ...following, y);
    } else if (isWinograd(kernels, convolution)) {
      withTransformedFilter(kernels, heap, convolution, "forward", filter, (parts, bytes, transformed) => {
        kernels.run("winograd_conv2d", parts, bytes, convolution, x, transformed, biasAt, ...following, y);
      });
    } else {
      convolveDirectly(kernels, heap, convolution, "forward", { x, filter, epilogue, y });
    }
  });
}

/**
 * By the direct kernels: the convolution whose words are at `convolution`, or its input gradient, of `dy` as `x` and to
 * `dx` as `y`, which has no epilogue.
 */
export function convolveDirectly(
  kernels: Kernels,
  heap: Heap,
  convolution: number,
  direction: Direction,
  operands: {
    readonly x: number;
    readonly filter: TensorData;
    readonly epilogue?: Epilogue;
    readonly y: number;
  },
): void {
  const { x, filter, epilogue = { activation: "linear" }, y } = operands;
  const { bias, normalization, activation } = epilogue;
  const { functions } = kernels;
  const turned = direction === "forward" ? 0 : 1;
  const [filterAt, biasAt] = [filter.memoryOffset, bias?.memoryOffset ?? 0];
  const bytesOfPacked = functions.conv2d_packed_bytes(convolution, turned);
  const pack = (packed: number): void => {
    const panels = functions.conv2d_pack_filter_parts(convolution, turned);
    kernels.run("conv2d_pack_filter", panels, 0, convolution, turned, filterAt, biasAt, packed);
  };
  const sources = bias === undefined ? ([filter] as const) : ([filter, bias] as const);
  heap.forms.lend(sources, `conv2d ${layoutOf(heap, convolution)} ${direction}`, bytesOfPacked, pack, (packed) => {
    const parts = functions.conv2d_parts(convolution, turned);
    const bytes = functions.conv2d_workspace(convolution, turned);
    const following = [normalization?.memoryOffset ?? 0, ACTIVATION_CODES[activation]] as const;
    kernels.run("conv2d", parts, bytes, convolution, turned, x, packed, ...following, y);
  });
}
