// The layers that a layer is made of: models hold layers, wrappers hold a layer or two, recurrent layers hold cells.

import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Tensor } from "@tensorflow/tfjs-core";

/** A layer of a network. */
export type Layer = LayersModel["layers"][number];

/** Where the kinds of layers of TensorFlow.js keep the layers that they are made of. */
interface Compound {
  /** Models. */
  readonly layers?: readonly Layer[];
  /** Bidirectional, whose `layer` is a pattern that is never built. */
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
  /** TimeDistributed. */
  readonly layer?: Layer;
  /** Recurrent layers. */
  readonly cell?: Layer;
  /** StackedRNNCells. */
  readonly cells?: readonly Layer[];
}

/** A recurrent cell's dropout masks, which it keeps from its first step on. */
interface Masks {
  dropoutMask?: Tensor | Tensor[] | null;
  recurrentDropoutMask?: Tensor | Tensor[] | null;
}

/** What a layer is called in errors. */
export function described(layer: Layer): string {
  return `${layer.getClassName()} (${layer.name})`;
}

/** Whether `layer` is a model itself. */
export function isModel(layer: Layer): layer is LayersModel {
  return (layer as Compound).layers !== undefined;
}

/** `layer` and every layer that it is made of, at any depth, each once; a compound stands before its parts. */
export function layersWithin(layer: Layer): readonly Layer[] {
  return [...new Set([layer, ...partsOf(layer).flatMap(layersWithin)])];
}

/** The layers of `layer` that are made of no others: those that own weights, and losses of regularizers. */
export function leavesWithin(layer: Layer): readonly Layer[] {
  return layersWithin(layer).filter((each) => partsOf(each).length === 0);
}

/**
 * Frees the dropout masks of recurrent cells. A cell makes them at the first step of a sequence and keeps them; a bare `RNN`
 * layer would use a training batch's masks in evaluation.
 */
export function disposeCellMasks(cells: readonly Layer[]): void {
  for (const cell of cells as readonly Masks[]) {
    for (const mask of [cell.dropoutMask, cell.recurrentDropoutMask].flat()) mask?.dispose();
    cell.dropoutMask = null;
    cell.recurrentDropoutMask = null;
  }
}

/** The recurrent cells within `layer`. */
export function cellsWithin(layer: Layer): readonly Layer[] {
  return layersWithin(layer).filter((each) => "dropoutMask" in each);
}

function partsOf(layer: Layer): readonly Layer[] {
  const { layers, forwardLayer, backwardLayer, layer: wrapped, cell, cells } = layer as Compound;
  if (forwardLayer !== undefined && backwardLayer !== undefined) return [forwardLayer, backwardLayer];
  return [...(layers ?? []), ...(cells ?? []), ...[wrapped, cell].filter((each) => each !== undefined)];
}
