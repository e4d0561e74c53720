// MobileNetV2 (Sandler et al. 2018), of width 1.0, as in Keras: inverted residuals, batch normalization, ReLU6.

import { input, layers, model, type LayersModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";

import { apply, channelsOf, UNDRAWN } from "./symbolic.ts";

/** The paper's table 2: expansion, output channels, repetitions, and the stride of the first of them. */
const BLOCKS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** Features of a picture: the means of the last channels. */
export const MOBILENET_FEATURES = 1280;

/** From pictures of `side` x `side` pixels to probabilities of `classes`. */
export function mobileNetV2(side: number, classes: number): LayersModel {
  const { pictures, features } = base(side);
  const probabilities = layers.dense({ ...UNDRAWN, units: classes, activation: "softmax" });
  return model({ inputs: pictures, outputs: apply(probabilities, features) });
}

/** From pictures of `side` x `side` pixels to {@link MOBILENET_FEATURES}. */
export function mobileNetV2Features(side: number): LayersModel {
  const { pictures, features } = base(side);
  return model({ inputs: pictures, outputs: features });
}

/** The head that Teachable Machine trains on features. */
export function denseHead(classes: number): LayersModel {
  const features = input({ shape: [MOBILENET_FEATURES] });
  const hidden = apply(layers.dense({ ...UNDRAWN, units: 100, activation: "relu" }), features);
  const probabilities = layers.dense({ ...UNDRAWN, units: classes, activation: "softmax", useBias: false });
  return model({ inputs: features, outputs: apply(probabilities, hidden) });
}

function base(side: number): { readonly pictures: SymbolicTensor; readonly features: SymbolicTensor } {
  const pictures = input({ shape: [side, side, 3] });
  const stem = layers.conv2d({ ...UNDRAWN, filters: 32, kernelSize: 3, strides: 2, padding: "same", useBias: false });
  let x = relu6(normalized(apply(stem, pictures)));
  for (const [expansion, filters, repetitions, firstStride] of BLOCKS) {
    for (let index = 0; index < repetitions; index++) {
      x = invertedResidual(x, { expansion, filters, strides: index === 0 ? firstStride : 1 });
    }
  }
  const last = relu6(pointwise(x, MOBILENET_FEATURES));
  return { pictures, features: apply(layers.globalAveragePooling2d({}), last) };
}

/** Wider by a 1 x 1 convolution, filtered channel by channel, narrower again. */
function invertedResidual(
  x: SymbolicTensor,
  block: { readonly expansion: number; readonly filters: number; readonly strides: number },
): SymbolicTensor {
  const { expansion, filters, strides } = block;
  const wide = expansion === 1 ? x : relu6(pointwise(x, expansion * channelsOf(x)));
  const depthwise = layers.depthwiseConv2d({
    depthwiseInitializer: "zeros",
    kernelSize: 3,
    strides,
    padding: "same",
    useBias: false,
  });
  const narrow = pointwise(relu6(normalized(apply(depthwise, wide))), filters);
  return strides === 1 && filters === channelsOf(x) ? apply(layers.add(), [x, narrow]) : narrow;
}

function pointwise(x: SymbolicTensor, filters: number): SymbolicTensor {
  return normalized(apply(layers.conv2d({ ...UNDRAWN, filters, kernelSize: 1, useBias: false }), x));
}

function normalized(x: SymbolicTensor): SymbolicTensor {
  return apply(layers.batchNormalization({ epsilon: 1e-3, momentum: 0.999 }), x);
}

function relu6(x: SymbolicTensor): SymbolicTensor {
  return apply(layers.reLU({ maxValue: 6 }), x);
}
