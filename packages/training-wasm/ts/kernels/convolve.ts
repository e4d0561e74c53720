// Forward convolutions of channels last, of every shape: 3x3 ones by Winograd's method where it applies, others
// directly, and depthwise ones.

import type { backend_util } from "@tensorflow/tfjs-core";

import { convolutionWords } from "../convolution-words.ts";
import type { Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
import { isWinograd, withTransformedFilter } from "./winograd.ts";

/** Codes of the activations that the kernels apply themselves: `Activation` in `src/epilogue.rs`. */
export const ACTIVATION_CODES = { linear: 0, relu: 1, relu6: 2 } as const;

/** An activation that the kernels apply themselves. */
export type FusedActivation = keyof typeof ACTIVATION_CODES;

/**
 * Computes a convolution of float32 tensors, given by their addresses: `x` `[batch, height, width, in]`, `filter`
 * `[filter height, filter width, in, out]`, or `[..., in, multiplier]` if it is depthwise, and a `bias` of one number
 * per output channel, or 0 for none. Which kernels compute it depends on the shapes alone. Empty tensors are allowed.
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
  filter: number,
  bias: number,
  activation: FusedActivation,
  y: number,
): void {
  const { functions } = kernels;
  const code = ACTIVATION_CODES[activation];
  heap.lendWords(convolutionWords(info), (convolution) => {
    if (info.outShape.includes(0)) return;
    if (isDepthwise) {
      const bytes = functions.depthwise_conv2d_workspace(convolution);
      const parts = partsOf(info.batchSize * info.outHeight);
      kernels.run("depthwise_conv2d", parts, bytes, convolution, x, filter, bias, code, y);
    } else if (isWinograd(kernels, convolution)) {
      withTransformedFilter(kernels, heap, convolution, "forward", filter, (parts, bytes, transformed) => {
        kernels.run("winograd_conv2d", parts, bytes, convolution, x, transformed, bias, code, y);
      });
    } else {
      heap.lend(functions.conv2d_packed_bytes(convolution), (packed) => {
        const blocks = functions.conv2d_pack_filter_parts(convolution);
        kernels.run("conv2d_pack_filter", blocks, 0, convolution, filter, bias, packed);
        const bytes = functions.conv2d_workspace(convolution);
        kernels.run("conv2d", functions.conv2d_parts(convolution), bytes, convolution, x, packed, code, y);
      });
    }
  });
}
