// A network as the stages of its computation: layers that are computed together become one stage.

import { model, type LayersModel } from "@tensorflow/tfjs-layers";

import { isBatchNorm } from "./batch-norm.ts";
import { TrainerError } from "../values/errors.ts";
import { hasKernel } from "./frozen-blocks.ts";
import { described, frozenWithin, isModel, layersWithin, leavesWithin, type Layer } from "./layer-tree.ts";

/** A unit of computation. */
export type Stage =
  /** Conv2D with ReLU, followed by MaxPooling2D 2x2: the map between them is never stored. */
  | { readonly kind: "convPool"; readonly layer: Layer; readonly pool: Layer }
  | {
      readonly kind: "batchNorm";
      readonly layer: Layer;
      /** Whether it always normalizes with the population's statistics. */
      readonly isFrozen: boolean;
    }
  | { readonly kind: "dropout"; readonly layer: Layer; readonly rate: number }
  /** The last layer without its softmax: the loss is more accurate on logits. */
  | { readonly kind: "logits"; readonly layer: Layer }
  /** Any other layer, applied as a whole. */
  | {
      readonly kind: "layer";
      readonly layer: Layer;
      /** BatchNorm layers nested in it. */
      readonly norms: readonly Layer[];
      /** Those of them that always normalize with the population's statistics. */
      readonly frozenNorms: ReadonlySet<Layer>;
      /** Whether it creates masks of time steps, or passes them on. */
      readonly masks: boolean;
    };

/**
 * The stages of `network`, in order.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` unless it ends with softmax over the classes
 */
