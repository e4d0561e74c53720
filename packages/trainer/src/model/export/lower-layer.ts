// The layers of TensorFlow.js as plain operations, as they compute in evaluation: dropout and noise do nothing.

import type { Tensor } from "@tensorflow/tfjs-core";

import type { Layer } from "../../network/layer-tree.ts";
import { placesOf, type Constant, type GraphBuilder, type Pair, type Value, type Window } from "./graph.ts";
import { lowerActivation } from "./lower-activation.ts";

/** Settings of a layer, as its `getConfig` gives them. */
type Config = ReturnType<Layer["getConfig"]>;

/** A layer of a class that is known, but with settings that no operation has; the message ends a sentence. */
export class Inexpressible extends Error {
  override readonly name = "Inexpressible";
}

/** Writes a layer's operations, and returns its output. */
type Lower = (graph: GraphBuilder, layer: Layer, input: Value, inputs: readonly Value[]) => Value;

/** Rows and columns follow the batch; then come the channels. */
const MAP_AXES = 3;

const identity: Lower = (_graph, _layer, input) => input;

/** What is computed by each class of layers. */
const LAYERS: Readonly<Record<string, Lower>> = {
  InputLayer: identity,
  Dropout: identity,
  SpatialDropout1D: identity,
  GaussianNoise: identity,
  GaussianDropout: identity,
  AlphaDropout: identity,

  Conv2D: (graph, layer, input) => {
    const config = layer.getConfig();
    const [kernel, bias] = weightsOf(graph, layer);
    const window = windowOf(config, "kernelSize");
    const shape = mapAfter(input, window, Number(config["filters"]));
    const made = graph.add(input, { kind: "convolution", window, kernel: known(kernel), ...withBias(bias) }, shape);
    return activated(graph, config, made);
  },
  DepthwiseConv2D: (graph, layer, input) => {
    const config = layer.getConfig();
    const [kernel, bias] = weightsOf(graph, layer);
    // Its dilation has no effect in TensorFlow.js.
    const window: Window = { ...windowOf(config, "kernelSize"), dilations: [1, 1] };
    return activated(graph, config, depthwise(graph, input, window, known(kernel), bias));
  },
  SeparableConv2D: (graph, layer, input) => {
    const config = layer.getConfig();
    const [kernel, pointwise, bias] = weightsOf(graph, layer);
    const between = depthwise(graph, input, windowOf(config, "kernelSize"), known(kernel), undefined);
    const window: Window = { size: [1, 1], strides: [1, 1], dilations: [1, 1], padding: "valid" };
    const shape = mapAfter(between, window, Number(config["filters"]));
    const made = graph.add(
      between,
      { kind: "convolution", window, kernel: known(pointwise), ...withBias(bias) },
      shape,
    );
    return activated(graph, config, made);
  },
  MaxPooling2D: (graph, layer, input) => pooled(graph, layer, input, "max"),
  AveragePooling2D: (graph, layer, input) => pooled(graph, layer, input, "mean"),
  GlobalAveragePooling1D: (graph, _layer, input) => graph.reduce(input, "mean", [1]),
  GlobalMaxPooling1D: (graph, _layer, input) => graph.reduce(input, "max", [1]),
  GlobalAveragePooling2D: (graph, layer, input) => graph.reduce(channelsLast(layer, input), "mean", [1, 2]),
  GlobalMaxPooling2D: (graph, layer, input) => graph.reduce(channelsLast(layer, input), "max", [1, 2]),

  Dense: (graph, layer, input) => activated(graph, layer.getConfig(), products(graph, layer, input)),
  Flatten: (graph, layer, input) => graph.reshape(channelsLast(layer, input), [sizeOf(input.shape)]),
  Reshape: (graph, layer, input) => graph.reshape(input, outputShapeOf(layer)),
  Permute: (graph, layer, input) => {
    const order = [0, ...(layer.getConfig()["dims"] as readonly number[])];
    const shape = order.slice(1).map((axis) => input.shape[axis - 1] ?? 0);
    return graph.add(input, { kind: "transpose", order }, shape);
  },

  BatchNormalization: (graph, layer, input) => {
    const { axis, epsilon, scale, center } = layer.getConfig();
    expectLastAxis(axis, input);
    const weights = layer.weights.map((weight) => dataOf(weight.read()));
    const gamma = scale === true ? weights.shift() : undefined;
    const beta = center === true ? weights.shift() : undefined;
    const [mean, variance] = [known(weights[0]), known(weights[1])];
    const factors = Array.from(variance, (each, at) => (gamma?.[at] ?? 1) / Math.sqrt(each + Number(epsilon)));
    const offsets = factors.map((factor, at) => (beta?.[at] ?? 0) - (mean[at] ?? 0) * factor);
    const scaled = graph.binary(input, "multiply", graph.constant(`${layer.name}/factor`, [factors.length], factors));
    return graph.binary(scaled, "add", graph.constant(`${layer.name}/offset`, [offsets.length], offsets));
  },
  LayerNormalization: (graph, layer, input) => {
    const { axis, epsilon, scale, center } = layer.getConfig();
    const [only, ...others] = [axis].flat();
    if (others.length > 0) throw new Inexpressible("normalizes over several axes");
    expectLastAxis(only, input);
    const last = [input.shape.length];
    const weights = weightsOf(graph, layer);
    const [gamma, beta] = [scale === true ? weights.shift() : undefined, center === true ? weights.shift() : undefined];
    const centered = graph.binary(input, "subtract", graph.reduce(input, "mean", last, true));
    const variance = graph.reduce(graph.binary(centered, "multiply", centered), "mean", last, true);
    const deviation = graph.unary(graph.binary(variance, "add", Number(epsilon)), "sqrt");
    const normalized = graph.binary(centered, "divide", deviation);
    const scaled = gamma === undefined ? normalized : graph.binary(normalized, "multiply", gamma);
    return beta === undefined ? scaled : graph.binary(scaled, "add", beta);
  },
  Rescaling: (graph, layer, input) => {
    const { scale, offset } = layer.getConfig();
    return graph.binary(graph.binary(input, "multiply", Number(scale)), "add", Number(offset));
  },

  Activation: (graph, layer, input) => activated(graph, layer.getConfig(), input),
  ReLU: (graph, layer, input) => {
    const most = layer.getConfig()["maxValue"];
    const above = graph.unary(input, "relu");
    return typeof most === "number" ? graph.binary(above, "minimum", most) : above;
  },
  LeakyReLU: (graph, layer, input) =>
    graph.add(input, { kind: "leakyRelu", slope: Number(layer.getConfig()["alpha"]) }),
  PReLU: (graph, layer, input) => {
    const [slopes] = weightsOf(graph, layer);
    const below = graph.binary(graph.binary(input, "minimum", 0), "multiply", known(slopes));
    return graph.binary(graph.unary(input, "relu"), "add", below);
  },
  // Its alpha has no effect in TensorFlow.js.
  ELU: (graph, _layer, input) => graph.unary(input, "elu"),
  Softmax: (graph, layer, input) => {
    expectLastAxis([layer.getConfig()["axis"]].flat()[0], input);
    return graph.add(input, { kind: "softmax" });
  },

  Add: (graph, _layer, _input, inputs) => merged(graph, "add", inputs),
  Multiply: (graph, _layer, _input, inputs) => merged(graph, "multiply", inputs),
  Maximum: (graph, _layer, _input, inputs) => merged(graph, "maximum", inputs),
  Minimum: (graph, _layer, _input, inputs) => merged(graph, "minimum", inputs),
  Average: (graph, _layer, _input, inputs) => graph.binary(merged(graph, "add", inputs), "multiply", 1 / inputs.length),
  Concatenate: (graph, layer, input, inputs) => {
    const rank = input.shape.length + 1;
    const axis = (Number(layer.getConfig()["axis"]) + rank) % rank;
    if (axis === 0) throw new Inexpressible("joins pictures");
    const shape = input.shape.map((size, index) =>
      index + 1 === axis ? inputs.reduce((sum, each) => sum + (each.shape[index] ?? 0), 0) : size,
    );
    return graph.add(input, { kind: "concatenate", others: inputs.slice(1), axis }, shape);
  },

  ZeroPadding2D: (graph, layer, input) => {
    const [rows, columns] = sidesOf(layer.getConfig()["padding"]);
    const [height, width, channels] = mapShape(channelsLast(layer, input));
    const shape = [height + rows[0] + rows[1], width + columns[0] + columns[1], channels];
    return graph.add(input, { kind: "pad", rows, columns }, shape);
  },
  Cropping2D: (graph, layer, input) => {
    const [rows, columns] = sidesOf(layer.getConfig()["cropping"]);
    const [height, width, channels] = mapShape(channelsLast(layer, input));
    const shape = [height - rows[0] - rows[1], width - columns[0] - columns[1], channels];
    return graph.add(input, { kind: "crop", begin: [rows[0], columns[0]] }, shape);
  },
  UpSampling2D: (graph, layer, input) => {
    const { size, interpolation } = layer.getConfig();
    const factors = pairOf(size);
    const [height, width, channels] = mapShape(channelsLast(layer, input));
    const method = interpolation === "bilinear" ? "bilinear" : "nearest";
    const shape = [height * factors[0], width * factors[1], channels];
    return graph.add(input, { kind: "enlarge", factors, method }, shape);
  },
};

