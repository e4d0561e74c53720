// Trains a small network, which the stock WASM backend cannot; what it needs of TensorFlow.js is passed in.

import { enableTraining } from "@silhouette/training-wasm";

/** Whether the loss has fallen, on how many threads. */
export async function train(tf) {
  const { threads, oneThreadBecause } = await enableTraining();
  const model = networkOf(tf);
  const labels = tf.oneHot(tf.tensor1d([0, 1, 0, 1], "int32"), 2);
  const { history } = await model.fit(tf.randomNormal([4, 12, 12, 1]), labels, { epochs: 30, verbose: 0 });
  return { hasLearned: history.loss.at(-1) < history.loss[0], threads, oneThreadBecause };
}

export function networkOf(tf) {
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ inputShape: [12, 12, 1], filters: 4, kernelSize: 3, activation: "relu" }));
  model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 2, activation: "softmax" }));
  model.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
  return model;
}
