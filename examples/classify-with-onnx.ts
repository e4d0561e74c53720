// Classifies a photograph with a model that `silhouette export --to onnx` has written.
//
//   npm install @silhouette/trainer onnxruntime-node sharp
//   node classify-with-onnx.js runs/photos/export/model.onnx street.jpg

import { readFile } from "node:fs/promises";

import { exportedDescription, PictureViews } from "@silhouette/trainer";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";

const [model = "", photograph = ""] = process.argv.slice(2);
const bytes = await readFile(model);
const { labels, ...description } = exportedDescription(bytes);
const { data, info } = await sharp(photograph)
  .autoOrient()
  .flatten({ background: "white" })
  .toColourspace("srgb")
  .raw()
  .toBuffer({ resolveWithObject: true });
const views = await PictureViews.of({ labels, ...description });
const seen = views.see({ data, width: info.width, height: info.height, channels: 3 });
if ("unusable" in seen) throw new Error(`${photograph} ${seen.unusable.message}`);
const session = await InferenceSession.create(bytes);
const { probabilities, novelty } = await session.run({ pixel_values: new Tensor(seen.values, [...seen.shape]) });
const answers = labels.map((label, index) => [label, Number(probabilities?.data[index])] as const);
for (const [label, probability] of answers.toSorted((a, b) => b[1] - a[1])) {
  console.log(`${label}\t${probability.toFixed(6)}`);
}
// A model that was never calibrated has no novelty.
console.log(`novelty\t${novelty === undefined ? "" : Number(novelty.data[0]).toFixed(6)}`);
