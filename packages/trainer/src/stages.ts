// A network as the steps of its computation: layers that are computed in one go become one stage.

import type { layers, Sequential } from "@tensorflow/tfjs-layers";

import { TrainerError } from "./errors.ts";

/** A layer of a network. */
export type Layer = ReturnType<typeof layers.dense>;

/** What is computed at once. */
export type Stage =
  /** Conv2D with ReLU, and MaxPooling2D 2x2 after it: the map between them is never held. */
  | { readonly kind: "convPool"; readonly layer: Layer; readonly pool: Layer }
  /** BatchNormalization over the last axis. */
  | { readonly kind: "batchNorm"; readonly layer: Layer; readonly epsilon: number }
  | { readonly kind: "dropout"; readonly layer: Layer; readonly rate: number }
  /** The last layer without its softmax: the loss is more exact on these. */
  | { readonly kind: "logits"; readonly layer: Layer }
  /** Any other layer, as it is. */
  | { readonly kind: "layer"; readonly layer: Layer };

/**
 * The stages of `network`, in order.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` unless its last layer is Dense with softmax
 */
export function stagesOf(network: Sequential): readonly Stage[] {
  const stages: Stage[] = [];
  const { layers: all } = network;
  for (let index = 0; index < all.length; index++) {
    const layer = all[index] as Layer;
    const next = all[index + 1] as Layer | undefined;
    const settings = layer.getConfig();
    switch (layer.getClassName()) {
      case "Conv2D":
        if (next !== undefined && isConvPool(layer, next)) {
          stages.push({ kind: "convPool", layer, pool: next });
          index++;
        } else stages.push({ kind: "layer", layer });
        break;
      case "BatchNormalization":
        stages.push(
          settings["axis"] === -1 && settings["scale"] === true && settings["center"] === true
            ? { kind: "batchNorm", layer, epsilon: settings["epsilon"] as number }
            : unsupported(layer, "over the last axis, with scale and offset"),
        );
        break;
      case "Dropout":
        stages.push({ kind: "dropout", layer, rate: settings["rate"] as number });
        break;
      case "Dense":
        stages.push({ kind: next === undefined ? "logits" : "layer", layer });
        break;
      default:
        stages.push({ kind: "layer", layer });
    }
  }
  const last = stages.at(-1);
  if (last?.kind !== "logits" || last.layer.getConfig()["activation"] !== "softmax") {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network whose last layer is Dense with softmax, but it is ${last?.layer.getClassName() ?? "empty"}`,
      'End it with layers.dense({ units: classes, activation: "softmax" }).',
    );
  }
  return stages;
}

/** Whether `convReluMaxPool` of training-wasm computes the two. */
function isConvPool(layer: Layer, next: Layer): boolean {
  const convolution = layer.getConfig();
  const pool = next.getConfig();
  const isEach = (sizes: unknown, size: number): boolean => [sizes].flat().every((each) => each === size);
  return (
    convolution["padding"] === "valid" &&
    isEach(convolution["strides"], 1) &&
    isEach(convolution["dilationRate"] ?? 1, 1) &&
    convolution["activation"] === "relu" &&
    convolution["useBias"] === true &&
    Number(convolution["filters"]) % 4 === 0 &&
    next.getClassName() === "MaxPooling2D" &&
    pool["padding"] === "valid" &&
    isEach(pool["poolSize"], 2) &&
    isEach(pool["strides"], 2)
  );
}

function unsupported(layer: Layer, expected: string): never {
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected ${layer.getClassName()} ${expected}, but ${layer.name} is set otherwise`,
    "Leave these settings of the layer at their defaults.",
  );
}
