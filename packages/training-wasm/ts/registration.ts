// Which kernels and gradients of TensorFlow.js' WASM backend are replaced, and which are added.

import {
  _FusedMatMul,
  Abs,
  ArgMax,
  ArgMin,
  BatchMatMul,
  Bincount,
  Cast,
  Concat,
  Conv2D,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  CropAndResize,
  Cumprod,
  Cumsum,
  DepthwiseConv2dNative,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  FusedBatchNorm,
  FusedConv2D,
  FusedDepthwiseConv2D,
  GatherV2,
  getGradient,
  getKernel,
  Max,
  Mean,
  Pack,
  registerGradient,
  registerKernel,
  ResizeNearestNeighbor,
  Reverse,
  RotateWithOffset,
  Select,
  Slice,
  Sum,
  Tile,
  TopK,
  Transform,
  unregisterKernel,
  type GradConfig,
  type KernelConfig,
  type KernelFunc,
} from "@tensorflow/tfjs-core";

import { registerChainedOperations } from "./chained-operations.ts";
import type { Evaluator } from "./expressions/expression.ts";
import { batchNormalizationGradient } from "./gradients/batch-normalization.ts";
import { rectifierGradients } from "./gradients/rectifiers.ts";
import { sumGradients } from "./gradients/sums.ts";
import { adam, areFinite } from "./kernels/adam.ts";
import { batchNorm, batchNormGradient } from "./kernels/batch-norm.ts";
import { pad, slice } from "./kernels/boxes.ts";
import { conv2dFilterGradient, conv2dInputGradient } from "./kernels/conv2d-gradients.ts";
import { conv3dGradients } from "./kernels/conv3d-gradients.ts";
import { conv3dTransposeGradient } from "./kernels/conv3d-transpose-gradient.ts";
import { forwardConvolution, fusedConvolution } from "./kernels/convolutions.ts";
import { convPool, convPoolGradient } from "./kernels/conv-pool.ts";
import { depthwiseGradients } from "./kernels/depthwise-gradients.ts";
import { dilatedGradient } from "./kernels/dilated-gradient.ts";
import { dilation2d } from "./kernels/dilation2d.ts";
import { einsum } from "./kernels/einsum.ts";
import {
  abs,
  bincount,
  cast,
  clipByValue,
  cumulative,
  oneHot,
  rectifiers,
  reverse,
  select,
  topK,
} from "./kernels/elements.ts";
import { batchNormalization, ELEMENTWISE, elementwise, tile } from "./kernels/elementwise.ts";
import { withAnyBias } from "./kernels/fused.ts";
import { FUSIONS } from "./kernels/fusions.ts";
import { FUNCTIONS, FUNCTIONS_OF_TWO, ofOne, ofTwo } from "./kernels/functions.ts";
import { gather } from "./kernels/gather.ts";
import { cropAndResize, rotateWithOffset, transform } from "./kernels/image-transforms.ts";
import { guardInputs } from "./kernels/inputs.ts";
import { concat, pack, splitV, unpack } from "./kernels/joins.ts";
import { batchMatMul, fusedMatMul, isFusedProduct } from "./kernels/matmul.ts";
import { maxPoolWithArgmax } from "./kernels/max-pool-with-argmax.ts";
import { pooling } from "./kernels/pooling.ts";
import { pooling3d } from "./kernels/pooling3d.ts";
import { indexed } from "./kernels/indices.ts";
import { placeOfExtreme, reduction, REDUCTIONS } from "./kernels/reductions.ts";
import { resizes } from "./kernels/resizes.ts";
import { max, mean, sum } from "./kernels/float-reductions.ts";
import { segmentSum } from "./kernels/segment-sum.ts";
import { sharing } from "./kernels/sharing.ts";
import { softmax } from "./kernels/softmax.ts";
import { stridedSlice } from "./kernels/strided.ts";
import { transpose } from "./kernels/transpose.ts";
import { pooledConvolutions } from "./kernels/unpooling.ts";

/** TensorFlow.js' own kernels, for a second backend: the first one's are registered in their places. */
const stock = new Map<string, KernelConfig>();

const CONV2D = { forward: Conv2D, inputGradient: Conv2DBackpropInput, filterGradient: Conv2DBackpropFilter };
const DEPTHWISE = {
  forward: DepthwiseConv2dNative,
  inputGradient: DepthwiseConv2dNativeBackpropInput,
  filterGradient: DepthwiseConv2dNativeBackpropFilter,
};

/** TensorFlow.js' own gradients, if it registered them. */
let usualGradients: { readonly conv2d?: GradConfig; readonly depthwise?: GradConfig } | undefined;

