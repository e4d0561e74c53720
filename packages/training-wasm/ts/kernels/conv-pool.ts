// Convolution, bias, ReLU and 2x2 maximum in one kernel, with its gradients.

import { backend_util, engine, type GradConfig, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";

import { differentiableWords } from "../convolution-words.ts";
import { checkFloats, sizeOf, type Heap } from "../heap.ts";
import { partsOf, type Kernels } from "../kernels.ts";
import { addFilterGradient, withTurnedFilter } from "./conv2d-gradients.ts";
import { kernel, type Kernel } from "./kernel.ts";
import { addRows } from "./row-sums.ts";
import { isWinograd, withTransformedFilter } from "./winograd.ts";

/** Name of the kernel: `x`, `filter`, `bias` ─▶ the pooled output, and the places of its maxima. */
export const CONV_POOL = "SilhouetteConvPool";

const CONV_POOL_FILTER_GRADIENT = "SilhouetteConvPoolFilterGradient";
const CONV_POOL_INPUT_GRADIENT = "SilhouetteConvPoolInputGradient";
const CONV_POOL_BIAS_GRADIENT = "SilhouetteConvPoolBiasGradient";

/** The forward kernel and the gradients, which read the places of the maxima instead of the map before pooling. */
export function convPool(kernels: Kernels, heap: Heap): readonly Kernel[] {
  return [
    kernel<"x" | "filter" | "bias">(CONV_POOL, ({ x, filter, bias }) => {
      checkFloats(CONV_POOL, [x, filter, bias]);
      const info = conv2dInfo(x.shape, filter.shape);
      const height = Math.floor(info.outHeight / 2);
      const width = Math.floor(info.outWidth / 2);
      const output = heap.output([info.batchSize, height, width, info.outChannels]);
      // Bytes: four bits for each of two channels.
      const places = heap.output([info.batchSize, height, width, info.outChannels / 2], "bool");
      heap.lendWords(differentiableWords(info), (convolution) => {
        const [xAt, biasAt, outputAt, placesAt] = [x, bias, output, places].map((each) => heap.address(each)) as Four;
        withFilter(
          kernels,
          heap,
          info,
          convolution,
          heap.address(filter),
          biasAt,
          (name, parts, workspaceBytes, panels) => {
            kernels.run(name, parts, workspaceBytes, convolution, xAt, panels, biasAt, outputAt, placesAt);
          },
        );
      });
      // Without a shape: TensorFlow.js creates zeros of the shape of an output without a gradient.
      return [output, { ...places, shape: [0] }];
    }),

    kernel<"x" | "dy" | "places", { filterShape: number[] }>(
      CONV_POOL_FILTER_GRADIENT,
      ({ x, dy, places }, { filterShape }) => {
        const info = conv2dInfo(x.shape, filterShape);
        const gradient = heap.output(filterShape);
        heap.lendWords(differentiableWords(info), (convolution) => {
          const { functions } = kernels;
          // Each part has sums of the whole filter.
          const sumsParts = functions.conv_pool_filter_gradient_parts(convolution);
          const direct = {
            parts: sumsParts,
            sumsParts,
            workspaceBytes: functions.conv_pool_filter_gradient_workspace(convolution),
          };
          const addresses = [x, dy, places].map((each) => heap.address(each)) as Three;
          addFilterGradient(kernels, heap, convolution, heap.address(gradient), direct, (family, ...work) => {
            const [parts, workspaceBytes, sums] = work;
            const name = family === "winograd" ? "winograd_pool_filter_gradient" : "conv_pool_filter_gradient";
            kernels.run(name, parts, workspaceBytes, convolution, ...addresses, sums);
          });
        });
        return gradient;
      },
    ),

    kernel<"filter" | "dy" | "places", { inputShape: number[] }>(
      CONV_POOL_INPUT_GRADIENT,
      ({ filter, dy, places }, { inputShape }) => {
        const info = conv2dInfo(inputShape, filter.shape);
        const dx = heap.output(inputShape);
        heap.lendWords(differentiableWords(info), (convolution) => {
          const addresses = [dy, places, dx].map((each) => heap.address(each)) as Three;
          withTurnedFilter(kernels, heap, info, convolution, heap.address(filter), (family, ...work) => {
            const [parts, workspaceBytes, turned] = work;
            const name = family === "winograd" ? "winograd_pool_input_gradient" : "conv_pool_input_gradient";
            kernels.run(name, parts, workspaceBytes, convolution, turned, ...addresses);
          });
        });
        return dx;
      },
    ),

    kernel<"dy" | "places">(CONV_POOL_BIAS_GRADIENT, ({ dy, places }) => {
      const channels = dy.shape.at(-1) ?? 1;
      const bias = heap.output([channels]);
      const [dyAt, placesAt] = [heap.address(dy), heap.address(places)];
      addRows(kernels, heap, sizeOf(dy) / channels, bias, 1, (parts, workspaceBytes, rows, sums) => {
        kernels.run("conv_pool_bias_gradient", parts, workspaceBytes, rows, channels, dyAt, placesAt, sums);
      });
      return bias;
    }),
  ];
}

/** How TensorFlow.js differentiates {@link CONV_POOL}. */
export const convPoolGradient: GradConfig = {
  kernelName: CONV_POOL,
  inputsToSave: ["x", "filter"],
  outputsToSave: [false, true],
  gradFunc: (dys, saved) => {
    const [x, filter, places] = saved as [Tensor, Tensor, Tensor];
    // The places, which have no gradient, are the second output.
    const [dy] = dys as [Tensor, Tensor];
    return {
      x: () => engine().runKernel<Tensor>(CONV_POOL_INPUT_GRADIENT, { filter, dy, places }, { inputShape: x.shape }),
      filter: () =>
        engine().runKernel<Tensor>(CONV_POOL_FILTER_GRADIENT, { x, dy, places }, { filterShape: filter.shape }),
      bias: () => engine().runKernel<Tensor>(CONV_POOL_BIAS_GRADIENT, { dy, places }),
    };
  },
};

/** Lends the filter in the form that the forward pass needs, with the kernel that takes it and the number of its parts. */
function withFilter(
  kernels: Kernels,
  heap: Heap,
  { batchSize, outHeight }: backend_util.Conv2DInfo,
  convolution: number,
  filter: number,
  bias: number,
  run: (name: "winograd_pool" | "conv_pool", parts: number, workspaceBytes: number, panels: number) => void,
): void {
  const { functions } = kernels;
  if (isWinograd(kernels, convolution)) {
    withTransformedFilter(kernels, heap, convolution, "forward", filter, (_, workspaceBytes, transformed) => {
      run("winograd_pool", functions.winograd_pool_parts(convolution), workspaceBytes, transformed);
    });
    return;
  }
  heap.lend(functions.conv_pool_panels(convolution), (panels) => {
    functions.conv_pool_pack_filter(convolution, filter, bias, panels);
    const parts = partsOf(batchSize * Math.floor(outHeight / 2));
    run("conv_pool", parts, functions.conv_pool_workspace(convolution), panels);
  });
}

type Three = [number, number, number];
type Four = [number, number, number, number];

function conv2dInfo(inputShape: readonly number[], filterShape: readonly number[]): backend_util.Conv2DInfo {
  return backend_util.computeConv2DInfo(
    inputShape as Tensor4D["shape"],
    filterShape as Tensor4D["shape"],
    1,
    1,
    "valid",
  );
}
