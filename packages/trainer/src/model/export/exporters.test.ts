// What holds for every format: the same bytes for the same model, and a description that is read back.

import type { LayersModel } from "@tensorflow/tfjs-layers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { compactNetwork } from "../../network/compact-network.ts";
import { startBackend } from "../../node/backends/start.ts";
import { CONFIG } from "../../testing/run-files.ts";
import { RECIPES } from "../../training/recipes.ts";
import { Generator } from "../../values/generator.ts";
import { descriptionContent } from "../codec.ts";
import { describeModel, type ModelDescription } from "../description.ts";
import { exportedDescription } from "./exported-description.ts";
import { EXPORTERS } from "./exporters.ts";
import { EXPORT_FORMATS } from "./format-names.ts";
import { encodeOnnx } from "./onnx-proto.ts";
import { encodeTflite } from "./tflite-flatbuffer.ts";

const SHAPE = { width: 20, height: 16, channels: 1, classes: 2 };

const description: ModelDescription = describeModel(
  { ...CONFIG, dataset: { ...CONFIG.dataset, width: 20, height: 16 }, recipe: { ...RECIPES.compact.recipe, views: 1 } },
  3,
  {
    temperature: 1.5,
    unlikeness: { weights: Array.from({ length: 512 }, (_, at) => at / 512), bias: -1 },
    noneBeyond: 2,
  },
);

let network: LayersModel;

beforeAll(async () => {
  await startBackend("wasm");
  network = compactNetwork(SHAPE, Generator.ofSeed(1));
});
afterAll(() => void network.dispose());

describe.each(EXPORT_FORMATS)("%s", (format) => {
  it("has the same bytes for the same model, whose network can still be used", async () => {
    const files = await EXPORTERS[format](network, description);
    const again = await EXPORTERS[format](network, structuredClone(description));
    expect(again.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
    // Deep equality of large arrays takes seconds.
    expect(files.map(({ bytes }, at) => Buffer.compare(bytes, again[at]?.bytes ?? new Uint8Array()))).toEqual(
      files.map(() => 0),
    );
    expect(network.weights.every((weight) => weight.read().isDisposed)).toBe(false);
  });
});

describe.each(["onnx", "litert"] as const)("the description in %s", (format) => {
  it("is read back, whatever the names of the classes", async () => {
    const [file] = await EXPORTERS[format](network, description);
    expect(exportedDescription(file?.bytes ?? new Uint8Array())).toEqual(description);
  });

  it("has its format version, and labels of their own for other programs", async () => {
    const [file] = await EXPORTERS[format](network, description);
    const text = new TextDecoder().decode(file?.bytes);
    expect(text).toContain(JSON.stringify(descriptionContent(description)));
    expect(text).toContain(JSON.stringify(description.labels));
  });
});

describe("a file without a description", () => {
  const parts = { nodes: [], tensors: [], inputs: [], outputs: [] };
  const producer = { name: "another", version: "1" };
  it.each([
    ["nothing", new Uint8Array()],
    ["noise", Uint8Array.from({ length: 300 }, (_, at) => (at * 37) % 251)],
    ["another ONNX model", encodeOnnx({ ...parts, producer, doc: "", opset: 17, metadata: { a: "b" }, name: "" })],
    [
      "another LiteRT model",
      encodeTflite({ description: "", tensors: [], operators: [], inputs: {}, outputs: {}, metadata: {} }),
    ],
    ["half a LiteRT model", new TextEncoder().encode("\x10\0\0\0TFL3\0\0\0\0\0\0\0\0\0\0\0\0")],
  ])("is refused: %s", (_, bytes) => {
    expect(() => exportedDescription(bytes)).toThrow(
      expect.objectContaining({ code: "MODEL_DAMAGED", hint: expect.stringContaining("silhouette export") }),
    );
  });
});
