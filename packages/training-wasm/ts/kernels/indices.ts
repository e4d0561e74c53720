// Operations that read or write by indices. Stock TensorFlow.js does not check these: beyond a tensor, it reads and
// writes the memory of others. Here they are rejected, as TensorFlow does on a CPU. (GatherV2 checks its own.)

import {
  Bincount,
  CropAndResize,
  DenseBincount,
  GatherNd,
  ScatterNd,
  SparseToDense,
  TensorScatterUpdate,
  type KernelFunc,
  type ScatterNdAttrs,
  type SparseToDenseAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "../errors.ts";
import type { Heap } from "../heap.ts";
import type { Kernel } from "./kernel.ts";

/** Tensors by the names of an operation's inputs. */
type Inputs = Readonly<
  Record<"params" | "tensor" | "indices" | "sparseIndices" | "image" | "boxInd" | "x", TensorInfo>
>;

/**
 * The kernels of the operations by indices, which check these first.
 *
 * @param kernelOf the stock kernel, or one that fixes another of its bugs
 */
export function indexed(heap: Heap, kernelOf: (name: string) => KernelFunc): readonly Kernel[] {
  const behind = (name: string, check: (inputs: Inputs, attributes: unknown) => void): Kernel => {
    const compute = kernelOf(name);
    return {
      kernelName: name,
      kernelFunc: (parameters) => {
        check(parameters.inputs as unknown as Inputs, parameters.attrs);
        return compute(parameters);
      },
    };
  };
  return [
    behind(GatherNd, ({ params, indices }) => {
      checkIndices(heap, GatherNd, indices, params.shape.slice(0, indices.shape.at(-1)));
    }),
    behind(ScatterNd, ({ indices }, attributes) => {
      const { shape } = attributes as ScatterNdAttrs;
      checkIndices(heap, ScatterNd, indices, shape.slice(0, scatteredAxes(indices)));
    }),
    behind(TensorScatterUpdate, ({ tensor, indices }) => {
      checkIndices(heap, TensorScatterUpdate, indices, tensor.shape.slice(0, scatteredAxes(indices)));
    }),
    behind(SparseToDense, ({ sparseIndices }, attributes) => {
      const { outputShape } = attributes as SparseToDenseAttrs;
      checkIndices(heap, SparseToDense, sparseIndices, outputShape.slice(0, scatteredAxes(sparseIndices)));
    }),
    behind(CropAndResize, ({ image, boxInd }) => {
      checkIndices(heap, CropAndResize, boxInd, image.shape.slice(0, 1));
    }),
    // They ignore numbers beyond their size.
    ...[Bincount, DenseBincount].map((name) =>
      behind(name, ({ x }) => {
        checkIndices(heap, name, x, [Infinity]);
      }),
    ),
  ];
}

/** How many axes each of `indices` addresses: a list of numbers addresses the first. */
function scatteredAxes({ shape }: TensorInfo): number {
  return shape.length > 1 ? (shape.at(-1) ?? 1) : 1;
}

/** @param bounds of the first index, the second and so on, repeated for each tuple */
function checkIndices(heap: Heap, name: string, indices: TensorInfo, bounds: readonly number[]): void {
  if (bounds.length === 0) return;
  const values = heap.backend.typedArrayFromHeap(indices);
  for (let place = 0; place < values.length; place++) {
    const [value, bound] = [values[place] ?? 0, bounds[place % bounds.length] ?? 0];
    if (value >= 0 && value < bound) continue;
    throw new TrainingWasmError(
      "UNSUPPORTED_OPERATION",
      `Expected indices from 0 to ${bound - 1} for ${name}, but received ${value}. Check how the indices are computed.`,
    );
  }
}
