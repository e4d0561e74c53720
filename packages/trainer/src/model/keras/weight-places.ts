// Where the weights of a network are in the HDF5 file of a Keras 3 model: `layers/conv2d_1/vars/0`.
//
// Keras 3 names groups after classes, not after layers, and counts them in the order of the model's layers. Within a layer, weights are
// numbered.

import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Variable } from "@tensorflow/tfjs-core";

import { isModel, type Layer } from "../../network/layer-tree.ts";
import { described, isConfig, type Config } from "./settings.ts";

/** A weight, and the path of its values. */
export interface WeightPlace {
  readonly path: string;
  /** Layer and number of the weight, for messages. */
  readonly name: string;
  readonly variable: Variable;
}

/**
 * All weights of `network`.
 *
 * @param topology of the network, whose layers are in the order in which Keras 3 counts them
 */
export function weightPlaces(network: LayersModel, topology: Config): readonly WeightPlace[] {
  return placesInModel(network, topology, "");
}

function placesInModel(network: LayersModel, { config }: Config, path: string): readonly WeightPlace[] {
  const all = isConfig(config) && Array.isArray(config["layers"]) ? (config["layers"] as readonly unknown[]) : [];
  const byName = new Map(network.layers.map((layer) => [layer.name, layer]));
  const counts = new Map<string, number>();
  return all.flatMap((each) => {
    const serialized = described(each, "one of its layers");
    const layer = byName.get(String(serialized.config["name"]));
    if (layer === undefined) return [];
    const group = groupOf(layer);
    const count = counts.get(group) ?? 0;
    counts.set(group, count + 1);
    return placesIn(layer, { ...serialized }, `${path}layers/${group}${count === 0 ? "" : `_${count}`}/`);
  });
}

/** Properties in which layers hold others, by the names of their groups. */
const PARTS = { forwardLayer: "forward_layer", backwardLayer: "backward_layer", layer: "layer", cell: "cell" } as const;

function placesIn(layer: Layer, topology: Config, path: string): readonly WeightPlace[] {
  if (isModel(layer)) return placesInModel(layer, topology, path);
  const parts = layer as { readonly [Part in keyof typeof PARTS]?: Layer };
  // The `layer` of Bidirectional is only a template.
  const names =
    parts.forwardLayer === undefined ? (["layer", "cell"] as const) : (["forwardLayer", "backwardLayer"] as const);
  const held = names.flatMap((name) => {
    const part = parts[name];
    return part === undefined ? [] : [{ part, path: `${path}${PARTS[name]}/`, inner: innerOf(topology) }];
  });
  if (held.length > 0) return held.flatMap(({ part, path: own, inner }) => placesIn(part, inner, own));
  return layer.weights.map((weight, index) => ({
    path: `${path}vars/${index}`,
    name: `${layer.name}/${index}`,
    variable: weight.read() as Variable,
  }));
}

/** The topology of the layer that a wrapper holds. */
function innerOf({ config }: Config): Config {
  const inner = isConfig(config) ? config["layer"] : undefined;
  return isConfig(inner) ? inner : {};
}

/** The group's name for the class of a layer: `Conv2D` becomes `conv2d`, `ReLU` becomes `re_lu`. */
function groupOf(layer: Layer): string {
  const className = isModel(layer) && layer.getClassName() !== "Sequential" ? "Functional" : layer.getClassName();
  return className
    .replaceAll(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
