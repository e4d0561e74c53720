// Makes the studio's example: the result of `npm run demo` ─▶ public/example/{model,pictures}, report.json. To be run, and its result
// to be committed, when the model format or the demo changes:
//
//   npm run demo && node packages/studio/scripts/make-example.mjs demo-result

import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { runReport } from "@silhouette/report";
import { readResults } from "@silhouette/trainer";

/** Test pictures per class: evenly spaced in the order of their names, not chosen by how well they are classified. */
const PICTURES = 4;

const [demo = "demo-result"] = process.argv.slice(2);
const example = join(dirname(dirname(fileURLToPath(import.meta.url))), "public", "example");

rmSync(example, { recursive: true, force: true });
for (const folder of ["model", "pictures"]) mkdirSync(join(example, folder), { recursive: true });
const model = join(demo, "run", "model");
for (const name of readdirSync(model)) copyFileSync(join(model, name), join(example, "model", name));

const { config } = await readResults(join(demo, "run"));
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
writeFileSync(join(example, "report.json"), `${JSON.stringify(await runReport(join(demo, "run")))}\n`);
console.log(`${example}: ${pictures.length} pictures`);
