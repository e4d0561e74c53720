const tf = require("@tensorflow/tfjs");
const { enableTraining } = require("@silhouette/training-wasm");
const { decodeImage, encodePng } = require("@silhouette/training-wasm/node");
const { networkOf, train } = require("./train.js");

async function main(folder) {
  const trained = await train(tf);
  const { threads } = await enableTraining();
  await networkOf(tf).save(`file://${folder}/model`);
  const { layers } = await tf.loadLayersModel(`file://${folder}/model/model.json`);
  const picture = await decodeImage(await encodePng(tf.tensor3d([1, 2, 3, 4], [2, 2, 1], "int32")));
  console.log(JSON.stringify({ ...trained, threads, layers: layers.length, pixels: Array.from(picture.dataSync()) }));
}

void main(process.argv[2]);
