// Frozen blocks: the first layers of a network, whose weights and statistics stay as they are.

import type { LayersModel } from "@tensorflow/tfjs-layers";

import { TrainerError } from "../values/errors.ts";
import { leavesWithin, type Layer } from "./layer-tree.ts";

/** Layers whose weights of two or more axes scale values, and do not mix them. */
const SCALING: ReadonlySet<string> = new Set(["PReLU", "LayerNormalization"]);

/**
 * The blocks of a network, in the order of its layers. Each begins with a layer that has a kernel, such as a convolution or a dense
 * layer, and has all layers up to the next one; the first one has those before it, too.
 */
export function blocksOf(network: LayersModel): readonly (readonly Layer[])[] {
  const blocks: Layer[][] = [[]];
  let hasBegun = false;
  for (const layer of leavesWithin(network)) {
    if (hasKernel(layer) && hasBegun) blocks.push([]);
    hasBegun ||= hasKernel(layer);
    blocks.at(-1)?.push(layer);
  }
  return blocks;
}

/** Whether a layer without layers in it begins a block. */
export function hasKernel(layer: Layer): boolean {
  return !SCALING.has(layer.getClassName()) && layer.weights.some(({ shape }) => shape.length > 1);
}

/**
 * Freezes the first `count` blocks, as Keras does with `trainable = False`: their weights get no gradients, and their BatchNorm
 * layers normalize with the statistics that they have.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` if no block with weights is left to train
 */
export function freezeBlocks(network: LayersModel, count: number): void {
  if (count === 0) return;
  const blocks = blocksOf(network);
  const frozen = blocks.slice(0, count).flat();
  const before = new Map(frozen.map((layer) => [layer, layer.trainable]));
  for (const layer of frozen) layer.trainable = false;
  if (count < blocks.length && network.trainableWeights.length > 0) return;
  for (const [layer, trainable] of before) layer.trainable = trainable;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected fewer frozen blocks than all of the ${blocks.length} blocks of the network, but received ${count}`,
    blocks.length === 1 ? "Freeze none." : `Freeze at most ${blocks.length - 1}.`,
  );
}
