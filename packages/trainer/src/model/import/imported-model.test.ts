// Models of Keras 3 and TensorFlow.js, imported: they predict what they predicted there, and what cannot be is refused.

import { readFileSync } from "node:fs";

import { io, memory, tensor, type Tensor } from "@tensorflow/tfjs-core";
import { input, layers, model as graphOf, sequential, type LayersModel } from "@tensorflow/tfjs-layers";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { saveNetwork } from "../../network/saved-network.ts";
import { backendForLayers } from "../../testing/custom-networks.ts";
import { encodeModel } from "../codec.ts";
import { importedModel, type ImportSettings } from "./imported-model.ts";

/** `keras.json`: see golden/make_keras.py. */
interface Golden {
  readonly cases: readonly {
    readonly name: string;
    /** Base64 of the file. */
    readonly keras: string;
    /** 0 to 255. */
    readonly pictures: readonly number[];
    readonly shape: readonly [number, number, number, number];
    readonly predictions: readonly number[];
  }[];
}

const { cases } = JSON.parse(readFileSync(new URL("../../../golden/keras.json", import.meta.url), "utf8")) as Golden;

const [chain = cases[0], graph] = cases;

const LABELS = ["bus", "car", "tram"];

/** What is said of a golden model. */
function settingsFor(shape: readonly number[]): ImportSettings {
  return { labels: LABELS, input: shape[3] === 3 ? "rgb" : "gray" };
}

function bytesOf(golden: Golden["cases"][number] | undefined): Uint8Array {
  return new Uint8Array(Buffer.from(golden?.keras ?? "", "base64"));
}

/** Imports files by name, the first of which is the model. */
async function imported(files: Readonly<Record<string, Uint8Array | string>>, settings?: ImportSettings) {
  const read = (name: string): Uint8Array | undefined => {
    const { [name]: content } = files;
    return typeof content === "string" ? strToU8(content) : content;
  };
  const [file = ""] = Object.keys(files);
  const result = await importedModel(file, read, settings);
  onTestFinished(() => void result.network.dispose());
  return result;
}

/** The chain with other files in its archive. */
function changed(change: Readonly<Record<string, Uint8Array | ((old: string) => string)>>): Uint8Array {
  const files = unzipSync(bytesOf(chain));
  for (const [name, by] of Object.entries(change)) {
    files[name] = typeof by === "function" ? strToU8(by(strFromU8(files[name] ?? new Uint8Array()))) : by.slice();
  }
  return zipSync(files);
}

function predictions(network: LayersModel, values: readonly number[], shape: readonly number[]): readonly number[] {
  const pictures = tensor([...values], [...shape]);
  const result = network.predict(pictures) as Tensor;
  const all = [...result.dataSync()];
  pictures.dispose();
  result.dispose();
  return all;
}

beforeAll(backendForLayers);

