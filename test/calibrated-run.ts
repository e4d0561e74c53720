// A run with a calibrated model, of which nothing was trained.

import { join } from "node:path";

import { Generator, loadModel, saveModel } from "@silhouette/trainer";
import { startWasm } from "@silhouette/trainer/browser";

import { EXAMPLE } from "./classifying-pages.ts";

/** Writes the example's model with a calibration, by which drawings are more and less unlike. */
export async function saveCalibrated(model: string): Promise<void> {
  await startWasm();
  const { network, description } = await loadModel(join(EXAMPLE, "model"));
  const generator = Generator.ofSeed(5);
  // Four maps before convolutions and the means before the dense layer: see docs/formats/model.md.
  const weights = Array.from({ length: 512 }, () => generator.uniform() - 0.4);
  const calibration = { temperature: 0.8, unlikeness: { weights, bias: -2 }, noneBeyond: 0.9 };
  await saveModel(model, network, { ...description, calibration });
  network.dispose();
}
