// Networks that people have, small, from drawn weights, with a batch to learn by heart: for tests alone.

import { generator, numbers, type Generator } from "./numbers.ts";
import { layers as tfLayers, tf } from "./tensorflow.ts";

const { layers } = tfLayers;

type Tensor = tfLayers.SymbolicTensor;

export interface Architecture {
  readonly name: "MobileNetV2" | "ResNet" | "U-Net";
  readonly build: () => tfLayers.LayersModel;
  readonly draw: (next: Generator) => Batch;
}

export interface Batch {
  /** [batch, side, side, channels] */
  readonly pictures: tf.Tensor4D;
  /** Of the shape of the answers. */
  readonly labels: tf.Tensor;
}

/** What model.fit told of each step: before it, in training mode. */
export interface Curve {
  readonly losses: readonly number[];
  /** Share of answers that are right. */
  readonly accuracies: readonly number[];
}

export const STEPS = 40;

/** Of a weight, relative to it: about as much as gradients differ between backends, by rounding. */
const LARGEST_MOVE = 2 ** -20;

const SIDE = 32;
const SAMPLES = 6;
const CLASSES = 3;

export const ARCHITECTURES: readonly Architecture[] = [
  { name: "MobileNetV2", build: mobileNetV2, draw: drawNoise },
  { name: "ResNet", build: resNet, draw: drawNoise },
  { name: "U-Net", build: uNet, draw: drawRectangles },
];

/**
 * Trains on the current backend, from weights and with a batch that are always the same.
 *
 * @param move draws by how much weights are moved, from 0 for not at all to 1 for {@link LARGEST_MOVE}
 */
export async function learnByHeart({ build, draw }: Architecture, move: Generator = () => 0): Promise<Curve> {
  const next = generator(1);
  const model = build();
  drawWeights(model, next, move);
  const { pictures, labels } = draw(next);
  const options = { epochs: STEPS, batchSize: SAMPLES, shuffle: false, verbose: 0 } as const;
  const { history } = await model.fit(pictures, labels, options);
  tf.dispose([pictures, labels]);
  model.dispose();
  return { losses: history["loss"] as number[], accuracies: history["acc"] as number[] };
}

/** Inverted residuals: wider by a 1 x 1 convolution, filtered channel by channel, narrower again (Sandler et al., 2018). */
function mobileNetV2(): tfLayers.LayersModel {
  const relu6 = (x: Tensor): Tensor => apply(layers.reLU({ maxValue: 6 }), x);
  const pointwise = (x: Tensor, filters: number): Tensor =>
    normalize(apply(layers.conv2d({ filters, kernelSize: 1, useBias: false }), x));
  const invertedResidual = (x: Tensor, filters: number, strides: number, expansion: number): Tensor => {
    const inputs = channelsOf(x);
    const wide = expansion === 1 ? x : relu6(pointwise(x, expansion * inputs));
    const depthwise = layers.depthwiseConv2d({ kernelSize: 3, strides, padding: "same", useBias: false });
    const narrow = pointwise(relu6(normalize(apply(depthwise, wide))), filters);
    return strides === 1 && filters === inputs ? apply(layers.add(), [x, narrow]) : narrow;
  };

  const pictures = tfLayers.input({ shape: [SIDE, SIDE, 3] });
  const stem = layers.conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: "same", useBias: false });
  let x = relu6(normalize(apply(stem, pictures)));
  x = invertedResidual(x, 8, 1, 1);
  x = invertedResidual(x, 12, 2, 4);
  x = invertedResidual(x, 12, 1, 4);
  x = invertedResidual(x, 16, 2, 4);
  return classifier(pictures, relu6(pointwise(x, 32)));
}

/** Basic blocks: two convolutions, and a way around them (He et al., 2015). */
function resNet(): tfLayers.LayersModel {
  const relu = (x: Tensor): Tensor => apply(layers.activation({ activation: "relu" }), x);
  const convolve = (x: Tensor, filters: number, kernelSize: number, strides: number): Tensor =>
    normalize(apply(layers.conv2d({ filters, kernelSize, strides, padding: "same", useBias: false }), x));
  const basicBlock = (x: Tensor, filters: number, strides: number): Tensor => {
    const through = convolve(relu(convolve(x, filters, 3, strides)), filters, 3, 1);
    const around = strides === 1 && filters === channelsOf(x) ? x : convolve(x, filters, 1, strides);
    return relu(apply(layers.add(), [through, around]));
  };

  const pictures = tfLayers.input({ shape: [SIDE, SIDE, 3] });
  let x = relu(convolve(pictures, 8, 3, 1));
  x = basicBlock(x, 8, 1);
  x = basicBlock(x, 16, 2);
  x = basicBlock(x, 32, 2);
  return classifier(pictures, x);
}

