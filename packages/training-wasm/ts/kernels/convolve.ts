// Forward convolutions of channels last, of every shape: 3x3 ones by Winograd's method where it applies, others
// directly, and depthwise ones.

import { backend_util, type Tensor4D, type TensorInfo } from "@tensorflow/tfjs-core";

import { convolutionWords } from "../convolution-words.ts";
import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
import { withAnyBias } from "./fused.ts";
import { kernel, type Kernel } from "./kernel.ts";
import { isWinograd, withTransformedFilter, type Direction } from "./winograd.ts";

/** Codes of the activations that the kernels apply themselves: `Activation` in `src/epilogue.rs`. */
const ACTIVATION_CODES = { linear: 0, relu: 1, relu6: 2 } as const;

/** An activation that the kernels apply themselves. */
export type FusedActivation = keyof typeof ACTIVATION_CODES;

/** Attributes of all convolutions. */
interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number | backend_util.ExplicitPadding;
  readonly dataFormat: "NHWC" | "NCHW";
  /** Null if tf.layers leaves them out. */
  readonly dilations?: [number, number] | number | null;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly activation?: FusedActivation;
}

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
  const code = ACTIVATION_CODES[activation];
  heap.lendWords(convolutionWords(info), (convolution) => {
    if (info.outShape.includes(0)) return;
    if (isDepthwise) {
      const bytes = kernels.functions.depthwise_workspace(convolution);
      const parts = partsOf(info.batchSize * info.outHeight);
      kernels.run("depthwise_conv2d", parts, bytes, convolution, x, filter, bias, code, y);
    } else if (isWinograd(kernels, convolution)) {
      withTransformedFilter(kernels, heap, convolution, "forward", filter, (parts, bytes, transformed) => {
        kernels.run("winograd_conv2d", parts, bytes, convolution, x, transformed, bias, code, y);
      });
    } else {
      convolveDirectly(kernels, heap, convolution, "forward", { x, filter, bias, code, y });
    }
  });
}

/**
 * By the direct kernels: the convolution whose words are at `convolution`, or its input gradient, of `dy` as `x` and to
 * `dx` as `y`, which has no bias and no activation, and of which the convolution may not stride.
 */
export function convolveDirectly(
  kernels: Kernels,
  heap: Heap,
  convolution: number,
  direction: Direction,
  addresses: Readonly<Record<"x" | "filter" | "y", number> & Partial<Record<"bias" | "code", number>>>,
): void {
  const { x, filter, bias = 0, code = ACTIVATION_CODES.linear, y } = addresses;
  const { functions } = kernels;
  const turned = direction === "forward" ? 0 : 1;
  heap.lend(functions.conv2d_packed_bytes(convolution, turned), (packed) => {
    const panels = functions.conv2d_pack_filter_parts(convolution, turned);
    kernels.run("conv2d_pack_filter", panels, 0, convolution, turned, filter, bias, packed);
    const parts = functions.conv2d_parts(convolution, turned);
    const bytes = functions.conv2d_workspace(convolution, turned);
    kernels.run("conv2d", parts, bytes, convolution, turned, x, packed, code, y);
  });
}

/**
 * A convolution, with an optional bias of one number per channel and one of the activations above.
 *
 * @param isDepthwise whether each channel has its own filters
 */
export function forwardConvolution(kernels: Kernels, heap: Heap, name: string, isDepthwise: boolean): Kernel {
  return kernel<"x" | "filter" | "bias", ConvolutionAttributes>(name, (inputs, attributes) => {
    const { x, filter, bias } = inputs as typeof inputs & { readonly bias?: TensorInfo };
    checkFloats(name, [x, filter]);
    const { strides, pad, dataFormat, dilations, dimRoundingMode, activation = "linear" } = attributes;
    const info = backend_util.computeConv2DInfo(
      x.shape as Tensor4D["shape"],
      filter.shape as Tensor4D["shape"],
      strides,
      dilations ?? 1,
      pad,
      dimRoundingMode,
      isDepthwise,
      backend_util.convertConv2DDataFormat(dataFormat),
    );
    const y = heap.output(info.outShape);
    const biasAt = bias === undefined ? 0 : heap.address(bias);
    const [xAt, filterAt, yAt] = [heap.address(x), heap.address(filter), heap.address(y)];
    convolve(kernels, heap, info, isDepthwise, xAt, filterAt, biasAt, activation, yAt);
    return y;
  });
}

/** A convolution with any bias and activation: those that its kernels do not apply are steps of their own. */
export function fusedConvolution(kernels: Kernels, heap: Heap, name: string, isDepthwise: boolean): Kernel {
  const { kernelFunc } = forwardConvolution(kernels, heap, name, isDepthwise);
  return withAnyBias(heap, name, kernelFunc, ({ filter, bias }, { activation }) => {
    const [inputs = 0, outputs = 0] = filter?.shape.slice(2) ?? [];
    const channels = isDepthwise ? inputs * outputs : outputs;
    return activation in ACTIVATION_CODES && (bias === undefined || sizeOf(bias) === channels);
  });
}
