// A trial step on blank pictures before training: finds layers that cannot be computed or differentiated.

import {
  grads,
  oneHot,
  sum,
  tensor1d,
  tidy,
  zeros,
  type Rank,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  type Variable,
} from "@tensorflow/tfjs-core";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import type { Batch } from "./batch.ts";
import type { Classifier } from "./classifier.ts";
import { TrainerError } from "../values/errors.ts";
import { Generator } from "../values/generator.ts";
import { withTape } from "./gradient-tape.ts";
import { described, type Layer } from "./layer-tree.ts";

/** Pictures per trial step: enough for every batch normalization. */
const PICTURES = 2;

/**
 * Computes a step without changing the network.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` with the layer that fails, or with a weight that gets no gradient
 */
export function rehearse(classifier: Classifier): void {
  const { network } = classifier;
  checkEmbeddings(network);
  let trained: readonly string[];
  try {
    trained = computeOrExplain(() => rehearsalStep(classifier, PICTURES));
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    const culprit = tidy(() => failingLayer(network));
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network that can be trained, but ${culprit ?? "a step of it"} fails: ${reason}`,
      "Use another layer instead, or move it before all layers with weights.",
      { cause },
    );
  }
  const idle = network.trainableWeights.find((weight) => !trained.includes((weight.read() as Variable).name));
  if (idle !== undefined) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network whose weights can all be trained, but no gradient reaches ${idle.originalName}`,
      "Freeze the layer with trainable: false, or remove the layers after it that cannot be differentiated.",
    );
  }
}

/** Computes gradients for blank pictures, and returns the names of the variables that have one. */
export function rehearsalStep(classifier: Classifier, pictures: number): string[] {
  const { network } = classifier;
  const classes = network.outputs[0]?.shape.at(-1) ?? 0;
  return tidy(() => {
    const labels = oneHot(tensor1d(new Int32Array(pictures), "int32"), classes) as Tensor2D;
    const batch: Batch = { pictures: blankPictures(network, pictures), labels };
    const { gradients } = classifier.gradients(batch, { kind: "training", generator: Generator.ofSeed(0) });
    return Object.keys(gradients);
  });
}

function blankPictures(network: LayersModel, pictures: number): Tensor4D {
  const [, height, width, channels] = network.inputs[0]?.shape ?? [];
  return zeros<Rank.R4>([pictures, height ?? 0, width ?? 0, channels ?? 0]);
}

/** Rejects Embedding layers after layers with weights: TensorFlow.js uses the indices themselves as their gradient. */
function checkEmbeddings({ layers }: LayersModel): void {
  for (const layer of layers) {
    if (layer.getClassName() !== "Embedding" || !isAfterWeights(layer.input as SymbolicTensor)) continue;
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network whose weights can all be trained, but no gradient goes through ${described(layer)}`,
      "Move it before all layers with weights.",
    );
  }
}

/** Whether a layer, or one before it, has trainable weights. */
function isAfterWeights({ sourceLayer, inputs }: SymbolicTensor): boolean {
  return sourceLayer.trainableWeights.length > 0 || inputs.some(isAfterWeights);
}

/**
 * The first layer that cannot be computed or differentiated, or otherwise the first whose output has another shape than
 * declared.
 */
function failingLayer({ layers }: LayersModel): string | undefined {
  let misshapen: Layer | undefined;
  for (const layer of layers) {
    const [node] = layer.inboundNodes;
    if (node === undefined || layer.getClassName() === "InputLayer") continue;
    const shapes = (Array.isArray(node.inputShapes[0]) ? node.inputShapes : [node.inputShapes]) as (number | null)[][];
    const inputs = shapes.map((shape) => zeros([PICTURES, ...shape.slice(1).map((side) => side ?? 1)]));
    const apply = (...each: Tensor[]): Tensor =>
      layer.apply(each.length === 1 ? (each[0] as Tensor) : each, { training: true }) as Tensor;
    try {
      withTape(() => grads((...each) => sum(apply(...each)))(inputs));
      const expected = [layer.outputShape].flat().slice(1);
      if (
        apply(...inputs)
          .shape.slice(1)
          .join() !== expected.join()
      )
        misshapen ??= layer;
    } catch {
      return described(layer);
    }
  }
  return misshapen && described(misshapen);
}
