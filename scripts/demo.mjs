// `npm run demo`: sets up, draws vehicles, and trains a classifier on them as one would on photographs. Everything it
// makes lies in demo-result/, or in the new folder that --out names. With --quick it draws each drawing once and learns for one
// epoch: to see that all works.

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";

import { run } from "./setup/run.mjs";
import { root, runMain, setUp } from "./setup.mjs";

/** Pixels of a side: small, so that the demo takes minutes. */
const SIZE = 96;

await runMain(async () => {
  const { quick: isQuick, out } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      out: { type: "string" },
    },
  }).values;
  if (out !== undefined && existsSync(out)) {
    throw new Error(`Expected --out to name a new folder, but ${out} exists. Name another one.`);
  }
  await setUp();
  // Only now are the packages there.
  const { drawPictures, LABELS } = await import("./demo/draw-pictures.mjs");

  const result = resolve(out ?? join(root, "demo-result"));
  const photos = join(result, "photos");
  const trained = join(result, "run");
  const shown = (/** @type {string} */ path) => relative(process.cwd(), path) || ".";
  // Only what an earlier demo has made.
  for (const made of [photos, trained]) rmSync(made, { recursive: true, force: true });

  console.log("\nDrawing cars, buses and motorcycles of many icon sets, each in other poses, sizes and shades.");
  const { drawings, train, val, test } = await drawPictures(photos, isQuick ? { trainingPictures: 1 } : {});
  console.log(
    `${train} pictures to learn from, ${val} to validate, ${test} to test, of ${drawings} drawings. The test's are by ` +
      "other people than those that are learned from.",
  );

  const silhouette = async (/** @type {string[]} */ ...args) => {
    console.log(`\n$ npx --no-install silhouette ${args.join(" ")}`);
    await run(process.execPath, [join(root, "packages", "cli", "bin", "silhouette.js"), ...args]);
  };
  console.log(`
Training: each picture becomes gray, then black and white by Otsu's threshold. A small network learns these silhouettes,
is watched on the pictures to validate, and is asked about those to test once, at the end.`);
  const options = ["--labels", LABELS.join(","), "--size", String(SIZE), ...(isQuick ? ["--epochs", "1"] : [])];
  await silhouette("train", shown(photos), ...options, "--out", shown(trained));

  console.log("\nUsing it: what does the network take single pictures for?");
  const someone = LABELS.map((label) => {
    const folder = join(photos, "test", label);
    const files = readdirSync(folder);
    return shown(join(folder, files[Math.floor(files.length / 2)] ?? ""));
  });
  await silhouette("predict", shown(trained), ...someone, "--top", "2");

  console.log(`
Look at:   ${shown(join(trained, "predictions.png"))} (right and wrong answers)
Pictures:  ${shown(photos)}
Run:       ${shown(trained)} (model/ is a TensorFlow.js model)

Now with your own photographs, a folder for each class:
  npx --no-install silhouette train FOLDER`);
});