describe("a model that Keras 3 saved", () => {
  it.each(cases)("predicts what Keras does: $name", async ({ shape, pictures, predictions: expected, ...golden }) => {
    const file = { "model.keras": bytesOf({ shape, pictures, predictions: expected, ...golden }) };
    const { network, description, library } = await imported(file, settingsFor(shape));
    const received = predictions(
      network,
      pictures.map((level) => level / 127.5 - 1),
      shape,
    );
    const differences = received.map((value, index) => Math.abs(value - (expected[index] ?? NaN)));
    expect(Math.max(...differences)).toBeLessThan(1e-5);
    expect(library).toBe("Keras 3.15.1");
    const [, height, width] = shape;
    expect(description).toMatchObject({ labels: LABELS, width: 2 * width, height: 2 * height, calibration: null });
  });

  it("is rescaled for the numbers that it expects", async () => {
    const { shape, pictures, predictions: expected } = graph ?? { shape: [], pictures: [], predictions: [] };
    const file = { "model.keras": bytesOf(graph) };
    const settings = settingsFor(shape);
    for (const [range, seen] of [
      ["0..255", (level: number) => level / 127.5 - 1],
      ["-1..1", (level: number) => level],
      ["0..1", (level: number) => 2 * level - 1],
    ] as const) {
      const { network } = await imported(file, { ...settings, range });
      const received = predictions(network, pictures.map(seen), shape);
      expect(Math.max(...received.map((value, index) => Math.abs(value - (expected[index] ?? NaN))))).toBeLessThan(
        1e-5,
      );
    }
  });

  it("leaves no tensors behind once it is disposed of, or refused", async () => {
    const { numTensors } = memory();
    const { shape = [] } = graph ?? {};
    const read = (): Uint8Array => bytesOf(graph);
    const { network } = await importedModel("model.keras", read, settingsFor(shape));
    network.dispose();
    expect(memory().numTensors).toBe(numTensors);
    for (const settings of [
      {},
      { ...settingsFor(shape), labels: ["a"] },
      { ...settingsFor(shape), input: "rgb" as const },
    ]) {
      await expect(importedModel("model.keras", read, settings)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect(memory().numTensors).toBe(numTensors);
  });

  it("needs labels, an input with its channels, and no more labels than outputs", async () => {
    const file = { "model.keras": bytesOf(chain) };
    for (const [settings, message] of [
      [{ input: "rgb" }, /received no labels$/],
      [{ labels: LABELS }, /received no input$/],
      [{ labels: ["bus", "car"], input: "rgb" }, /^Expected 3 different labels.* received bus,car$/],
      [{ labels: ["bus", "car", "car"], input: "rgb" }, /^Expected 3 different labels/],
      [{ labels: LABELS, input: "gray" }, /^Expected a network with 1 channel for the input gray, but this one has 3$/],
    ] as const) {
      await expect(imported(file, settings)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      });
    }
  });

  it.each([
    [
      "an activation of another slope",
      '"activation":"silu"',
      '"activation":"hard_sigmoid"',
      /DepthwiseConv2D.*activation is "hard_sigmoid"/,
    ],
    ["a threshold", '"threshold":0', '"threshold":0.5', /ReLU.*threshold is 0.5/],
    [
      "a layer that TensorFlow.js lacks",
      '"class_name":"Dropout"',
      '"class_name":"GroupNormalization"',
      /GroupNormalization.*no such layer/,
    ],
    [
      "a class named like a property of objects",
      '"class_name":"Dropout"',
      '"class_name":"constructor"',
      /constructor.*no such layer/,
    ],
    ["a setting of the future", '"rms_scaling":false', '"rms_scaling":false,"tilt":1', /LayerNormalization.*tilt is 1/],
    ["other numbers", '"name":"float32"', '"name":"mixed_float16"', /dtype is "mixed_float16"/],
    ["no softmax at its end", '"activation":"softmax"', '"activation":"sigmoid"', /does not end with softmax/],
    ["a size that is not known", "[null,12,10,3]", "[null,null,10,3]", /shape \[\[null,null,10,3\]\]/],
    ["a fixed batch", "[null,12,10,3]", "[4,12,10,3]", /shape \[\[4,12,10,3\]\]/],
  ])("is refused by class and name with %s", async (_, from, to, message) => {
    const replaced = (json: string): string => {
      const compact = JSON.stringify(JSON.parse(json));
      expect(compact).toContain(from);
      return compact.replaceAll(from, to);
    };
    const file = { "model.keras": changed({ "config.json": replaced }) };
    await expect(imported(file, { labels: LABELS, input: "rgb" })).rejects.toMatchObject({
      code: "IMPORT_UNSUPPORTED",
      message: expect.stringMatching(message),
    });
  });
});

describe("a damaged .keras file", () => {
  const settings = { labels: LABELS, input: "rgb" } as const;
  const weights = unzipSync(bytesOf(chain))["model.weights.h5"] ?? new Uint8Array();

  /** The archive, with other sizes in its directory. */
  function claiming(bytes: number): Uint8Array {
    const archive = zipSync({ "config.json": strToU8("{}") });
    const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
    const directory = view.getUint32(archive.length - 6, true);
    view.setUint32(directory + 24, bytes, true);
    return archive;
  }

  /** The file with the first weight of the last layer replaced. */
  async function notFinite(): Promise<Uint8Array> {
    const { network } = await imported({ "model.keras": bytesOf(chain) }, settings);
    const [value = 0] = network.weights.at(-2)?.read().dataSync() ?? [];
    const at = Buffer.from(weights).indexOf(Buffer.from(new Float32Array([value]).buffer));
    expect(at).toBeGreaterThan(0);
    const other = weights.slice();
    other.set(new Uint8Array(new Float32Array([NaN]).buffer), at);
    return changed({ "model.weights.h5": other });
  }

  it.each([
    ["no zip archive", () => strToU8("not a zip archive"), /not a zip archive/],
    ["empty", () => new Uint8Array(), /not a zip archive/],
    ["cut off", () => bytesOf(chain).subarray(0, 5000), /not a zip archive/],
    ["without a configuration", () => zipSync({ "model.weights.h5": weights }), /no config\.json/],
    [
      "without weights",
      () => zipSync({ "config.json": unzipSync(bytesOf(chain))["config.json"] ?? new Uint8Array() }),
      /no model\.weights\.h5/,
    ],
    ["with files in other folders", () => zipSync({ "../config.json": strToU8("{}") }), /no config\.json/],
    ["that claims 4 GB", () => claiming(2 ** 32 - 2), /config\.json claims 4294967294 bytes/],
    ["that claims to be deflated a million times", () => claiming(2 ** 24), /config\.json claims 16777216 bytes/],
    ["with a list as its configuration", () => changed({ "config.json": () => "[]" }), /config\.json is not an object/],
    [
      "nested a thousand times",
      () => changed({ "config.json": () => `${'{"a":'.repeat(1000)}1${"}".repeat(1000)}` }),
      /levels deep/,
    ],
    ["with other weights", () => changed({ "model.weights.h5": strToU8("weights") }), /declare more than/],
    [
      "with weights that are no HDF5 file",
      () => changed({ "model.weights.h5": new Uint8Array(40_000) }),
      /not an HDF5 file/,
    ],
    [
      "with weights that are cut off",
      () => changed({ "model.weights.h5": weights.subarray(0, weights.length - 3000) }),
      /weights are damaged/,
    ],
    ["with weights that are NaN", notFinite, /NaN or infinite/],
    [
      "with more filters than weights",
      () => changed({ "config.json": (json) => json.replaceAll('"filters": 6', '"filters": 5') }),
      /instead of/,
    ],
    [
      "with absurdly many filters",
      () => changed({ "config.json": (json) => json.replaceAll('"filters": 6', '"filters": 1e12') }),
      /declare more than/,
    ],
  ])("is refused: %s", async (_, make, message) => {
    const file = { "model.keras": await make() };
    const before = memory().numTensors;
    await expect(imported(file, settings)).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
      message: expect.stringMatching(message),
    });
    expect(memory().numTensors).toBe(before);
  });

  it("is refused or read, whatever byte of its weights is another", async () => {
    const known = ["MODEL_DAMAGED", "IMPORT_UNSUPPORTED"];
    for (let at = 0; at < weights.length; at += 397) {
      const other = weights.with(at, (weights[at] ?? 0) ^ 0xff);
      const code = await imported({ "model.keras": changed({ "model.weights.h5": other }) }, settings).then(
        () => "read",
        (error: { readonly code?: string }) => error.code,
      );
      expect([...known, "read"]).toContain(code);
    }
    // The library is still there after all of them.
    await imported({ "model.keras": bytesOf(chain) }, settings);
  });
});

