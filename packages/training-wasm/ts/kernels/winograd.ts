// 3x3 convolutions by Winograd's minimal filtering: the transformed filters that src/winograd needs, and which
// convolutions it computes. Others go to the direct kernels.

import { backend_util, type KernelFunc, type Tensor4D } from "@tensorflow/tfjs-core";

import { convolutionWords } from "../convolution-words.ts";
import { sizeOf, type Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
import type { ConvolutionAttributes } from "./convolutions.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** A forward pass, or an input gradient, which is the convolution of dy with the filter turned by 180 degrees. */
export type Direction = "forward" | "inputGradient";

/** Whether Winograd's method applies to the convolution whose words are at `convolution`. */
export function isWinograd({ functions }: Kernels, convolution: number): boolean {
  return functions.winograd_fits(convolution) === 1;
}

/** Lends the transformed filter of a convolution, with the number of its parts. */
export function withTransformedFilter(
  kernels: Kernels,
  heap: Heap,
  convolution: number,
  direction: Direction,
  filter: number,
  run: (parts: number, workspaceBytes: number, transformed: number) => void,
): void {
  const { functions } = kernels;
  const turned = direction === "forward" ? 0 : 1;
  heap.lend(functions.winograd_filter_bytes(convolution, turned), (transformed) => {
    const blocks = functions.winograd_filter_parts(convolution, turned);
    kernels.run("winograd_filter", partsOf(blocks), 0, convolution, turned, filter, transformed);
    run(functions.winograd_parts(convolution, turned), functions.winograd_workspace(convolution, turned), transformed);
  });
}

/** A convolution with an optional bias and activation; `otherwise` computes those that Winograd's method does not apply to. */
export function winogradForward(kernels: Kernels, heap: Heap, name: string, otherwise: KernelFunc): Kernel {
  return kernel<string, ConvolutionAttributes>(name, (inputs, attributes) => {
    const { x, filter, bias } = inputs;
    const { strides, pad, dataFormat, dilations, dimRoundingMode, activation = "linear" } = attributes;
    const givenUp = (): ReturnType<KernelFunc> =>
      otherwise({ inputs, attrs: { ...attributes }, backend: heap.backend });
    const isPlain = dataFormat === "NHWC" && (activation === "linear" || activation === "relu");
    if (x?.dtype !== "float32" || filter?.dtype !== "float32" || !isPlain) return givenUp();
    const shapes = [x.shape, filter.shape] as [Tensor4D["shape"], Tensor4D["shape"]];
    const info = backend_util.computeConv2DInfo(...shapes, strides, dilations ?? 1, pad, dimRoundingMode);
    if (info.filterHeight !== 3 || info.filterWidth !== 3 || info.outHeight * info.outWidth === 0) return givenUp();
    return heap.lendWords(convolutionWords(info), (convolution) => {
      if (!isWinograd(kernels, convolution)) return givenUp();
      const y = heap.output(info.outShape);
      if (sizeOf(y) === 0) return y;
      const [xAt, yAt] = [heap.address(x), heap.address(y)];
      const biasAt = bias === undefined ? 0 : heap.address(bias);
      withTransformedFilter(
        kernels,
        heap,
        convolution,
        "forward",
        heap.address(filter),
        (parts, bytes, transformed) => {
          const relu = activation === "relu" ? 1 : 0;
          kernels.run("winograd_conv2d", parts, bytes, convolution, xAt, transformed, biasAt, relu, yAt);
        },
      );
      return y;
    });
  });
}
