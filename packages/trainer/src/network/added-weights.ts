// The weights that layers add while a network is built. TensorFlow.js counts how often a layer is used, and takes back one use when
// the network is disposed of: the weights of a layer that is used twice, or that leads to no output, would stay for ever.

import type { DataType, Variable } from "@tensorflow/tfjs-core";
import { layers, type initializers, type LayersModel, type LayerVariable } from "@tensorflow/tfjs-layers";

import { cellsWithin, disposeCellMasks } from "./layer-tree.ts";

/** What TensorFlow.js calls for every weight of a layer. It is not public, as a rule. */
export type AddWeight = (
  name: string,
  shape: number[],
  dtype: DataType | undefined,
  initializer: ReturnType<typeof initializers.zeros>,
  ...others: unknown[]
) => LayerVariable;

/** What `build` makes, and the weights that its layers add through `add`; those are disposed of if it throws. */
export function withAddedWeights<Built>(
  build: () => Built,
  add: (usual: AddWeight, ...weight: Parameters<AddWeight>) => LayerVariable = (usual, ...weight) => usual(...weight),
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

/** Has `network.dispose()` free all of `weights`, and the masks that recurrent cells keep. */
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

/** Disposes of those that are not yet. */
export function disposeAll(weights: readonly Variable[]): void {
  for (const weight of weights) if (!weight.isDisposed) weight.dispose();
}
