// The layers nested in a layer: models contain layers, wrappers one or two layers, recurrent layers cells.

import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Tensor } from "@tensorflow/tfjs-core";

/** A layer of a network. */
export type Layer = LayersModel["layers"][number];

/** Properties in which TensorFlow.js' layers store nested layers. */
interface Compound {
  /** Models. */
  readonly layers?: readonly Layer[];
  /** Bidirectional, whose `layer` is a template that is never built. */
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
  /** TimeDistributed. */
  readonly layer?: Layer;
  /** Recurrent layers. */
  readonly cell?: Layer;
  /** StackedRNNCells. */
  readonly cells?: readonly Layer[];
}

/** A recurrent cell's dropout masks, kept from its first step on. */
interface Masks {
  dropoutMask?: Tensor | Tensor[] | null;
  recurrentDropoutMask?: Tensor | Tensor[] | null;
}

/** Class and name of a layer, for error messages. */
export function described(layer: Layer): string {
  return `${layer.getClassName()} (${layer.name})`;
}

/** Whether `layer` is itself a model. */
export function isModel(layer: Layer): layer is LayersModel {
  return (layer as Compound).layers !== undefined;
}

/** `layer` and all layers nested in it, at any depth, without duplicates; a compound precedes its parts. */
export function layersWithin(layer: Layer): readonly Layer[] {
  return [...new Set([layer, ...partsOf(layer).flatMap(layersWithin)])];
}

/** The layers within `layer` that contain no others: these own the weights and the regularization losses. */
export function leavesWithin(layer: Layer): readonly Layer[] {
  return layersWithin(layer).filter((each) => partsOf(each).length === 0);
}

/** The layers within `layer` that are frozen, on their own or as parts of a frozen layer: `trainable` says nothing about parts. */
export function frozenWithin(layer: Layer, isFrozen = false): readonly Layer[] {
  const isOwn = isFrozen || !layer.trainable;
  return [...(isOwn ? [layer] : []), ...partsOf(layer).flatMap((part) => frozenWithin(part, isOwn))];
}

/**
 * Frees the dropout masks of recurrent cells. A cell creates them at the first step of a sequence and keeps them: a bare `RNN`
 * layer would use the masks of a training batch in evaluation.
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
