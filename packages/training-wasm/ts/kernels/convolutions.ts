// Forward convolutions, computed by TensorFlow.js' own kernels, whose bugs are worked around here: a filter smaller
// than its stride with "same" padding (they read a negative padding as a huge one), empty outputs (they crash, and
// corrupt the heap), inputs without channels (they leave outputs unwritten), and NaN, which they lose if each output is
// a single product.

import {
  backend_util,
  Multiply,
  StridedSlice,
  type KernelFunc,
  type Tensor4D,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { sizeOf, type Heap } from "../heap.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";
import { withOne } from "./with-one.ts";

/** Attributes of all convolutions. */
export interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number | backend_util.ExplicitPadding;
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly activation?: string;
}

/**
 * `x` `[batch, height, width, in]` and a filter, computed by `stock`.
 *
 * @param isDepthwise whether each channel has its own filters
 */
export function convolution(heap: Heap, name: string, stock: KernelFunc, isDepthwise: boolean): Kernel {
  return kernel<string, ConvolutionAttributes>(name, (inputs, attributes) => {
    const { strides, pad, dataFormat, dilations, dimRoundingMode } = attributes;
    const { x, filter, ...others } = inputs;
    if (!isDepthwise && x?.shape[3] === 0 && filter !== undefined) {
      return withOne(heap, [x, 3], [filter, 2], (wideX, wideFilter) =>
        runKernel(heap, name, { ...others, x: wideX, filter: wideFilter }, attributes),
      );
    }
    const run = (padding: ConvolutionAttributes["pad"]): TensorInfo =>
      stock({ inputs, attrs: { ...attributes, pad: padding }, backend: heap.backend }) as TensorInfo;
    // It rejects channels first.
    if (dataFormat === "NCHW") return run(pad);
    const { outShape, padInfo, ...info } = backend_util.computeConv2DInfo(
      x?.shape as Tensor4D["shape"],
      filter?.shape as Tensor4D["shape"],
      strides,
      // Null if tf.layers leaves them out.
      dilations ?? 1,
      pad,
      dimRoundingMode,
      isDepthwise,
    );
    const y = { shape: outShape, dtype: "float32", dataId: {} } satisfies TensorInfo;
    if (sizeOf(y) === 0) return heap.output(outShape);
    const { top, bottom, left, right } = padInfo;
    const isPadded = top + bottom + left + right > 0;
    if (x !== undefined && filter !== undefined && !isPadded && isOneProduct(inputs, attributes, isDepthwise)) {
      return products(heap, x, filter, [1, info.strideHeight, info.strideWidth, 1]);
    }
    const isSmall = info.filterHeight < info.strideHeight || info.filterWidth < info.strideWidth;
    if (pad !== "same" || !isSmall) return run(pad);
    return run([
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]);
  });
}

/** Whether each output is a single product: the stock kernel turns a NaN among these into the lowest number. */
function isOneProduct(
  { x, filter, ...others }: Readonly<Record<string, TensorInfo>>,
  { activation = "linear" }: ConvolutionAttributes,
  isDepthwise: boolean,
): boolean {
  if (x?.dtype !== "float32" || filter === undefined || activation !== "linear") return false;
  return sizeOf(filter) === (isDepthwise ? x.shape[3] : 1) && Object.keys(others).length === 0;
}

/** `x` at its strides, times one number per channel. */
function products(heap: Heap, x: TensorInfo, filter: TensorInfo, strides: number[]): TensorInfo {
  const noMasks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
  const range = { begin: x.shape.map(() => 0), end: x.shape, strides, ...noMasks };
  const a = runKernel(heap, StridedSlice, { x }, range);
  try {
    return runKernel(heap, Multiply, { a, b: { ...filter, shape: [sizeOf(filter)] } });
  } finally {
    heap.backend.disposeData(a.dataId);
  }
}
