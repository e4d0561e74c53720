// A network of the same layers as another one, for other classes if need be: how a training continues with a network that was imported.

import { type LayersModel, type Sequential } from "@tensorflow/tfjs-layers";

import { TrainerError } from "../values/errors.ts";
import type { NetworkBuilder } from "./custom-network.ts";

/** The configuration of a layer or a model, as TensorFlow.js' `getConfig` returns it. */
interface LayerConfig {
  readonly className: string;
  readonly config: Record<string, unknown> & { readonly name?: unknown };
  readonly inboundNodes?: unknown;
}

/** Layers without weights that may follow the one that tells classes apart. */
const ENDS: ReadonlySet<string> = new Set(["Activation", "Softmax", "Dropout"]);

/**
 * Builds networks like `network`, with new weights and as many classes as a training has.
 *
 * @param network must not be disposed of before the first call
 * @param run the run that it is of, used in error messages
 */
export function likeNetwork(network: LayersModel, run: string): NetworkBuilder {
  return ({ width, height, channels = 1, classes }) => {
    const [, ownHeight, ownWidth, ownChannels] = network.inputs[0]?.shape ?? [];
    if (ownWidth !== width || ownHeight !== height || ownChannels !== channels) {
      throw new TrainerError(
        "INVALID_ARGUMENT",
        `Expected pictures of ${ownWidth} x ${ownHeight} with ${ownChannels} channels, as the network that was imported to ${run} sees them, but received ${width} x ${height} with ${channels}`,
        `Train with --size ${ownWidth}x${ownHeight}, and with the --input of that run.`,
      );
    }
    // A copy, for its number of classes may change.
    const config = JSON.parse(JSON.stringify(network.getConfig())) as LayerConfig["config"];
    setClasses({ className: network.getClassName(), config }, classes, run);
    const { constructor } = network as unknown as { readonly constructor: typeof Sequential };
    return constructor.fromConfig(constructor, config as never) as unknown as LayersModel;
  };
}

/** Sets the number of units of the last dense layer. */
function setClasses(model: LayerConfig, classes: number, run: string): void {
  const last = lastLayer(model);
  if (last?.className === "Dense") last.config["units"] = classes;
  else if (last !== undefined && "layers" in last.config) setClasses(last, classes, run);
  else {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network whose classes a dense layer tells apart in ${run}, but it ends with ${last?.className ?? "nothing"}`,
      "Train with a network of your own (--network), or without --init.",
    );
  }
}

/** The last layer that may have weights: of a chain, or on the way back from a graph's output. */
function lastLayer({ className, config }: LayerConfig): LayerConfig | undefined {
  const layers = config["layers"] as readonly LayerConfig[];
  if (className === "Sequential") return layers.findLast((layer) => !ENDS.has(layer.className));
  const named = (place: unknown): LayerConfig | undefined =>
    layers.find(({ config: { name } }) => Array.isArray(place) && name === place[0]);
  let layer = named((config["outputLayers"] as readonly unknown[])[0]);
  while (layer !== undefined && ENDS.has(layer.className)) {
    const [call] = layer.inboundNodes as readonly (readonly unknown[])[];
    layer = named(call?.[0]);
  }
  return layer;
}
