// ResNet-18 (He et al. 2016): basic blocks of two 3 x 3 convolutions, after a stem of 7 x 7 and a max pooling.

import { input, layers, model, type LayersModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";

import { apply, channelsOf, UNDRAWN } from "./symbolic.ts";

/** Channels of each group of two blocks; each but the first begins with a stride of 2. */
const GROUPS = [64, 128, 256, 512] as const;

/** From pictures of `side` x `side` pixels to probabilities of `classes`. */
export function resNet18(side: number, classes: number): LayersModel {
  const pictures = input({ shape: [side, side, 3] });
  let x = relu(convolved(pictures, { filters: 64, kernelSize: 7, strides: 2 }));
  x = apply(layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "same" }), x);
  for (const filters of GROUPS) {
    x = basicBlock(x, filters, filters === GROUPS[0] ? 1 : 2);
    x = basicBlock(x, filters, 1);
  }
  const features = apply(layers.globalAveragePooling2d({}), x);
  const probabilities = layers.dense({ ...UNDRAWN, units: classes, activation: "softmax" });
  return model({ inputs: pictures, outputs: apply(probabilities, features) });
}

function basicBlock(x: SymbolicTensor, filters: number, strides: number): SymbolicTensor {
  const first = relu(convolved(x, { filters, kernelSize: 3, strides }));
  const second = convolved(first, { filters, kernelSize: 3, strides: 1 });
  const isSameShape = strides === 1 && filters === channelsOf(x);
  const shortcut = isSameShape ? x : convolved(x, { filters, kernelSize: 1, strides });
  return relu(apply(layers.add(), [second, shortcut]));
}

/** A convolution and its normalization. */
function convolved(
  x: SymbolicTensor,
  shape: { readonly filters: number; readonly kernelSize: number; readonly strides: number },
): SymbolicTensor {
  const convolution = layers.conv2d({ ...UNDRAWN, ...shape, padding: "same", useBias: false });
  return apply(layers.batchNormalization({ epsilon: 1e-5, momentum: 0.9 }), apply(convolution, x));
}

function relu(x: SymbolicTensor): SymbolicTensor {
  return apply(layers.activation({ activation: "relu" }), x);
}
