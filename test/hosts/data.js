// What only the whole of TensorFlow.js has: tf.data, of a file of numbers and of pictures from a generator; and graph models.

import * as tf from "@tensorflow/tfjs";
import { enableTraining } from "@silhouette/training-wasm";
import { fileSystem } from "@silhouette/training-wasm/node";
import { writeFileSync } from "node:fs";

import { networkOf } from "./train.js";

await enableTraining();
const [, , folder] = process.argv;
writeFileSync(`${folder}/numbers.csv`, "x,y\n1,3\n2,5\n3,7\n4,9\n");
const rows = tf.data.csv(`file://${folder}/numbers.csv`, { columnConfigs: { y: { isLabel: true } } });
const line = tf.sequential({ layers: [tf.layers.dense({ inputShape: [1], units: 1 })] });
line.compile({ optimizer: tf.train.adam(0.1), loss: "meanSquaredError" });
const numbers = rows.map(({ xs, ys }) => ({ xs: Object.values(xs), ys: Object.values(ys) })).batch(4);
const fitted = await line.fitDataset(numbers, { epochs: 50, verbose: 0 });

function* pictures() {
  for (let index = 0; index < 8; index++)
    yield { xs: tf.randomNormal([12, 12, 1]), ys: tf.tensor1d(index % 2 === 0 ? [1, 0] : [0, 1]) };
}
const network = networkOf(tf);
const { history } = await network.fitDataset(tf.data.generator(pictures).batch(4), { epochs: 2, verbose: 0 });

const attr = { dtype: { type: "DT_FLOAT" } };
const product = { T: { type: "DT_FLOAT" }, transpose_a: { b: false }, transpose_b: { b: false } };
const node = [
  { name: "x", op: "Placeholder", attr },
  { name: "w", op: "Const", attr },
  { name: "y", op: "MatMul", input: ["x", "w"], attr: product },
];
const weights = [{ name: "w", shape: [2, 1], dtype: "float32" }];
const graph = {
  format: "graph-model",
  modelTopology: { node, versions: {} },
  weightsManifest: [{ paths: ["w.bin"], weights }],
};
writeFileSync(`${folder}/graph.json`, JSON.stringify(graph));
writeFileSync(`${folder}/w.bin`, new Uint8Array(Float32Array.of(2, 3).buffer));
const graphModels = await Promise.all(
  [`file://${folder}/graph.json`, fileSystem(`${folder}/graph.json`)].map((source) => tf.loadGraphModel(source)),
);
console.log(
  JSON.stringify({
    products: graphModels.map((model) => model.predict(tf.tensor2d([[1, 10]])).dataSync()[0]),
    rows: (await rows.toArray()).length,
    hasLearned: fitted.history.loss.at(-1) < fitted.history.loss[0],
    epochs: history.loss.filter(Number.isFinite).length,
  }),
);
