// The reference network as plain TensorFlow.js layers, and its seeded initial weights.

import { tensor, util } from "@tensorflow/tfjs-core";
import { layers, sequential, type Sequential } from "@tensorflow/tfjs-layers";
import { instance } from "valibot";

import { checkArgument, optionsOf, wholeNumber } from "../values/arguments.ts";
import { TrainerError } from "../values/errors.ts";
import { Generator } from "../values/generator.ts";

/** Filters of the five convolution blocks. */
const FILTERS = [32, 64, 96, 96, 64] as const;

/** Units of the dense layers before the last. */
const DENSE_UNITS = [256, 128] as const;

/** Share of values that a dropout layer sets to 0. */
const DROPOUT_RATE = 0.2;

/**
 * Pixels that each side of a picture needs at least: five times, 3x3 valid convolution and 2x2 pooling have to leave a
 * pixel: 94 ─▶ 46 ─▶ 22 ─▶ 10 ─▶ 4 ─▶ 1.
 */
export const SHORTEST_SIDE = 94;

/** What a network is for. */
export interface NetworkShape {
  /** Pixels a row of every picture: for the reference network 94 or more. */
  readonly width: number;
  /** Rows of every picture: for the reference network 94 or more. */
  readonly height: number;
  /** Number of classes: 2 or more. */
  readonly classes: number;
}

const NETWORK_SHAPE = optionsOf<NetworkShape>({
  width: wholeNumber(1, 4096),
  height: wholeNumber(1, 4096),
  classes: wholeNumber(2, 1_000_000),
});

const generatorOfDraws = instance(Generator, "a Generator");

/**
 * The network of the reference article, `[batch, height, width, 1]` ─▶ `[batch, classes]` probabilities: five blocks of
 * Conv2D 3x3 ReLU, MaxPooling2D 2x2 and BatchNormalization, then Flatten and dense layers with Dropout between. Its weights
 * are those of {@link seedWeights}. TensorFlow.js needs a backend that is ready, such as `enableTraining` of
 * `@silhouette/training-wasm` gives; the network is the caller's to dispose.
 *
 * At 300 x 300 and 3 classes it has 1,050,371 parameters, 704 of them BatchNorm's moving averages.
 *
 * @param shape pictures and classes
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
  const { width, height, classes } = shape;
  if (!(width >= SHORTEST_SIDE && height >= SHORTEST_SIDE)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected pictures of at least ${SHORTEST_SIDE} x ${SHORTEST_SIDE} pixels, but received ${width} x ${height}`,
      `The network's five poolings leave nothing of smaller ones: prepare with a size of ${SHORTEST_SIDE} or more.`,
    );
  }
  checkArgument("referenceNetwork()", "generator", generatorOfDraws, generator);
  const network = sequential({ name: "silhouette" });
  for (const [index, filters] of FILTERS.entries()) {
    const input = index === 0 ? { inputShape: [height, width, 1] } : {};
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

/** What a network costs. */
export interface NetworkCost {
  /** Of a forward pass of one picture. */
  readonly multiplyAddsPerPicture: number;
  /** Weights, moving averages included. */
  readonly parameters: number;
}

/** What the reference network costs, counted without building it. */
export function networkCost({ width, height, classes }: NetworkShape): NetworkCost {
  let [rows, columns, channels] = [height, width, 1];
  let [multiplyAddsPerPicture, parameters] = [0, 0];
  for (const filters of FILTERS) {
    [rows, columns] = [rows - 2, columns - 2];
    multiplyAddsPerPicture += rows * columns * 9 * channels * filters;
    // Filter and bias; scale, offset, mean and variance.
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

/** What {@link seedWeights} does, told to whoever rebuilds the network from its configuration. */
const INITIALIZERS = { kernelInitializer: "glorotUniform", biasInitializer: "zeros" } as const;

/**
 * Draws all kernels anew, in the order of the layers: Glorot's uniform distribution over ±√(6 / (fan in + fan out))
 * (Glorot and Bengio 2010, and Keras' default), with a convolution's fans counted over its window. Everything else keeps
 * the initial value that its layer gives it.
 *
 * @param network changed in place
 * @param generator one draw for each value of a kernel, in row-major order
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
