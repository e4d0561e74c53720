// Tracks the weights that layers add while a network is built. TensorFlow.js counts the uses of a layer, and disposing of the
// network takes back only one: the weights of a layer that is used twice, or that leads to no output, would leak.

import type { DataType, Variable } from "@tensorflow/tfjs-core";
import { layers, type initializers, type LayersModel, type LayerVariable } from "@tensorflow/tfjs-layers";

import { cellsWithin, disposeCellMasks } from "./layer-tree.ts";

/** The method that TensorFlow.js calls for every weight of a layer. Usually not public. */
export type AddWeight = (
  name: string,
  shape: number[],
  dtype: DataType | undefined,
  initializer: ReturnType<typeof initializers.zeros>,
  ...others: unknown[]
) => LayerVariable;

/** Returns the result of `build` and the weights that its layers add through `add`. Disposes of them if `build` throws. */
export function withAddedWeights<Built>(
  build: () => Built,
  add: (original: AddWeight, ...weight: Parameters<AddWeight>) => LayerVariable = (original, ...weight) =>
    original(...weight),
): { readonly built: Built; readonly weights: readonly Variable[] } {
  const weights: Variable[] = [];
  const adder = layers.Layer.prototype as unknown as { addWeight: AddWeight };
  // oxlint-disable-next-line typescript/unbound-method -- called with its `this` below
  const { addWeight } = adder;
  adder.addWeight = function (this: unknown, ...weight) {
    const added = add(addWeight.bind(this), ...weight);
    weights.push(added.read() as Variable);
    return added;
  };
  try {
    return { built: build(), weights };
  } catch (error) {
    disposeAll(weights);
    throw error;
  } finally {
    adder.addWeight = addWeight;
  }
}

/** Makes `network.dispose()` also free all of `weights`, and the masks that recurrent cells keep. */
export function disposedWith(network: LayersModel, weights: readonly Variable[]): void {
  const dispose = network.dispose.bind(network);
  network.dispose = () => {
    try {
      disposeCellMasks(cellsWithin(network));
      return dispose();
    } finally {
      disposeAll(weights);
    }
  };
}

/** Disposes of all weights that are not disposed of yet. */
export function disposeAll(weights: readonly Variable[]): void {
  for (const weight of weights) if (!weight.isDisposed) weight.dispose();
}
