// Trains a small network in a page, or anywhere else: the result is the same everywhere.

import { enableTraining } from "@silhouette/training-wasm";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";

/** Pseudo-random numbers between -0.5 and 0.5, without Math's functions, which differ between engines. */
function numbers(count, seed) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

export async function train() {
  const { kernelSet, threads, oneThreadBecause } = await enableTraining({ kernelSet: "simd128" });
  const { conv2d, maxPooling2d, batchNormalization, depthwiseConv2d, flatten, dense } = tfl.layers;
  const model = tfl.sequential({
    layers: [
      conv2d({ inputShape: [24, 24, 1], filters: 8, kernelSize: 3, activation: "relu" }),
      maxPooling2d({ poolSize: 2 }),
      batchNormalization(),
      depthwiseConv2d({ kernelSize: 3, padding: "same", activation: "relu" }),
      flatten(),
      dense({ units: 2, activation: "softmax" }),
    ],
  });
  const weights = model.getWeights();
  // Keeps the ones and zeros of batch normalization.
  model.setWeights(
    weights.map((each, index) => (each.rank > 1 ? tf.tensor(numbers(each.size, index + 1), each.shape) : each)),
  );
  model.compile({ optimizer: tf.train.sgd(0.1), loss: "meanSquaredError" });
  const pictures = tf.tensor(numbers(4 * 24 * 24, 99), [4, 24, 24, 1]);
  const labels = tf.tensor2d([0, 1, 1, 0, 0, 1, 1, 0], [4, 2]);
  const losses = [];
  for (let step = 0; step < 5; step++) losses.push(await model.trainOnBatch(pictures, labels));
  return { kernelSet, threads, oneThreadBecause, losses, backends: Object.keys(tf.engine().registry) };
}
