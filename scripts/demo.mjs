// `npm run demo`: runs setup, draws vehicles, and trains a classifier on them as one would on photographs. All its output is in
// demo-result/, or in the new folder named by --out. With --quick it uses each drawing once and trains for one epoch, to check
// that everything works.

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";

import { run } from "./setup/run.mjs";
import { root, runMain, setUp } from "./setup.mjs";

/** Epochs of the training: fewer than the recipe has, so that the demo takes about a minute. */
const EPOCHS = 12;

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
  // The packages are only available after setup.
  const { drawPictures, LABELS } = await import("./demo/draw-pictures.mjs");

  const result = resolve(out ?? join(root, "demo-result"));
  const photos = join(result, "photos");
  const trained = join(result, "run");
  const shown = (/** @type {string} */ path) => relative(process.cwd(), path) || ".";
  // Removes only what an earlier demo created.
  for (const made of [photos, trained]) rmSync(made, { recursive: true, force: true });

  console.log("\nDrawing cars, buses and motorcycles from many icon sets in varying poses, sizes and shades.");
  const { drawings, train, val, test } = await drawPictures(photos, isQuick ? { trainingPictures: 1 } : {});
  console.log(
    `${train} training, ${val} validation and ${test} test pictures of ${drawings} drawings. The test drawings are by ` +
      "different artists than the training drawings.",
  );

  const silhouette = async (/** @type {string[]} */ ...args) => {
    console.log(`\n$ npx --no-install silhouette ${args.join(" ")}`);
    await run(process.execPath, [join(root, "packages", "cli", "bin", "silhouette.js"), ...args]);
  };
  console.log(`
Training: at each step, each picture is turned, moved and relit at random, then made black and white with Otsu's threshold. A
small network learns these silhouettes, is validated after each epoch, and is evaluated once on the test pictures, at the end.`);
  const options = ["--labels", LABELS.join(","), "--epochs", String(isQuick ? 1 : EPOCHS)];
  await silhouette("train", shown(photos), ...options, "--out", shown(trained));

  console.log("\nUsing it: what are these pictures classified as?");
  const examples = LABELS.map((label) => {
    const folder = join(photos, "test", label);
    const files = readdirSync(folder);
    return shown(join(folder, files[Math.floor(files.length / 2)] ?? ""));
  });
  await silhouette("predict", shown(trained), ...examples, "--top", "2");

  console.log(`
Look at:   ${shown(join(trained, "predictions.png"))} (correct and incorrect predictions)
Pictures:  ${shown(photos)}
Run:       ${shown(trained)} (model/ is a TensorFlow.js model)

Now with your own photographs, one subfolder per class:
  npx --no-install silhouette train FOLDER`);
});