describe("a model of TensorFlow.js", () => {
  const settings = { labels: LABELS, input: "gray" } as const;

  function network(): LayersModel {
    const pixels = input({ shape: [8, 8, 1] });
    const map = layers.conv2d({ filters: 2, kernelSize: 3, activation: "relu" }).apply(pixels);
    const flat = layers.flatten().apply(layers.batchNormalization().apply(map));
    const result = graphOf({
      inputs: pixels,
      outputs: layers.dense({ units: 3, activation: "softmax" }).apply(flat) as never,
    });
    onTestFinished(() => void result.dispose());
    return result;
  }

  const PIXELS = Array.from({ length: 64 }, (_, index) => ((index * 37) % 64) / 32 - 1);

  /** Its files, the weights in two groups, the first of them in two shards. */
  async function files(
    from: LayersModel,
  ): Promise<{ readonly json: Record<string, unknown>; readonly shards: Record<string, Uint8Array> }> {
    const { modelTopology, weightSpecs, weightData } = await saveNetwork(from);
    const bytes = new Uint8Array(io.CompositeArrayBuffer.join(weightData));
    const [kernel, ...others] = weightSpecs;
    const end = 4 * 18;
    const weightsManifest = [
      { paths: ["a.bin", "part/b.bin"], weights: [kernel] },
      { paths: ["c.bin"], weights: others },
    ];
    const shards = { "a.bin": bytes.slice(0, 30), "part/b.bin": bytes.slice(30, end), "c.bin": bytes.slice(end) };
    return { json: { format: "layers-model", modelTopology, weightsManifest }, shards };
  }

  it("predicts what it did, whatever the groups and shards of its weights", async () => {
    const own = network();
    const { json, shards } = await files(own);
    const {
      network: read,
      description,
      library,
    } = await imported({ "model.json": JSON.stringify(json), ...shards }, { ...settings, range: "-1..1" });
    expect(predictions(read, PIXELS, [1, 8, 8, 1])).toEqual(predictions(own, PIXELS, [1, 8, 8, 1]));
    expect(library).toBe("TensorFlow.js");
    expect(description.provenance).toMatchObject({
      backend: "TensorFlow.js",
      trainedOn: { source: "model.json", pictures: 0 },
    });
  });

  it("is read with quantized weights, as far as these are exact", async () => {
    const own = network();
    const { json, shards } = await files(own);
    const [first, second] = json["weightsManifest"] as [{ weights: [Record<string, unknown>] }, object];
    const quantized = { ...first.weights[0], quantization: { dtype: "uint8", scale: 0.5, min: -1 } };
    const levels = Uint8Array.from({ length: 18 }, (_, index) => index % 5);
    const weightsManifest = [{ paths: ["a.bin"], weights: [quantized] }, second];
    const { network: read } = await imported(
      { "model.json": JSON.stringify({ ...json, weightsManifest }), ...shards, "a.bin": levels },
      { ...settings, range: "-1..1" },
    );
    const kernel = read.weights[0]?.read().dataSync();
    expect([...(kernel ?? [])]).toEqual([...levels].map((level) => 0.5 * level - 1));
  });

  it("is refused if it is a graph model, has unknown layers, lacks bytes, or names files elsewhere", async () => {
    const { json, shards } = await files(network());
    const [first, second] = json["weightsManifest"] as [object, object];
    const text = JSON.stringify(json);
    const refused = async (
      content: string,
      others: Record<string, Uint8Array>,
      code: string,
      message: RegExp,
    ): Promise<void> => {
      const read = imported({ "model.json": content, ...others }, settings);
      await expect(read).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    };
    await refused(JSON.stringify({ ...json, format: "graph-model" }), shards, "IMPORT_UNSUPPORTED", /graph model/);
    await refused(
      text.replaceAll('"Flatten"', '"Attention"'),
      shards,
      "IMPORT_UNSUPPORTED",
      /Unknown layer: Attention/,
    );
    await refused(text, { ...shards, "c.bin": new Uint8Array(8) }, "MODEL_DAMAGED", /c\.bin have 8 bytes instead of/);
    await refused(text, { "a.bin": new Uint8Array() }, "MODEL_DAMAGED", /part\/b\.bin does not exist/);
    for (const path of ["../a.bin", "/etc/passwd", "https://example.com/a.bin", "a\\b.bin", "part/../../a.bin"]) {
      const weightsManifest = [{ ...first, paths: [path] }, second];
      await refused(JSON.stringify({ ...json, weightsManifest }), shards, "MODEL_DAMAGED", /its weights are in/);
    }
    const nan = new Uint8Array(new Float32Array([NaN]).buffer);
    await refused(
      text,
      { ...shards, "c.bin": Uint8Array.from([...nan, ...(shards["c.bin"] ?? []).slice(4)]) },
      "MODEL_DAMAGED",
      /NaN/,
    );
    await refused("{", shards, "MODEL_DAMAGED", /not JSON/);
  });

  it("brings its description if silhouette has exported it, and takes no other", async () => {
    const own = sequential();
    own.add(layers.flatten({ inputShape: [8, 8, 1] }));
    own.add(layers.dense({ units: 3, activation: "softmax" }));
    onTestFinished(() => void own.dispose());
    const { description } = await imported({ "model.keras": bytesOf(graph) }, settings);
    const { json, weightsName, weights } = await encodeModel(own, description);
    const exported = { "model.json": json, [weightsName]: weights };
    expect((await imported(exported)).description).toEqual(description);
    await expect(imported(exported, { labels: LABELS })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^Expected no labels.* received bus,car,tram$/),
    });
    await expect(imported({ ...exported, [weightsName]: weights.subarray(4) })).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
    });
  });
});

it("reads no file that does not exist", async () => {
  await expect(importedModel("model.keras", () => undefined)).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
});
