// Makes the studio's example: the result of `npm run demo` ─▶ public/example. To be run, and its result
// to be committed, when the model format or the demo changes:
//
//   npm run demo && node packages/studio/scripts/make-example.mjs demo-result

import { openAsBlob, copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { runReport } from "@silhouette/report";
import { loadModel, readResults, saveModel } from "@silhouette/trainer";
import { Dataset, meanSilhouettes, PictureSet } from "@silhouette/trainer/browser";
import { enableTraining } from "@silhouette/training-wasm";

/** Test pictures per class: evenly spaced in the order of their names, not chosen by how well they are classified. */
const PICTURES = 4;

const [demo = "demo-result"] = process.argv.slice(2);
const example = join(dirname(dirname(fileURLToPath(import.meta.url))), "public", "example");

const run = join(demo, "run");
const { config } = await readResults(run);
/** The folder of the photographs, without where this machine has it. */
const source = relative(process.cwd(), config.source);

rmSync(example, { recursive: true, force: true });
mkdirSync(join(example, "pictures"), { recursive: true });

await enableTraining();
const { network, description } = await loadModel(join(run, "model"));
const { provenance } = description;
const trainedOn = { ...provenance.trainedOn, source };
await saveModel(join(example, "model"), network, { ...description, provenance: { ...provenance, trainedOn } });
network.dispose();

/** @type {string[]} */
const pictures = [];
for (const label of config.dataset.labels) {
  const folder = join(demo, "photos", "test", label);
  const names = readdirSync(folder).toSorted();
  for (let number = 0; number < PICTURES; number++) {
    const name = names[Math.floor(((number + 0.5) * names.length) / PICTURES)] ?? "";
    copyFileSync(join(folder, name), join(example, "pictures", name));
    pictures.push(name);
  }
}
writeFileSync(join(example, "pictures.json"), `${JSON.stringify(pictures)}\n`);
const dataset = await Dataset.open(await openAsBlob(join(run, "dataset.arrow")));
const { train } = await PictureSet.bySplit(dataset, { input: config.recipe.input });
const { width, height } = train.input;
const silhouettes = await meanSilhouettes(train);
await dataset.close();
const means = silhouettes.map((mean, index) => {
  const levels = Uint8Array.from(mean ?? [], (light) => 255 * light);
  return { label: train.labels[index], width, height, levels: Buffer.from(levels).toString("base64") };
});
writeFileSync(join(example, "means.json"), `${JSON.stringify(means)}\n`);

const report = await runReport(run);
const training = { ...report.training, source };
writeFileSync(join(example, "report.json"), `${JSON.stringify({ ...report, training })}\n`);
console.log(`${example}: ${pictures.length} pictures`);