/** Down and up again, with what was there at each size beside what comes back (Ronneberger et al., 2015). */
function uNet(): tfLayers.LayersModel {
  const convolve = (x: Tensor, filters: number): Tensor =>
    apply(layers.conv2d({ filters, kernelSize: 3, padding: "same", activation: "relu" }), x);
  const twice = (x: Tensor, filters: number): Tensor => convolve(convolve(x, filters), filters);
  const down = (x: Tensor): Tensor => apply(layers.maxPooling2d({ poolSize: 2 }), x);
  const up = (x: Tensor, beside: Tensor): Tensor => {
    const filters = channelsOf(beside);
    const larger = apply(layers.conv2dTranspose({ filters, kernelSize: 2, strides: 2, padding: "same" }), x);
    return twice(apply(layers.concatenate(), [beside, larger]), filters);
  };

  const pictures = tfLayers.input({ shape: [SIDE, SIDE, 1] });
  const whole = twice(pictures, 8);
  const half = twice(down(whole), 12);
  const quarter = twice(down(half), 16);
  const x = up(up(quarter, half), whole);
  const answers = apply(layers.conv2d({ filters: 1, kernelSize: 1, activation: "sigmoid" }), x);
  return compiled(pictures, answers, "binaryCrossentropy");
}

function normalize(x: Tensor): Tensor {
  return apply(layers.batchNormalization(), x);
}

function classifier(pictures: Tensor, features: Tensor): tfLayers.LayersModel {
  const means = apply(layers.globalAveragePooling2d({}), features);
  const answers = apply(layers.dense({ units: CLASSES, activation: "softmax" }), means);
  return compiled(pictures, answers, "categoricalCrossentropy");
}

function compiled(pictures: Tensor, answers: Tensor, loss: string): tfLayers.LayersModel {
  const model = tfLayers.model({ inputs: pictures, outputs: answers });
  model.compile({ optimizer: tf.train.adam(0.005), loss, metrics: ["accuracy"] });
  return model;
}

function apply(layer: tfLayers.layers.Layer, x: Tensor | Tensor[]): Tensor {
  return layer.apply(x) as Tensor;
}

function channelsOf(x: Tensor): number {
  return x.shape.at(-1) ?? 0;
}

/** Draws all filters, with a variance of 2 / fan-in (He et al., 2015). The rest keeps its beginning, of 0 or 1. */
function drawWeights(model: tfLayers.LayersModel, next: Generator, move: Generator): void {
  for (const weight of model.trainableWeights) {
    if (!weight.originalName.endsWith("kernel")) continue;
    const shape = weight.shape as number[];
    // [height, width, in, out], [height, width, in, 1] of a depthwise one, [in, out] of a dense one.
    const fanIn = weight.originalName.endsWith("depthwise_kernel") ? shape.slice(0, -2) : shape.slice(0, -1);
    // Uniform numbers from -1 to 1 have a variance of 1/3.
    const scale = Math.sqrt((3 * 2) / tf.util.sizeFromShape(fanIn));
    const values = numbers(next, shape).map((value) => scale * value * (1 + LARGEST_MOVE * move()));
    weight.write(tf.tensor(values, shape));
  }
}

/** Pictures without anything to learn but themselves, and their classes. */
function drawNoise(next: Generator): Batch {
  const shape: [number, number, number, number] = [SAMPLES, SIDE, SIDE, 3];
  const classes = Array.from({ length: SAMPLES }, (_, index) => index % CLASSES);
  return {
    pictures: tf.tensor4d(numbers(next, shape), shape),
    labels: tf.oneHot(tf.tensor1d(classes, "int32"), CLASSES),
  };
}

/** A rectangle in noise, and where it is. */
function drawRectangles(next: Generator): Batch {
  const shape: [number, number, number, number] = [SAMPLES, SIDE, SIDE, 1];
  const [pixels, mask] = [numbers(next, shape), new Float32Array(SAMPLES * SIDE * SIDE)];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const [left, top, width, height] = Array.from({ length: 4 }, () => 4 + Math.floor(next() * 12)) as [
      number,
      number,
      number,
      number,
    ];
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) mask[(sample * SIDE + y) * SIDE + x] = 1;
    }
  }
  return {
    pictures: tf.tensor4d(
      pixels.map((value, index) => value / 4 + (mask[index] ?? 0)),
      shape,
    ),
    labels: tf.tensor4d(mask, shape),
  };
}
