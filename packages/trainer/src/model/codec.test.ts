// The files of a model, verified without building its network. node/files/model-folder.test.ts has what loading refuses.

import { memory } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";

import { startWasm } from "../backend/wasm.ts";
import { preprocessingOf } from "../dataset/preprocessing.ts";
import { compactNetwork } from "../network/compact-network.ts";
import { Generator } from "../values/generator.ts";
import { encodeModel, verifyModel } from "./codec.ts";
import type { ModelDescription } from "./description.ts";

const DESCRIPTION: ModelDescription = {
  labels: ["bus", "car"],
  width: 32,
  height: 32,
  pixelFormat: "binary1",
  input: "otsu",
  views: 1,
  calibration: null,
  preprocessing: preprocessingOf("binary1"),
  provenance: {
    epoch: 1,
    seed: 1,
    kernelSet: "simd128",
    backend: "wasm",
    version: "0.1.0",
    trainedOn: { source: "photos", pictures: 9 },
  },
};

it("verifies the files of a model, makes no tensors, and refuses what differs from what was written", async () => {
  await startWasm();
  const network = compactNetwork({ width: 32, height: 32, classes: 2 }, Generator.ofSeed(1));
  const { json, weightsName, weights } = await encodeModel(network, DESCRIPTION);
  network.dispose();
  const { numTensors } = memory();
  const asked: string[] = [];
  const verified = await verifyModel(json, (name) => {
    asked.push(name);
    return weights;
  });
  expect(verified.description).toEqual(DESCRIPTION);
  expect(Buffer.from(verified.weights).equals(weights)).toBe(true);
  expect(asked).toEqual([weightsName]);
  expect(memory().numTensors).toBe(numTensors);

  const damaged = { code: "MODEL_DAMAGED" };
  await expect(verifyModel(json, () => weights.with(7, (weights[7] ?? 0) ^ 1))).rejects.toMatchObject(damaged);
  await expect(verifyModel(json, () => weights.subarray(4))).rejects.toMatchObject(damaged);
  await expect(verifyModel(json.replace('"bus"', '"tram"'), () => weights)).rejects.toMatchObject(damaged);
});
