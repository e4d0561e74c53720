// Trains a custom network, here a smaller one for smaller pictures. Any tf.Sequential that takes [height, width, channels] and ends
// with a Dense layer with softmax works:
//
//   node examples/dist/custom-network.js PHOTOS RUN

import { train, type NetworkShape } from "@silhouette/trainer";
import { layers, sequential, type Sequential } from "@tensorflow/tfjs-layers";

const [source = "photos", run = "runs/custom-network"] = process.argv.slice(2);

/** `[batch, height, width, channels]` ─▶ `[batch, classes]`. */
function smallNetwork({ width, height, channels = 1, classes }: NetworkShape): Sequential {
  const network = sequential({ name: "small" });
  network.add(layers.conv2d({ inputShape: [height, width, channels], filters: 16, kernelSize: 3, activation: "relu" }));
  network.add(layers.maxPooling2d({ poolSize: 2 }));
  network.add(layers.batchNormalization());
  network.add(layers.conv2d({ filters: 32, kernelSize: 3, activation: "relu" }));
  network.add(layers.maxPooling2d({ poolSize: 2 }));
  network.add(layers.batchNormalization());
  network.add(layers.flatten());
  network.add(layers.dropout({ rate: 0.3 }));
  network.add(layers.dense({ units: classes, activation: "softmax" }));
  return network;
}

const { metrics, history } = await train({
  source,
  run,
  network: smallNetwork,
  size: { width: 48, height: 48 },
  epochs: 8,
});
console.log(`${history.length} epochs; ${metrics.correct} correct, ${metrics.incorrect} incorrect`);
