// The compact network as plain TensorFlow.js layers: a twentieth of the reference network's cost, for augmented pictures.

import { layers, sequential, type Sequential } from "@tensorflow/tfjs-layers";
import { instance } from "valibot";

import { checkArgument } from "../values/arguments.ts";
import { TrainerError } from "../values/errors.ts";
import { Generator } from "../values/generator.ts";
import { INITIALIZERS, NETWORK_SHAPE, seedWeights, type NetworkCost, type NetworkShape } from "./reference-network.ts";

/** Filters of the convolutions; all but the last one are followed by pooling. */
const FILTERS = [16, 32, 64, 96, 96] as const;

/** Share of values that the dropout layer sets to 0. */
const DROPOUT_RATE = 0.2;

/** Minimum side of a picture in pixels: four times pooling must leave one pixel. */
export const SHORTEST_COMPACT_SIDE = 16;

/**
 * Builds the compact network, `[batch, height, width, channels]` ─▶ `[batch, classes]` probabilities: five Conv2D 3x3 with padding
 * `same` and without bias, the first four with MaxPooling2D 2x2, each with BatchNormalization and ReLU; then
 * GlobalAveragePooling2D, Dropout and a dense layer. Its weights are those of {@link seedWeights}. Requires a started
 * TensorFlow.js backend. The caller disposes of the network.
 *
 * For one channel and 3 classes it has 162,931 parameters, 608 of them BatchNorm's moving averages.
 *
 * @param shape size of pictures, number of channels and classes
 * @param generator draws the weights
 * @throws {TrainerError} `INVALID_ARGUMENT` for a side below 16 or fewer than 2 classes
 */
export function compactNetwork(shape: NetworkShape, generator: Generator): Sequential {
  checkArgument("compactNetwork()", "shape", NETWORK_SHAPE, shape);
  checkArgument("compactNetwork()", "generator", instance(Generator, "a Generator"), generator);
  const { width, height, channels = 1, classes } = shape;
  if (Math.min(width, height) < SHORTEST_COMPACT_SIDE) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected pictures of at least ${SHORTEST_COMPACT_SIDE} x ${SHORTEST_COMPACT_SIDE} pixels, but received ${width} x ${height}`,
      `The network pools four times, which leaves nothing of smaller pictures: use a size of ${SHORTEST_COMPACT_SIDE} or more.`,
    );
  }
  const network = sequential({ name: "silhouette-compact" });
  for (const [index, filters] of FILTERS.entries()) {
    const input = index === 0 ? { inputShape: [height, width, channels] } : {};
    network.add(layers.conv2d({ ...input, filters, kernelSize: 3, padding: "same", useBias: false, ...INITIALIZERS }));
    if (index < FILTERS.length - 1) network.add(layers.maxPooling2d({ poolSize: 2, strides: 2 }));
    network.add(layers.batchNormalization());
    network.add(layers.activation({ activation: "relu" }));
  }
  network.add(layers.globalAveragePooling2d({}));
  network.add(layers.dropout({ rate: DROPOUT_RATE }));
  network.add(layers.dense({ units: classes, activation: "softmax", ...INITIALIZERS }));
  seedWeights(network, generator);
  return network;
}

/** Cost of the compact network, counted without building it. Products with the zeros of the padding count like all others. */
export function compactNetworkCost({ width, height, channels: values = 1, classes }: NetworkShape): NetworkCost {
  let [rows, columns, channels] = [height, width, values];
  let [multiplyAddsPerPicture, parameters] = [0, 0];
  for (const filters of FILTERS) {
    multiplyAddsPerPicture += rows * columns * 9 * channels * filters;
    // Filter; then scale, offset, mean and variance.
    parameters += 9 * channels * filters + 4 * filters;
    // The last map is not pooled, but averaged: nothing is multiplied by its size.
    [rows, columns, channels] = [Math.floor(rows / 2), Math.floor(columns / 2), filters];
  }
  multiplyAddsPerPicture += channels * classes;
  parameters += channels * classes + classes;
  return { multiplyAddsPerPicture, parameters };
}