/**
 * The output of a layer that contains no others.
 *
 * @param inputs at least one
 * @throws {Inexpressible} if no operation has its settings
 */
export function lowerLayer(graph: GraphBuilder, layer: Layer, inputs: readonly Value[]): Value {
  const lower = LAYERS[layer.getClassName()];
  if (lower === undefined) throw new Inexpressible("has no counterpart");
  return lower(graph, layer, known(inputs[0]), inputs);
}

/** The products of a dense layer with its bias, without its activation. */
export function products(graph: GraphBuilder, layer: Layer, input: Value): Value {
  const [kernel, bias] = weightsOf(graph, layer);
  const units = Number(layer.getConfig()["units"]);
  const rows = input.shape.length === 1 ? input : graph.reshape(input, [input.shape.at(-1) ?? 0]);
  const made = graph.add(rows, { kind: "dense", kernel: known(kernel), ...withBias(bias) }, [units]);
  return rows === input ? made : graph.reshape(made, [...input.shape.slice(0, -1), units]);
}

function depthwise(
  graph: GraphBuilder,
  input: Value,
  window: Window,
  kernel: Constant,
  bias: Constant | undefined,
): Value {
  const channels = (kernel.shape[2] ?? 0) * (kernel.shape[3] ?? 0);
  const shape = mapAfter(input, window, channels);
  return graph.add(input, { kind: "depthwiseConvolution", window, kernel, ...withBias(bias) }, shape);
}

