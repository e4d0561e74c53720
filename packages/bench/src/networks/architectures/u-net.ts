// U-Net (Ronneberger et al. 2015) of three levels: down and up again, with what was there at each size beside what comes back.

import { input, layers, model, type LayersModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";

import { apply, channelsOf, UNDRAWN } from "./symbolic.ts";

/** Channels of the levels, the largest pictures first. */
const LEVELS = [16, 32, 64] as const;

/** From pictures of `side` x `side` pixels and one channel to a probability for each pixel. */
export function uNet(side: number): LayersModel {
  const pictures = input({ shape: [side, side, 1] });
  const beside: SymbolicTensor[] = [];
  let x: SymbolicTensor = pictures;
  for (const filters of LEVELS.slice(0, -1)) {
    x = twice(x, filters);
    beside.push(x);
    x = apply(layers.maxPooling2d({ poolSize: 2 }), x);
  }
  x = twice(x, LEVELS[2]);
  for (const same of beside.toReversed()) {
    const filters = channelsOf(same);
    const up = layers.conv2dTranspose({ ...UNDRAWN, filters, kernelSize: 2, strides: 2, padding: "same" });
    x = twice(apply(layers.concatenate(), [same, apply(up, x)]), filters);
  }
  const probabilities = layers.conv2d({ ...UNDRAWN, filters: 1, kernelSize: 1, activation: "sigmoid" });
  return model({ inputs: pictures, outputs: apply(probabilities, x) });
}

function twice(x: SymbolicTensor, filters: number): SymbolicTensor {
  const convolved = (from: SymbolicTensor): SymbolicTensor =>
    apply(layers.conv2d({ ...UNDRAWN, filters, kernelSize: 3, padding: "same", activation: "relu" }), from);
  return convolved(convolved(x));
}
