// For tests: custom networks, built as a training builds them, and their results.

import { Learner } from "../training/learner.ts";
import { tensor2d, tensor4d } from "@tensorflow/tfjs-core";
import { layers, sequential, type LayersModel } from "@tensorflow/tfjs-layers";
import { onTestFinished } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import type { Backend } from "../backend/operations.ts";
import type { Batch } from "../network/batch.ts";
import { Classifier } from "../network/classifier.ts";
import { Generator } from "../values/generator.ts";
import type { Layer } from "../network/layer-tree.ts";
import { customNetwork, type NetworkBuilder } from "../network/custom-network.ts";
import { SHAPE } from "./layer-networks.ts";

/** Rows, columns and channels of a picture. */
export const PICTURE: number[] = [SHAPE.height, SHAPE.width, 1];

/** Settings for convolutions where they do not matter. */
export const CONV = { filters: 4, kernelSize: 3 } as const;

/** A backend that supports every layer. */
export async function backendForLayers(): Promise<Backend> {
  // TensorFlow.js' orthogonal initializer needs them.
  await import("@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js");
  return startBackend("auto");
}

/** A network with these layers between a picture, reshaped to `takes`, and the classes. */
export function chain(takes: readonly number[], ...between: readonly Layer[]): LayersModel {
  const network = sequential();
  network.add(layers.reshape({ inputShape: [...PICTURE], targetShape: [...takes] }));
  for (const layer of between) network.add(layer);
  if ((network.outputs[0]?.shape.length ?? 0) > 2) network.add(layers.flatten());
  network.add(layers.dense({ units: SHAPE.classes, activation: "softmax" }));
  return network;
}

/** Disposed of after the test. */
export function networkOf(build: NetworkBuilder, seed = 1): LayersModel {
  const network = customNetwork(build, SHAPE, Generator.ofSeed(seed));
  onTestFinished(() => void network.dispose());
  return network;
}

/** Disposed of after the test. */
export function classifierOf(build: NetworkBuilder, backend: Backend): Classifier {
  return new Classifier(networkOf(build), backend);
}

/** Disposed of after the test. */
export function learnerOf(build: NetworkBuilder, backend: Backend): Learner {
  const learner = new Learner(classifierOf(build, backend), backend);
  onTestFinished(() => learner.dispose());
  return learner;
}

/** Pictures of random pixels, with alternating classes; disposed of after the test. */
export function drawnBatch(pictures: number): Batch {
  const generator = Generator.ofSeed(5);
  const pixels = Float32Array.from({ length: pictures * 64 }, () => Number(generator.uniform() < 0.5));
  const hot = Float32Array.from({ length: 3 * pictures }, (_, at) => Number(at % 3 === Math.floor(at / 3) % 3));
  const batch = { pictures: tensor4d(pixels, [pictures, 8, 8, 1]), labels: tensor2d(hot, [pictures, 3]) };
  onTestFinished(() => Object.values(batch).forEach((each) => each.dispose()));
  return batch;
}

/** Loss of a step with the batch's own statistics. */
export function lossWithoutNoise(classifier: Classifier, batch: Batch): number {
  const { gradients, loss } = classifier.gradients(batch, { kind: "statistics", report: () => undefined });
  for (const gradient of Object.values(gradients)) gradient.dispose();
  return loss;
}

/** Duplicates of all weights. */
export function valuesOf(network: LayersModel): readonly Float32Array[] {
  return network.weights.map((weight) => weight.read().dataSync<"float32">().slice());
}
