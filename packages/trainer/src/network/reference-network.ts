// The reference network as plain TensorFlow.js layers, with seeded initial weights.

import { tensor, util } from "@tensorflow/tfjs-core";
import { layers, sequential, type Sequential } from "@tensorflow/tfjs-layers";
import { instance } from "valibot";

import { checkArgument, optional, optionsOf, wholeNumber } from "../values/arguments.ts";
import { TrainerError } from "../values/errors.ts";
import { Generator } from "../values/generator.ts";

/** Filters of the five convolution blocks. */
const FILTERS = [32, 64, 96, 96, 64] as const;

/** Units of the dense layers before the last one. */
const DENSE_UNITS = [256, 128] as const;

/** Share of values that a dropout layer sets to 0. */
const DROPOUT_RATE = 0.2;

/**
 * Minimum side of a picture in pixels: five times 3x3 valid convolution and 2x2 pooling must leave one pixel:
 * 94 ─▶ 46 ─▶ 22 ─▶ 10 ─▶ 4 ─▶ 1.
 */
export const SHORTEST_SIDE = 94;

/** Input and output shape of a network. */
export interface NetworkShape {
  /** Width of every picture in pixels: 94 or more for the reference network. */
  readonly width: number;
  /** Height of every picture in pixels: 94 or more for the reference network. */
  readonly height: number;
  /** Values per pixel: 1, or 2 for pictures of three levels. Default 1. */
  readonly channels?: number;
  /** Number of classes: 2 or more. */
  readonly classes: number;
}

export const NETWORK_SHAPE = optionsOf<NetworkShape>({
  width: wholeNumber(1, 4096),
  height: wholeNumber(1, 4096),
  channels: optional(wholeNumber(1, 16)),
  classes: wholeNumber(2, 1_000_000),
});

const generatorSchema = instance(Generator, "a Generator");

/**
 * Builds the network of the reference article, `[batch, height, width, channels]` ─▶ `[batch, classes]` probabilities: five blocks of
 * Conv2D 3x3 with ReLU, MaxPooling2D 2x2 and BatchNormalization, then Flatten and dense layers with Dropout between them. Its
 * weights are those of {@link seedWeights}. Requires a started TensorFlow.js backend, for example with `enableTraining` of
 * `@silhouette/training-wasm`. The caller disposes of the network.
 *
 * At 300 x 300 and 3 classes it has 1,050,371 parameters, 704 of them BatchNorm's moving averages.
 *
 * @param shape size of pictures, number of classes
 * @param generator draws the weights
 * @throws {TrainerError} `INVALID_ARGUMENT` for a side below 94 or fewer than 2 classes
 * @example
 * import { Generator, referenceNetwork } from "@silhouette/trainer";
 * import { enableTraining } from "@silhouette/training-wasm";
 *
 * await enableTraining();
 * const network = referenceNetwork({ width: 300, height: 300, classes: 3 }, Generator.ofSeed(0));
 * console.log(network.countParams()); // 1,050,371
 * network.dispose();
 */
export function referenceNetwork(shape: NetworkShape, generator: Generator): Sequential {
  checkArgument("referenceNetwork()", "shape", NETWORK_SHAPE, shape);
  const { width, height, channels = 1, classes } = shape;
  if (!(width >= SHORTEST_SIDE && height >= SHORTEST_SIDE)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected pictures of at least ${SHORTEST_SIDE} x ${SHORTEST_SIDE} pixels, but received ${width} x ${height}`,
      `The network pools five times, which leaves nothing of smaller pictures: prepare with a size of ${SHORTEST_SIDE} or more.`,
    );
  }
  checkArgument("referenceNetwork()", "generator", generatorSchema, generator);
  const network = sequential({ name: "silhouette" });
  for (const [index, filters] of FILTERS.entries()) {
    const input = index === 0 ? { inputShape: [height, width, channels] } : {};
    network.add(layers.conv2d({ ...input, filters, kernelSize: 3, activation: "relu", ...INITIALIZERS }));
    network.add(layers.maxPooling2d({ poolSize: 2, strides: 2 }));
    network.add(layers.batchNormalization());
  }
  network.add(layers.dropout({ rate: DROPOUT_RATE }));
  network.add(layers.flatten());
  for (const [index, units] of DENSE_UNITS.entries()) {
    network.add(layers.dense({ units, activation: "relu", ...INITIALIZERS }));
    if (index === 0) network.add(layers.dropout({ rate: DROPOUT_RATE }));
  }
  network.add(layers.dense({ units: classes, activation: "softmax", ...INITIALIZERS }));
  seedWeights(network, generator);
  return network;
}

/** Cost of a network. */
export interface NetworkCost {
  /** Multiply-adds of a forward pass for one picture. */
  readonly multiplyAddsPerPicture: number;
  /** Number of weights, including moving averages. */
  readonly parameters: number;
}

/** Cost of the reference network, counted without building it. */
export function networkCost({ width, height, channels: values = 1, classes }: NetworkShape): NetworkCost {
  let [rows, columns, channels] = [height, width, values];
  let [multiplyAddsPerPicture, parameters] = [0, 0];
  for (const filters of FILTERS) {
    [rows, columns] = [rows - 2, columns - 2];
    multiplyAddsPerPicture += rows * columns * 9 * channels * filters;
    // Filter and bias; then scale, offset, mean and variance.
    parameters += 9 * channels * filters + filters + 4 * filters;
    [rows, columns, channels] = [Math.floor(rows / 2), Math.floor(columns / 2), filters];
  }
  let inputs = rows * columns * channels;
  for (const units of [...DENSE_UNITS, classes]) {
    multiplyAddsPerPicture += inputs * units;
    parameters += inputs * units + units;
    inputs = units;
  }
  return { multiplyAddsPerPicture, parameters };
}

/** The initializers that {@link seedWeights} implements, for programs that rebuild the network from its configuration. */
export const INITIALIZERS = { kernelInitializer: "glorotUniform", biasInitializer: "zeros" } as const;

/**
 * Draws new values for all kernels, in the order of the layers, from Glorot's uniform distribution over ±√(6 / (fan in + fan
 * out)) (Glorot and Bengio 2010; Keras' default), with the fans of a convolution counted over its window. All other weights
 * keep the initial values of their layers.
 *
 * @param network modified in place
 * @param generator draws one number per value of a kernel, in row-major order
 */
export function seedWeights(network: Sequential, generator: Generator): void {
  for (const layer of network.layers) {
    const weights = layer.getWeights();
    const [kernel] = weights;
    if (kernel === undefined || kernel.rank < 2) continue;
    const [inputs = 0, outputs = 0] = kernel.shape.slice(-2);
    const window = util.sizeFromShape(kernel.shape.slice(0, -2));
    const limit = Math.sqrt(6 / (window * (inputs + outputs)));
    const values = Float32Array.from({ length: kernel.size }, () => (2 * generator.uniform() - 1) * limit);
    const drawn = tensor(values, kernel.shape);
    layer.setWeights([drawn, ...weights.slice(1)]);
    drawn.dispose();
  }
}
