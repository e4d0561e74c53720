// Einsum, which stock TensorFlow.js lacks: products and sums, in the order that TensorFlow.js' core plans.

import {
  backend_util,
  Cast,
  Einsum,
  Multiply,
  Reshape,
  Sum,
  Transpose,
  util,
  type EinsumAttrs,
  type Tensor,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import type { Heap } from "../heap.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** Each term is expanded to all remaining axes, in the same order; terms are multiplied, and finished axes are summed. */
export function einsum(heap: Heap): Kernel {
  return kernel<string, EinsumAttrs>(Einsum, (inputs, { equation }) => {
    const made: TensorInfo[] = [];
    const run = (name: string, tensors: Record<string, TensorInfo>, attrs: object): TensorInfo => {
      const result = runKernel(heap, name, tensors, attrs);
      made.push(result);
      return result;
    };
    const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(equation, Object.keys(inputs).length);
    // It counts bool values.
    const terms = Object.values(inputs).map((x) =>
      x.dtype === "bool" && summedDims.length > 0 ? run(Cast, { x }, { dtype: "int32" }) : x,
    );
    backend_util.checkEinsumDimSizes(allDims.length, idDims, terms as unknown as Tensor[]);
    const { path, steps } = backend_util.getEinsumComputePath(summedDims, idDims);
    const giveBack = (results: readonly TensorInfo[]): void => {
      for (const { dataId } of results) heap.backend.disposeData(dataId);
    };
    let product: TensorInfo | undefined;
    try {
      for (const [step, ids] of steps.entries()) {
        for (const id of ids) {
          const term = inAllAxes(terms[id] as TensorInfo, allDims.length - step, idDims[id] ?? [], run);
          product = product === undefined ? term : run(Multiply, { a: term, b: product }, {});
        }
        const axis = path[step] ?? -1;
        if (step < steps.length - 1 && axis >= 0 && product !== undefined)
          product = run(Sum, { x: product }, { axis: axis - step, keepDims: false });
      }
    } catch (error) {
      giveBack(made);
      throw error;
    }
    if (product === undefined) throw new Error(`Error in einsum: ${equation} has no terms`);
    // A new tensor, even if there was nothing to do.
    const result = run(Reshape, { x: product }, { shape: product.shape });
    giveBack(made.slice(0, -1));
    return result;
  });
}

function inAllAxes(
  term: TensorInfo,
  axes: number,
  ids: number[],
  run: (name: string, tensors: Record<string, TensorInfo>, attrs: object) => TensorInfo,
): TensorInfo {
  const { permutationIndices: perm, expandDims } = backend_util.getEinsumPermutation(axes, ids);
  const ordered = backend_util.isIdentityPermutation(perm) ? term : run(Transpose, { x: term }, { perm });
  const shape = [...ordered.shape];
  for (const axis of expandDims) shape.splice(axis, 0, 1);
  return util.arraysEqual(ordered.shape, shape) ? ordered : run(Reshape, { x: ordered }, { shape });
}