/** Registers kernels and gradients that compute with `evaluator`, in place of those registered before. */
export function registerKernels(evaluator: Evaluator): void {
  const { kernels, heap } = evaluator;
  const replaced = [
    ...sharing(heap),
    ...pooling(kernels, heap),
    ...pooling3d(heap),
    maxPoolWithArgmax(heap),
    ...conv3dGradients(heap),
    ...dilation2d(heap),
    conv2dInputGradient(evaluator),
    batchMatMul(kernels, heap, stockKernel(BatchMatMul).kernelFunc),
    withAnyBias(heap, _FusedMatMul, fusedMatMul(kernels, heap, stockKernel(_FusedMatMul).kernelFunc), isFusedProduct),
    forwardConvolution(evaluator, Conv2D, false),
    forwardConvolution(evaluator, DepthwiseConv2dNative, true),
    fusedConvolution(evaluator, FusedConv2D, false),
    fusedConvolution(evaluator, FusedDepthwiseConv2D, true),
    sum(evaluator, stockKernel(Sum).kernelFunc),
    mean(evaluator, stockKernel(Mean).kernelFunc),
    max(evaluator, stockKernel(Max).kernelFunc),
    cast(kernels, heap, stockKernel(Cast).kernelFunc),
    clipByValue(kernels, heap),
    ...rectifiers(kernels, heap),
    abs(heap, stockKernel(Abs).kernelFunc),
    ...REDUCTIONS.map((name) => reduction(heap, name, stockKernel(name).kernelFunc)),
    ...([ArgMax, ArgMin] as const).map((name) => placeOfExtreme(name, stockKernel(name).kernelFunc)),
    ...indexed(heap, (name) => {
      const { kernelFunc } = stockKernel(name);
      if (name === Bincount) return bincount(heap, kernelFunc).kernelFunc;
      return name === CropAndResize ? cropAndResize(heap, kernelFunc).kernelFunc : kernelFunc;
    }),
    oneHot(heap),
    topK(heap, stockKernel(TopK).kernelFunc),
    ...([Cumsum, Cumprod] as const).map((name) => cumulative(heap, name, stockKernel(name).kernelFunc)),
    gather(kernels, heap, stockKernel(GatherV2).kernelFunc),
    stridedSlice(heap),
    transform(heap, stockKernel(Transform).kernelFunc),
    rotateWithOffset(heap, stockKernel(RotateWithOffset).kernelFunc),
    ...resizes(kernels, heap, stockKernel(ResizeNearestNeighbor).kernelFunc),
    pad(kernels, heap),
    concat(kernels, heap, stockKernel(Concat).kernelFunc),
    pack(kernels, heap, stockKernel(Pack).kernelFunc),
    splitV(heap),
    unpack(heap),
    transpose(kernels, heap),
    softmax(kernels, heap),
    reverse(heap, stockKernel(Reverse).kernelFunc),
    select(heap, stockKernel(Select).kernelFunc),
    slice(kernels, heap, stockKernel(Slice).kernelFunc),
    ...Object.keys(FUNCTIONS).map((name) => ofOne(heap, name, stockKernel(name).kernelFunc)),
    ...Object.keys(FUNCTIONS_OF_TWO).map((name) => ofTwo(heap, name, stockKernel(name).kernelFunc)),
  ];
  const added = [
    conv2dFilterGradient(kernels, heap),
    ...depthwiseGradients(kernels, heap),
    segmentSum(kernels, heap),
    einsum(heap),
    ...convPool(kernels, heap),
    ...batchNorm(kernels, heap),
    adam(kernels, heap),
    areFinite(kernels, heap),
  ];
  const computed = new Map([...replaced, ...added].map((each) => [each.kernelName, each]));
  const compute = (name: string): KernelFunc => (computed.get(name) ?? stockKernel(name)).kernelFunc;
  const deferred = [
    ...ELEMENTWISE.map((name) => elementwise(evaluator, name, compute(name), FUSIONS[name])),
    tile(evaluator, compute(Tile)),
    batchNormalization(evaluator, stockKernel(FusedBatchNorm).kernelFunc),
    ...pooledConvolutions(evaluator, compute),
  ];
  const kept = new Map([...computed, ...deferred.map((each) => [each.kernelName, each] as const)]);
  for (const each of kept.values()) {
    const { kernelName } = each;
    const kernelFunc = heap.allOrNothing(each.kernelFunc);
    // The setup of a stock kernel also runs for ours: other stock kernels may call it.
    const replacedKernel = isRegistered(kernelName) ? stockKernel(kernelName) : undefined;
    if (replacedKernel !== undefined) unregisterKernel(kernelName, "wasm");
    registerKernel({ ...replacedKernel, kernelName, kernelFunc, backendName: "wasm" });
  }
  guardInputs();
  usualGradients ??= { conv2d: getGradient(Conv2D), depthwise: getGradient(DepthwiseConv2dNative) };
  registerGradient(dilatedGradient(CONV2D, usualGradients.conv2d));
  registerGradient(dilatedGradient(DEPTHWISE, usualGradients.depthwise));
  registerGradient(conv3dTransposeGradient);
  registerGradient(convPoolGradient);
  registerGradient(batchNormGradient);
  registerGradient(batchNormalizationGradient);
  for (const each of [...rectifierGradients, ...sumGradients]) registerGradient(each);
  registerChainedOperations();
}

function stockKernel(kernelName: string): KernelConfig {
  const kernel = stock.get(kernelName) ?? getKernel(kernelName, "wasm");
  stock.set(kernelName, kernel);
  return kernel;
}

function isRegistered(kernelName: string): boolean {
  // Undefined if there is none, despite its type.
  return (getKernel(kernelName, "wasm") as KernelConfig | undefined) !== undefined;
}
