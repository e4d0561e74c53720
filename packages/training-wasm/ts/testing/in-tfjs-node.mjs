// What tfjs-node makes of the same files, in a process of its own: `node in-tfjs-node.mjs FOLDER` reads FOLDER/model and
// FOLDER/pictures, saves the model to FOLDER/again, and prints a prediction and the decoded pictures as JSON.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import util from "node:util";

// Removed from Node.js 23, and called by tfjs-node.
Object.assign(util, {
  isNullOrUndefined: (/** @type {unknown} */ value) => value === null || value === undefined,
  isArray: Array.isArray,
});
const tf = (await import("@tensorflow/tfjs-node")).default;

const [, , folder = ""] = process.argv;
const model = await tf.loadLayersModel(`file://${folder}/model/model.json`);
// Of the one sample.
const shape = (model.inputs[0]?.shape ?? []).map((side) => side ?? 1);
const prediction = /** @type {import("@tensorflow/tfjs-core").Tensor} */ (model.predict(tf.ones(shape)));
await model.save(`file://${folder}/again`);
const pictures = join(folder, "pictures");
const decoded = readdirSync(pictures).flatMap((name) =>
  [0, 1, 3, 4].flatMap((channels) => {
    // Of a JPEG, which has no alpha.
    if (name.endsWith(".jpg") && channels === 4) return [];
    const picture = tf.node.decodeImage(readFileSync(join(pictures, name)), channels);
    return [{ name, channels, shape: picture.shape, values: [...picture.dataSync()] }];
  }),
);
console.log(JSON.stringify({ prediction: [...prediction.dataSync()], decoded }));
