// A network that starts from the weights of a trained one, as for fine-tuning.

import type { Variable } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

import { TrainerError } from "../values/errors.ts";
import { described, leavesWithin, type Layer } from "./layer-tree.ts";

/** A trained network, and the classes that it tells apart. */
export interface TrainedNetwork {
  /** The network. */
  readonly network: LayersModel;
  /** What it is for. */
  readonly description: {
    /** Class names, in the order of its outputs. */
    readonly labels: readonly string[];
  };
  /** Checksum of the model: 8 hexadecimal digits. */
  readonly crc32: string;
}

/**
 * Copies the weights of `trained` to `network`, layer by layer, with the statistics of BatchNorm layers. The last layer with weights
 * keeps its own if the classes, or their order, differ.
 *
 * @param labels classes of `network`
 * @throws {TrainerError} `INVALID_ARGUMENT` with the first layer that is of another class, or has weights of other shapes; then no
 * weight is changed
 */
export function startFrom(network: LayersModel, trained: TrainedNetwork, labels: readonly string[]): void {
  const end = hasSameClasses(trained, labels) ? undefined : -1;
  const layersOf = (each: LayersModel): readonly Layer[] =>
    leavesWithin(each)
      .filter(({ weights }) => weights.length > 0)
      .slice(0, end);
  const [taught, teachers] = [layersOf(network), layersOf(trained.network)];
  for (let place = 0; place < Math.max(taught.length, teachers.length); place++) {
    const [expected, received] = [formOf(taught[place]), formOf(teachers[place])];
    if (received === expected) continue;
    const layer = taught[place];
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a model to start from with ${expected} as its layer ${place + 1} with weights` +
        `${layer === undefined ? "" : `, as ${described(layer)} of the network`}, but it has ${received}`,
      "Train with the recipe, size and network of that model, or without it.",
    );
  }
  for (const [place, layer] of taught.entries()) {
    for (const [index, weight] of layer.weights.entries()) {
      const value = teachers[place]?.weights[index]?.read();
      if (value !== undefined) (weight.read() as Variable).assign(value);
    }
  }
}

/** Whether `trained` tells the same classes apart, in the same order, so that its last layer fits, too. */
export function hasSameClasses(
  { description }: Pick<TrainedNetwork, "description">,
  labels: readonly string[],
): boolean {
  return (
    description.labels.length === labels.length && description.labels.every((label, place) => label === labels[place])
  );
}

/** Class and shapes of the weights of a layer, as text. */
function formOf(layer: Layer | undefined): string {
  if (layer === undefined) return "none";
  return `${layer.getClassName()} of ${layer.weights.map(({ shape }) => shape.join(" x ")).join(", ")}`;
}
