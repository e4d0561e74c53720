// Networks of the user's own: built with the run's random numbers, and checked for what the training would have to ignore.

import type { LayersModel } from "@tensorflow/tfjs-layers";

import { disposedWith, withAddedWeights } from "./added-weights.ts";
import { TrainerError } from "../values/errors.ts";
import type { Generator } from "../values/generator.ts";
import { described, layersWithin } from "./layer-tree.ts";
import type { NetworkShape } from "./reference-network.ts";
import { withDrawsOf } from "./seeded-draws.ts";
import { stagesOf } from "./stages.ts";

/**
 * Makes a network for pictures of that shape: `[batch, height, width, 1]`, each pixel 0 or 1, ─▶ `[batch, classes]`
 * probabilities by softmax. It is a `tf.sequential` or a `tf.model` of `@tensorflow/tfjs-layers`, made anew at each call: the
 * training frees it. Whatever the network says is done: regularizers are part of the loss, constraints hold after each step,
 * and what initializers, dropout and noise draw without a seed of their own comes from the run's seed; weights that are given
 * stay as they are. Only BatchNormalization's momentum has no effect: its statistics are computed after each epoch. A layer
 * that cannot be trained or saved is refused by its name.
 */
export type NetworkBuilder = (shape: NetworkShape) => LayersModel;

/** The optimizer and the loss of a training, by the names that `compile` knows them by. */
const COMPILED = { optimizer: "Adam", learningRate: 0.001, loss: "categoricalCrossentropy" } as const;

/**
 * The network that `build` makes. What it draws is drawn from `generator`.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` if it is no such network, or has settings that the training would not honour;
 * `CANNOT_LEARN` if a layer gives the same for every picture; and what `build` throws
 */
export function ownNetwork(build: NetworkBuilder, shape: NetworkShape, generator: Generator): LayersModel {
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
    throw refusal(
      `a network that tf.sequential or tf.model of @tensorflow/tfjs-layers returns, but received ${nameOf(built)}`,
      "Return the network from the function itself, not as a promise.",
    );
  }
  if (isDisposed(built)) {
    throw refusal(
      `a network that is made anew, but ${built.name} has been disposed of`,
      "Make the network within the function: a training frees it at its end.",
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
  return typeof value === "object" && value !== null ? `a ${value.constructor?.name ?? "plain object"}` : String(value);
}

function checkShapes({ inputs, outputs }: LayersModel, { width, height, classes }: NetworkShape): void {
  // A network that is not built yet has neither.
  const [taken, given] = [inputs ?? [], outputs ?? []].map((ends) => ends.map(({ shape }) => shape));
  const text = (shapes: typeof taken): string =>
    (shapes ?? []).map((shape) => shape.slice(1).join(" x ")).join(" and ") || "nothing";
  const expected = [`${height} x ${width} x 1`, `${classes}`];
  const received = [text(taken), text(given)];
  if (received.join() !== expected.join()) {
    throw refusal(
      `a network from ${expected.join(" to ")}, but received one from ${received.join(" to ")}`,
      "Give its first layer inputShape: [height, width, 1], and its last layer units: classes.",
    );
  }
  const [batch] = taken?.[0] ?? [];
  if (typeof batch === "number") {
    throw refusal(
      `a network for batches of any size, but received one for batches of ${batch}`,
      "Give its first layer inputShape instead of batchInputShape, and leave stateful out: batches differ in size, and each picture stands for itself.",
    );
  }
}

function checkLayers(network: LayersModel): void {
  for (const layer of layersWithin(network)) {
    if ((layer.getConfig()["activityRegularizer"] ?? undefined) !== undefined) {
      throw refusal(
        `regularizers of weights, but ${described(layer)} has one of its activity, which TensorFlow.js does not compute`,
        "Leave activityRegularizer out, or use a kernelRegularizer.",
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
      `Expected layers that give something of their pictures, but ${described(constant)} normalizes one value, and gives the same for every picture`,
      "Normalize over an axis of several values, or leave the layer out.",
    );
  }
  if (network.trainableWeights.length === 0) {
    throw refusal("a network with weights to train, but all of them are frozen", "Set trainable: true for a layer.");
  }
}

/** Refuses a network that was compiled for another training than this one. */
function checkCompiled({ optimizer, loss }: LayersModel): void {
  if ((optimizer ?? undefined) === undefined) return;
  const compiled = [
    optimizer.getClassName(),
    Number(optimizer.getConfig()["learningRate"]),
    ...[loss].flat().map((each) => (typeof each === "string" ? each : "another loss")),
  ].join(", ");
  const expected = Object.values(COMPILED).join(", ");
  if (compiled !== expected) {
    throw refusal(
      `a network that is not compiled, or compiled for ${expected}, but it is compiled for ${compiled}`,
      "Leave compile out: train() has its own optimizer and loss.",
    );
  }
}

function refusal(expected: string, hint: string): TrainerError {
  return new TrainerError("INVALID_ARGUMENT", `Expected ${expected}`, hint);
}
