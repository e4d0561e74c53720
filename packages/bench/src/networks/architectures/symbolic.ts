// How the networks are written: layers applied to symbolic tensors.

import type { layers, SymbolicTensor } from "@tensorflow/tfjs-layers";

/** Layers whose weights are drawn afterwards, equally for all backends: none are drawn by tf.layers, which takes seconds. */
export const UNDRAWN = { kernelInitializer: "zeros" } as const;

/** The output of a layer. */
export function apply(layer: layers.Layer, x: SymbolicTensor | SymbolicTensor[]): SymbolicTensor {
  return layer.apply(x) as SymbolicTensor;
}

/** The last axis. */
export function channelsOf({ shape }: SymbolicTensor): number {
  return shape.at(-1) ?? 0;
}
