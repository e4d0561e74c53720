// Trains on a folder of photographs, one subfolder per class, and draws the predictions for its test pictures:
//
//   node examples/dist/own-folder.js PHOTOS RUN

import { writeFile } from "node:fs/promises";

import { predictionSheet } from "@silhouette/report";
import { train } from "@silhouette/trainer";

const [source = "photos", run = "runs/own-folder"] = process.argv.slice(2);

const stop = new AbortController();
// Ctrl-C saves a checkpoint first; train({ source, run, resume: true }) continues from it.
process.once("SIGINT", () => stop.abort(new Error("stopped")));

const { metrics, examples, size } = await train({
  source,
  run,
  epochs: 5,
  signal: stop.signal,
  onEvent: (event) => {
    if (event.type === "epoch") console.log(`epoch ${event.epoch}: validation accuracy ${event.valAccuracy}`);
  },
});
console.log(`${metrics.correct} correct, ${metrics.incorrect} incorrect`);
for (const [index, label] of metrics.labels.entries()) console.log(label, metrics.confusion[index]);

await writeFile("predictions.png", await predictionSheet(examples, { ...size, metrics }));
console.log("Predictions: predictions.png");
