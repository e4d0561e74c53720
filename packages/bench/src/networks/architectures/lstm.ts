// A small LSTM (Hochreiter and Schmidhuber 1997) that classifies sequences.

import { layers, sequential, type LayersModel } from "@tensorflow/tfjs-layers";

import { UNDRAWN } from "./symbolic.ts";

/** From `steps` x `features` by 64 units to probabilities of `classes`. */
export function lstm(steps: number, features: number, classes: number): LayersModel {
  return sequential({
    layers: [
      layers.lstm({ ...UNDRAWN, recurrentInitializer: "zeros", units: 64, inputShape: [steps, features] }),
      layers.dense({ ...UNDRAWN, units: classes, activation: "softmax" }),
    ],
  });
}
