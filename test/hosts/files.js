// Saves and loads a model, decodes a picture and writes TensorBoard's events in FOLDER.

import { decodeImage, encodePng, tensorBoard } from "@silhouette/training-wasm/node";
import { readdirSync } from "node:fs";

import { networkOf } from "./train.js";

export async function useFiles(tf, folder) {
  const model = networkOf(tf);
  const [x, y] = [tf.randomNormal([4, 12, 12, 1]), tf.oneHot([0, 1, 0, 1], 2)];
  await model.fit(x, y, { epochs: 1, verbose: 0, callbacks: [tensorBoard(`${folder}/logs`)] });
  await model.save(`file://${folder}/model`);
  const loaded = await tf.loadLayersModel(`file://${folder}/model/model.json`);
  const same = [model, loaded].map((each) => [...each.predict(x).dataSync()].join());
  const picture = await decodeImage(await encodePng(tf.tensor3d([1, 2, 3, 4], [2, 2, 1], "int32")));
  return { isSame: same[0] === same[1], pixels: [...picture.dataSync()], logs: readdirSync(`${folder}/logs`) };
}
