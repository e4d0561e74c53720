// A model with an intact file but a network that cannot be computed is rejected before any picture is read.

import { memory } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";

import { startBackend } from "./backends/start.ts";
import { loadModel, saveModel } from "./files/model-folder.ts";
import type { ModelDescription } from "../model/description.ts";
import { emptyFolder } from "../testing/folders.ts";
import { loadUsableModel } from "./usable-model.ts";

const DESCRIPTION: ModelDescription = {
  labels: ["a", "b"],
  width: 3,
  height: 2,
  pixelFormat: "binary1",
  input: "otsu",
  views: 1,
  calibration: null,
  preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
  provenance: {
    epoch: 1,
    seed: 0,
    kernelSet: "simd128",
    backend: "wasm",
    version: "0.1.0",
    trainedOn: { source: "photos", pictures: 2 },
  },
};

it("a model is rejected if its network can be built but not computed", async () => {
  const backend = await startBackend("wasm");
  const folder = emptyFolder();
  const network = sequential();
  // TensorFlow.js only detects at run time that there are 6 pixels instead of 7.
  network.add(layers.reshape({ inputShape: [2, 3, 1], targetShape: [7] }));
  network.add(layers.dense({ units: 2, activation: "softmax" }));
  await saveModel(folder, network, DESCRIPTION);
  network.dispose();
  (await loadModel(folder)).network.dispose();
  const before = memory().numTensors;
  await expect(loadUsableModel(folder, backend)).rejects.toMatchObject({
    code: "MODEL_DAMAGED",
    message: expect.stringContaining("its network cannot be computed (Total size of new array") as string,
  });
  expect(memory().numTensors).toBe(before);
});