export function stagesOf(network: LayersModel): readonly Stage[] {
  const chain = chainOf(network);
  const last = chain.at(-1);
  if (last === undefined || !endsWithSoftmax(last)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network that ends with softmax, but it ${last === undefined ? "is empty" : `ends with ${described(last)}`}`,
      'End it with layers.dense({ units: classes, activation: "softmax" }).',
    );
  }
  // A separate softmax layer is omitted: the loss is computed from the logits before it.
  const all = isDense(last) ? chain : chain.slice(0, -1);
  const frozen = new Set(frozenWithin(network));
  const stages: Stage[] = [];
  for (let index = 0; index < all.length; index++) {
    const layer = all[index] as Layer;
    const next = all[index + 1];
    const rate = layer.getClassName() === "Dropout" ? drawnRateOf(layer) : undefined;
    if (next !== undefined && isConvPool(layer, next)) {
      stages.push({ kind: "convPool", layer, pool: next });
      index++;
    } else if (isBatchNorm(layer)) stages.push({ kind: "batchNorm", layer, isFrozen: frozen.has(layer) });
    else if (rate !== undefined) stages.push({ kind: "dropout", layer, rate });
    else if (layer === last) stages.push({ kind: "logits", layer });
    else stages.push(wholeLayer(layer, frozen));
  }
  return stages;
}

/** Whether what the stage at `index` gets is what one block of the network gives to the next: features come from it. */
export function beginsBlock(stages: readonly Stage[], index: number): boolean {
  const stage = stages[index];
  if (stage === undefined) return false;
  return index === stages.length - 1 || (index > 0 && leavesWithin(stage.layer).some(hasKernel));
}

function wholeLayer(layer: Layer, frozen: ReadonlySet<Layer>): Stage {
  const within = layersWithin(layer);
  const masks = layer.supportsMasking && (!isModel(layer) || within.some(isMaskSource));
  const norms = within.filter(isBatchNorm);
  const frozenNorms = new Set(norms.filter((norm) => frozen.has(norm)));
  return { kind: "layer", layer, norms, frozenNorms, masks };
}

/**
 * The same stages for an evaluation, with the feature map within a model with branches between two of them: the layers that follow
 * its last map one after the other are stages of their own.
 */
export function withInnerMap(stages: readonly Stage[]): readonly Stage[] {
  return stages.flatMap((stage) => (stage.kind === "layer" && isModel(stage.layer) ? innerStages(stage) : [stage]));
}

function innerStages(stage: Extract<Stage, { readonly kind: "layer" }>): readonly Stage[] {
  const { inputs, outputs } = stage.layer as LayersModel;
  const tail: Layer[] = [];
  let [end] = outputs;
  while (end !== undefined && end.shape.length !== MAP_RANK && end.inputs.length === 1) {
    tail.unshift(end.sourceLayer);
    [end] = end.inputs;
  }
  if (end === undefined || end.shape.length !== MAP_RANK || tail.length === 0 || inputs.includes(end)) return [stage];
  // Never disposed of: its layers belong to the network.
  const trunk = model({ inputs, outputs: end });
  return [trunk, ...tail].map((layer) => wholeLayer(layer, new Set()));
}

/** `[batch, rows, columns, channels]`. */
const MAP_RANK = 4;

/**
 * The sequence of layers that a network applies. Nested models that are chains are flattened. In a model with branches, all
 * but the last layer are combined into one model.
 *
 * @param place index of the output to use, if a nested model has several
 */
function chainOf(network: LayersModel, place = 0): readonly Layer[] {
  const { layers } = network;
  if (isSequential(network)) {
    return layers
      .filter((layer) => layer.getClassName() !== "InputLayer")
      .flatMap((layer, index) =>
        isModel(layer) && (isSequential(layer) || index === layers.length - 1) ? chainOf(layer) : [layer],
      );
  }
  const output = network.outputs[place];
  if (output === undefined) return [];
  const { sourceLayer: last, inputs, outputTensorIndex } = output;
  // Never disposed of: its layers belong to the network.
  const trunk = model({ inputs: network.inputs, outputs: inputs });
  return [trunk, ...(isModel(last) ? chainOf(last, outputTensorIndex) : [last])];
}

function isSequential(layer: Layer): boolean {
  return layer.getClassName() === "Sequential";
}

function isDense(layer: Layer): boolean {
  return layer.getClassName() === "Dense";
}

/** Whether the layer's outputs are class probabilities. */
function endsWithSoftmax(layer: Layer): boolean {
  const { activation, axis } = layer.getConfig();
  switch (layer.getClassName()) {
    case "Dense":
    case "Activation":
      return activation === "softmax";
    case "Softmax":
      return axis === -1 || axis === 1;
    default:
      return false;
  }
}

/**
 * The rate of a dropout layer whose masks the generator draws, one number per value. Layers with a seed or a noise shape draw
 * their masks in TensorFlow.js, where a rate of 1 drops nothing.
 */
function drawnRateOf(layer: Layer): number | undefined {
  const { rate, seed, noiseShape } = layer.getConfig();
  return typeof rate === "number" && rate < 1 && (seed ?? noiseShape ?? undefined) === undefined ? rate : undefined;
}

/** Whether the layer creates a mask of time steps. */
function isMaskSource(layer: Layer): boolean {
  return layer.getClassName() === "Masking" || layer.getConfig()["maskZero"] === true;
}

/** Whether `convReluMaxPool` of training-wasm can compute the two layers. */
function isConvPool(layer: Layer, next: Layer): boolean {
  if (layer.getClassName() !== "Conv2D" || next.getClassName() !== "MaxPooling2D") return false;
  const convolution = layer.getConfig();
  const pool = next.getConfig();
  const isEach = (sizes: unknown, size: number): boolean => [sizes].flat().every((each) => each === size);
  const isChannelsLast = (settings: typeof pool): boolean => settings["dataFormat"] !== "channelsFirst";
  return (
    isChannelsLast(convolution) &&
    isChannelsLast(pool) &&
    convolution["padding"] === "valid" &&
    isEach(convolution["strides"], 1) &&
    isEach(convolution["dilationRate"] ?? 1, 1) &&
    convolution["activation"] === "relu" &&
    convolution["useBias"] === true &&
    Number(convolution["filters"]) % 4 === 0 &&
    pool["padding"] === "valid" &&
    isEach(pool["poolSize"], 2) &&
    isEach(pool["strides"], 2)
  );
}
