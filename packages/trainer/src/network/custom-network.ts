// The user's own networks: built with the run's random numbers, and checked for settings that training would have to ignore.

import { LayersModel } from "@tensorflow/tfjs-layers";

import { disposedWith, withAddedWeights } from "./added-weights.ts";
import { TrainerError } from "../values/errors.ts";
import type { Generator } from "../values/generator.ts";
import { described, layersWithin } from "./layer-tree.ts";
import type { NetworkShape } from "./reference-network.ts";
import { withDrawsOf } from "./seeded-draws.ts";
import { stagesOf } from "./stages.ts";

/**
 * Builds a network for pictures of the given shape: `[batch, height, width, channels]` ─▶ `[batch, classes]`
 * probabilities by softmax. The pixels are 0 and 1 in the recipe `article`, and -1 to 1 in the others. Returns a new `tf.sequential` or `tf.model` of `@tensorflow/tfjs-layers` at each call; the
 * training disposes of it. All settings of the network apply: regularizers are part of the loss, constraints hold after each
 * step, and what initializers, dropout and noise draw without their own seed comes from the run's seed; given weights are
 * kept. Only the momentum of BatchNormalization has no effect: its statistics are computed after each epoch. Frozen, it
 * normalizes with the statistics that it has, as in Keras. A layer that
 * cannot be trained or saved is rejected by name.
 */
export type NetworkBuilder = (shape: NetworkShape) => LayersModel;

/** Optimizer and loss of a training, as `compile` names them. */
const COMPILED = { optimizer: "Adam", learningRate: 0.001, loss: "categoricalCrossentropy" } as const;

/**
 * Builds and checks a network. Random numbers are drawn from `generator`.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` if it is not a valid network, or has settings that training would ignore;
 * `CANNOT_LEARN` if a layer has the same output for every picture; and what `build` throws
 */
export function customNetwork(build: NetworkBuilder, shape: NetworkShape, generator: Generator): LayersModel {
  const { built, weights } = withAddedWeights(() => builtBy(build, shape, generator));
  disposedWith(built, weights);
  try {
    checkShapes(built, shape);
    checkLayers(built);
    checkCompiled(built);
    stagesOf(built);
    return built;
  } catch (error) {
    built.dispose();
    throw error;
  }
}

function builtBy(build: NetworkBuilder, shape: NetworkShape, generator: Generator): LayersModel {
  const built: unknown = withDrawsOf(generator, () => build(shape));
  if (!isNetwork(built)) {
    throw rejection(
      `a network that tf.sequential or tf.model of @tensorflow/tfjs-layers returns, but received ${nameOf(built)}`,
      "Return the network from the function itself, not as a promise.",
    );
  }
  if (!(built instanceof LayersModel)) {
    throw rejection(
      `a network of the @tensorflow/tfjs-layers that silhouette uses, but ${(built as LayersModel).name} is of another copy of it`,
      "Import @tensorflow/tfjs-layers in the version that silhouette depends on, and install it only once: npm ls @tensorflow/tfjs-layers.",
    );
  }
  if (isDisposed(built)) {
    throw rejection(
      `a newly built network, but ${built.name} has been disposed of`,
      "Build the network within the function: the training disposes of it.",
    );
  }
  return built;
}

function isNetwork(built: unknown): built is LayersModel {
  return typeof built === "object" && built !== null && "getClassName" in built && "layers" in built;
}

function isDisposed({ weights }: LayersModel): boolean {
  try {
    for (const weight of weights) weight.read();
    return false;
  } catch {
    return true;
  }
}

function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const name = value.constructor?.name ?? "Object";
  return name === "Object" ? "a plain object" : `a ${name}`;
}

function checkShapes({ inputs, outputs }: LayersModel, { width, height, channels = 1, classes }: NetworkShape): void {
  // A network that is not built has neither.
  const [taken, given] = [inputs ?? [], outputs ?? []].map((ends) => ends.map(({ shape }) => shape));
  const text = (shapes: typeof taken): string =>
    (shapes ?? []).map((shape) => shape.slice(1).join(" x ")).join(" and ") || "nothing";
  const expected = [`${height} x ${width} x ${channels}`, `${classes}`];
  const received = [text(taken), text(given)];
  if (received.join() !== expected.join()) {
    throw rejection(
      `a network from ${expected.join(" to ")}, but received one from ${received.join(" to ")}`,
      "Give its first layer inputShape: [height, width, channels], and its last layer units: classes.",
    );
  }
  const [batch] = taken?.[0] ?? [];
  if (typeof batch === "number") {
    throw rejection(
      `a network for batches of any size, but received one for batches of ${batch}`,
      "Give its first layer inputShape instead of batchInputShape, and omit stateful: batches differ in size, and pictures are independent of one another.",
    );
  }
}

function checkLayers(network: LayersModel): void {
  for (const layer of layersWithin(network)) {
    if ((layer.getConfig()["activityRegularizer"] ?? undefined) !== undefined) {
      throw rejection(
        `regularizers of weights, but ${described(layer)} has an activity regularizer, which TensorFlow.js does not compute`,
        "Omit activityRegularizer, or use a kernelRegularizer.",
      );
    }
  }
  const constant = layersWithin(network).find(
    (layer) =>
      layer.getClassName() === "LayerNormalization" &&
      layer.weights.length > 0 &&
      layer.weights.every(({ shape }) => shape.every((side) => side === 1)),
  );
  if (constant !== undefined) {
    throw new TrainerError(
      "CANNOT_LEARN",
      `Expected layers whose output depends on the picture, but ${described(constant)} normalizes a single value, and its output is always the same`,
      "Normalize over an axis with several values, or remove the layer.",
    );
  }
  if (network.trainableWeights.length === 0) {
    throw rejection("a network with trainable weights, but all of them are frozen", "Set trainable: true for a layer.");
  }
}

/** Rejects a network compiled with another optimizer or loss. */
function checkCompiled({ optimizer, loss }: LayersModel): void {
  if ((optimizer ?? undefined) === undefined) return;
  const compiled = [
    optimizer.getClassName(),
    Number(optimizer.getConfig()["learningRate"]),
    ...[loss].flat().map((each) => (typeof each === "string" ? each : "another loss")),
  ].join(", ");
  const expected = Object.values(COMPILED).join(", ");
  if (compiled !== expected) {
    throw rejection(
      `a network that is not compiled, or compiled for ${expected}, but it is compiled for ${compiled}`,
      "Remove the call of compile: train() has its own optimizer and loss.",
    );
  }
}

function rejection(expected: string, hint: string): TrainerError {
  return new TrainerError("INVALID_ARGUMENT", `Expected ${expected}`, hint);
}
