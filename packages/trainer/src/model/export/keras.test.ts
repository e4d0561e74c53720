// Models as `.keras` files, read back: the same outputs, bytes that do not depend on the time, and refusals by class and name.
// test/keras-in-python.test.ts has what Keras itself makes of them.

import { memory, tensor, type Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { strFromU8, unzipSync } from "fflate";
import { beforeAll, expect, it, onTestFinished, vi } from "vitest";

import { preprocessingOf } from "../../dataset/preprocessing.ts";
import { compactNetwork } from "../../network/compact-network.ts";
import { referenceNetwork } from "../../network/reference-network.ts";
import { backendForLayers } from "../../testing/custom-networks.ts";
import { KERAS_NETWORKS, misbuilt, randomized } from "../../testing/keras-networks.ts";
import { Generator } from "../../values/generator.ts";
import type { ModelDescription } from "../description.ts";
import { importedModel } from "../import/imported-model.ts";
import { decodeKeras, encodeKeras } from "../keras/model-file.ts";
import { exportKeras } from "./keras.ts";

const DESCRIPTION: ModelDescription = {
  labels: ["bus", "car", "tram"],
  width: 64,
  height: 48,
  pixelFormat: "gray8",
  input: "levels",
  views: 4,
  calibration: null,
  preprocessing: preprocessingOf("gray8"),
  provenance: {
    epoch: 3,
    seed: 1,
    kernelSet: "simd128",
    backend: "wasm",
    version: "0.1.0",
    trainedOn: { source: "photos", pictures: 9 },
  },
};

beforeAll(backendForLayers);

/** The compact network that fits the description. */
function newCompact(): LayersModel {
  return compactNetwork({ width: 32, height: 24, channels: 2, classes: 3 }, Generator.ofSeed(2));
}

/** The same with random weights, disposed of after the test. */
function compact(): LayersModel {
  const network = randomized(newCompact(), 3);
  onTestFinished(() => void network.dispose());
  return network;
}

it("is one file, with everything about the model in the metadata that Keras ignores", async () => {
  const [file, ...others] = await exportKeras(compact(), DESCRIPTION);
  expect(others).toEqual([]);
  expect(file?.name).toBe("model.keras");
  const files = unzipSync(file?.bytes ?? new Uint8Array());
  expect(Object.keys(files)).toEqual(["metadata.json", "config.json", "model.weights.h5"]);
  expect(JSON.parse(strFromU8(files["metadata.json"] ?? new Uint8Array()))).toEqual({
    keras_version: "3.15.1",
    silhouette: { formatVersion: 4, ...DESCRIPTION },
  });
});

it("has the same bytes at any time", async () => {
  const network = compact();
  const [first] = await exportKeras(network, DESCRIPTION);
  vi.useFakeTimers({ now: new Date("2031-05-05T05:05:05"), toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const [second] = await exportKeras(network, DESCRIPTION);
  expect(Buffer.from(first?.bytes ?? []).equals(second?.bytes ?? new Uint8Array())).toBe(true);
  expect(new Date().getFullYear()).toBe(2031);
});

it("is imported with its description", async () => {
  const network = compact();
  const [file] = await exportKeras(network, DESCRIPTION);
  const back = await importedModel("model.keras", () => file?.bytes);
  onTestFinished(() => void back.network.dispose());
  expect(back.description).toEqual(DESCRIPTION);
  expect(outputs(back.network)).toEqual(outputs(network));
});

const NETWORKS = new Map<string, () => LayersModel>([
  ["the compact network", newCompact],
  ["the reference network", () => referenceNetwork({ width: 94, height: 94, classes: 3 }, Generator.ofSeed(2))],
  ...KERAS_NETWORKS.expressible,
]);

it.each([...NETWORKS])("has the same outputs after export and import: %s", async (_, make) => {
  const network = randomized(make(), 3);
  const expected = outputs(network);
  const { numTensors } = memory();
  const { network: back } = await decodeKeras(await encodeKeras(network, {}));
  expect(outputs(back)).toEqual(expected);
  back.dispose();
  expect(memory().numTensors).toBe(numTensors);
  network.dispose();
});

it("is not imported if TensorFlow.js would call its layers in another order", async () => {
  const network = misbuilt();
  onTestFinished(() => void network.dispose());
  const bytes = await encodeKeras(network, {});
  const { numTensors } = memory();
  await expect(decodeKeras(bytes)).rejects.toThrow("cannot rebuild the order in which its layers are called");
  expect(memory().numTensors).toBe(numTensors);
});

it.each([...KERAS_NETWORKS.others])("refuses a network that Keras computes differently: %s", async (_, make, layer) => {
  const network = make();
  onTestFinished(() => void network.dispose());
  await expect(exportKeras(network, DESCRIPTION)).rejects.toMatchObject({
    code: "EXPORT_UNSUPPORTED",
    message: expect.stringMatching(layer),
    hint: expect.stringMatching(/\.$/),
  });
});

/** Outputs for pictures of random pixels. */
function outputs(network: LayersModel): readonly number[] {
  const shape = [2, ...(network.inputs[0]?.shape.slice(1) ?? [])].map(Number);
  const generator = Generator.ofSeed(5);
  const pixels = Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, () =>
    Number(generator.uniform() < 0.5),
  );
  const pictures = tensor(pixels, shape);
  const result = network.predict(pictures) as Tensor;
  const values = [...result.dataSync()];
  pictures.dispose();
  result.dispose();
  return values;
}