function pooled(graph: GraphBuilder, layer: Layer, input: Value, name: "max" | "mean"): Value {
  const window = windowOf(layer.getConfig(), "poolSize");
  return graph.add(input, { kind: "pool", window, function: name }, mapAfter(input, window, mapShape(input)[2]));
}

function merged(
  graph: GraphBuilder,
  name: "add" | "multiply" | "maximum" | "minimum",
  inputs: readonly Value[],
): Value {
  const [first, ...others] = inputs;
  if (others.some(({ shape }) => String(shape) !== String(first?.shape)))
    throw new Inexpressible("merges values of several shapes");
  return others.reduce((sum, each) => graph.binary(sum, name, each), known(first));
}

function activated(graph: GraphBuilder, config: Config, input: Value): Value {
  const name = config["activation"] ?? "linear";
  const output = typeof name === "string" ? lowerActivation(graph, name, input) : undefined;
  if (output === undefined) throw new Inexpressible(`has the activation ${JSON.stringify(name)}`);
  return output;
}

function windowOf(config: Config, size: "kernelSize" | "poolSize"): Window {
  if (config["dataFormat"] === "channelsFirst") throw new Inexpressible("takes channels first");
  const padding = config["padding"];
  if (padding !== "same" && padding !== "valid") throw new Inexpressible(`has the padding ${JSON.stringify(padding)}`);
  const dilations = pairOf(config["dilationRate"] ?? 1);
  return { size: pairOf(config[size]), strides: pairOf(config["strides"]), dilations, padding };
}

function channelsLast(layer: Layer, input: Value): Value {
  if (layer.getConfig()["dataFormat"] === "channelsFirst") throw new Inexpressible("takes channels first");
  return input;
}

function expectLastAxis(axis: unknown, { shape }: Value): void {
  if (axis !== -1 && axis !== shape.length) throw new Inexpressible(`works along the axis ${String(axis)}`);
}

/** `[rows, columns, channels]` of a window's results. */
function mapAfter(input: Value, window: Window, channels: number): readonly number[] {
  const [height, width] = mapShape(input);
  return [placesOf(height, 0, window), placesOf(width, 1, window), channels];
}

function mapShape({ shape }: Value): readonly [rows: number, columns: number, channels: number] {
  const [rows, columns, channels] = shape;
  if (shape.length !== MAP_AXES || rows === undefined || columns === undefined || channels === undefined)
    throw new Inexpressible("takes no map");
  return [rows, columns, channels];
}

function outputShapeOf(layer: Layer): readonly number[] {
  return [layer.outputShape].flat().slice(1).map(Number);
}

function pairOf(value: unknown): Pair {
  const [rows, columns = rows] = [value].flat().map(Number);
  return [rows ?? 1, columns ?? 1];
}

/** What is before and after the rows and the columns of a map. */
function sidesOf(value: unknown): readonly [rows: Pair, columns: Pair] {
  const [rows, columns] = value as readonly unknown[];
  return [pairOf(rows), pairOf(columns)];
}

/** A layer's weights, in its order. */
function weightsOf(graph: GraphBuilder, layer: Layer): (Constant | undefined)[] {
  return layer.weights.map((weight) => {
    const read = weight.read();
    return graph.constant(weight.originalName, read.shape, dataOf(read));
  });
}

function withBias(bias: Constant | undefined): { readonly bias?: Constant } {
  return bias === undefined ? {} : { bias };
}

function dataOf(tensor: Tensor): Float32Array {
  return tensor.dataSync<"float32">();
}

/** What a layer of this class always has. */
function known<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Inexpressible("lacks a weight or an input");
  return part;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
