// `npm run demo`: sets up, draws vehicles, and trains a classifier on them as one would on photographs. Everything it
// makes lies in demo-result/.

import { mkdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";

import { run } from "./setup/run.mjs";
import { root, runMain, setUp } from "./setup.mjs";

/** Pictures of each class. */
const DRAWINGS = 60;
const SEED = 2026;

/** Pixels of a side: small, so that the demo takes seconds. */
const SIZE = 128;

/** Characters of a terminal silhouette: three stand side by side. */
const COLUMNS = Math.min(36, Math.floor(((process.stdout.columns ?? 80) - 6) / 3));

await runMain(async () => {
  await setUp();
  // Only now are the packages there.
  const { default: sharp } = await import("sharp");
  const { terminalPicture, writeContactSheet } = await import("@silhouette/cli");
  const { Dataset } = await import("@silhouette/trainer");
  const { drawVehicle, seededRandom, VEHICLES } = await import("./demo/draw-vehicles.mjs");

  const result = join(root, "demo-result");
  const photos = join(result, "photos");
  const shown = (/** @type {string} */ path) => relative(process.cwd(), path) || ".";
  rmSync(result, { recursive: true, force: true });

  console.log(`\nDrawing ${DRAWINGS} pictures each of ${VEHICLES.join(", ")} into ${shown(photos)}`);
  const random = seededRandom(SEED);
  for (const vehicle of VEHICLES) {
    mkdirSync(join(photos, vehicle), { recursive: true });
    for (let index = 0; index < DRAWINGS; index++) {
      const drawing = Buffer.from(drawVehicle(vehicle, random));
      await sharp(drawing)
        .jpeg({ quality: 90 })
        .toFile(join(photos, vehicle, `${String(index).padStart(3, "0")}.jpg`));
    }
  }

  const silhouette = async (/** @type {string[]} */ ...args) => {
    console.log(`\n$ npx --no-install silhouette ${args.join(" ")}`);
    await run(process.execPath, [join(root, "packages", "cli", "bin", "silhouette.js"), ...args]);
  };
  const dataset = join(result, "vehicles.arrow");
  const labels = VEHICLES.join(",");
  await silhouette("prepare", shown(photos), "--out", shown(dataset), "--labels", labels, "--size", String(SIZE));

  const opened = await Dataset.open(dataset);
  const sheet = join(result, "silhouettes.png");
  try {
    await writeContactSheet(opened, sheet, 10);
    const pictures = [];
    for (const label of VEHICLES) {
      for await (const row of opened) {
        if (row.label !== label) continue;
        pictures.push(await terminalPicture(row.pixels, opened.description, COLUMNS));
        break;
      }
    }
    console.log("\nWhat a classifier will see (light is white):\n");
    for (const line of pictures[0]?.keys() ?? [])
      console.log(`  ${pictures.map((picture) => picture[line]).join("  ")}`);
    console.log(`  ${VEHICLES.map((label) => label.padEnd(COLUMNS)).join("  ")}\n`);
  } finally {
    await opened.close();
  }

  const trained = join(result, "run");
  await silhouette("train", shown(dataset), "--out", shown(trained));
  const someone = VEHICLES.map((label) => shown(join(photos, label, "000.jpg")));
  await silhouette("predict", shown(trained), ...someone, "--top", "1");

  console.log(`\nDataset: ${shown(dataset)}\nContact sheet: ${shown(sheet)}\nRun: ${shown(trained)}\n`);
  console.log("Now with your own photographs, one folder for each class:");
  console.log("  npx --no-install silhouette train FOLDER");
});
