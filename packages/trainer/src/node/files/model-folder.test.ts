// Models round-trip, other TF.js programs can read them, and damaged or foreign files are rejected.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { io, memory, setBackend, tensor, tidy } from "@tensorflow/tfjs-core";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import {
  input,
  layers,
  loadLayersModel,
  model,
  sequential,
  type LayersModel,
  type Sequential,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { TrainerError } from "../../values/errors.ts";
import { Generator } from "../../values/generator.ts";
import type { ModelDescription } from "../../model/description.ts";
import { loadModel, saveModel } from "./model-folder.ts";
import { referenceNetwork, SHORTEST_SIDE } from "../../network/reference-network.ts";
import { emptyFolder } from "../../testing/folders.ts";

const SIDE = SHORTEST_SIDE;

const DESCRIPTION: ModelDescription = {
  labels: ["автобус", "オートバイ", 'voiture "½" 🚗'],
  width: SIDE,
  height: SIDE,
  pixelFormat: "binary1",
  input: "otsu",
  views: 1,
  calibration: null,
  preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
  provenance: {
    epoch: 30,
    seed: Number.MAX_SAFE_INTEGER,
    kernelSet: "simd128",
    backend: "wasm",
    version: "0.1.0",
    trainedOn: { source: "C:\\фото", pictures: 1234 },
  },
};

/** A small network of the same form: 2 x 3 pixels, 3 classes. */
const SMALL: ModelDescription = { ...DESCRIPTION, width: 3, height: 2, labels: ["a", "b", "c"] };

function smallNetwork(seed: number): Sequential {
  const network = sequential({ name: "small" });
  network.add(layers.flatten({ inputShape: [2, 3, 1] }));
  network.add(layers.dense({ units: 3, activation: "softmax" }));
  const generator = Generator.ofSeed(seed);
  const [kernel, bias] = [18, 3].map((size) => Float32Array.from({ length: size }, () => generator.uniform()));
  network.setWeights([tensor(kernel ?? [], [6, 3]), tensor(bias ?? [], [3])]);
  onTestFinished(() => void network.dispose());
  return network;
}

function predict(network: LayersModel, { width, height }: ModelDescription): Float32Array {
  const generator = Generator.ofSeed(3);
  const pixels = Float32Array.from({ length: 2 * height * width }, () => Math.round(generator.uniform()));
  return tidy(() => {
    const answer = network.predict(tensor(pixels, [2, height, width, 1]));
    if (Array.isArray(answer)) throw new Error("one output");
    return Float32Array.from(answer.dataSync());
  });
}

const modelJson = (folder: string) => join(folder, "model.json");

const weightsFiles = (folder: string) => readdirSync(folder).filter((name) => name !== "model.json");

type Json = Record<string, unknown>;

/** Changes model.json and recomputes its checksum. */
function resign(folder: string, change: (json: Json, description: Json) => void): void {
  const json = JSON.parse(readFileSync(modelJson(folder), "utf8")) as Json;
  const description = (json["userDefinedMetadata"] as Json)["silhouette"] as Json;
  change(json, description);
  delete description["crc32"];
  description["crc32"] = crc32(JSON.stringify(json)).toString(16).padStart(8, "0");
  writeFileSync(modelJson(folder), JSON.stringify(json));
}

const refused = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;

beforeAll(async () => {
  await setBackend("wasm");
  setThreadsCount(1);
});

describe("a model", () => {
  it("of the reference network round-trips with its description and the same predictions", async () => {
    const folder = join(emptyFolder(), "run", "model");
    const network = referenceNetwork({ width: SIDE, height: SIDE, classes: 3 }, Generator.ofSeed(1));
    const expected = predict(network, DESCRIPTION);
    await saveModel(folder, network, DESCRIPTION);
    const loaded = await loadModel(folder);
    expect(loaded.description).toEqual(DESCRIPTION);
    expect(predict(loaded.network, DESCRIPTION)).toEqual(expected);
    expect(loaded.network.layers.map(({ name }) => name)).toEqual(network.layers.map(({ name }) => name));
    network.dispose();
    loaded.network.dispose();
  });

  it("is readable by programs that only use TF.js", async () => {
    const folder = emptyFolder();
    const network = smallNetwork(1);
    await saveModel(folder, network, SMALL);
    const json = JSON.parse(readFileSync(modelJson(folder), "utf8")) as io.ModelJSON;
    const load = () =>
      io.getModelArtifactsForJSON(json, (manifest) => {
        const paths = manifest.flatMap((group) => group.paths);
        const data = Buffer.concat(paths.map((path) => readFileSync(join(folder, path))));
        return Promise.resolve([manifest.flatMap(({ weights }) => weights), new Uint8Array(data).buffer]);
      });
    const loaded = await loadLayersModel({ load });
    expect(predict(loaded, SMALL)).toEqual(predict(network, SMALL));
    expect(json).toMatchObject({ format: "layers-model", generatedBy: expect.stringMatching(/TensorFlow/) as string });
    loaded.dispose();
  });

  it("has the same bytes each time, also after loading", async () => {
    const [one, other] = [emptyFolder(), emptyFolder()];
    await saveModel(one, smallNetwork(1), SMALL);
    const { network, description } = await loadModel(one);
    await saveModel(other, network, description);
    network.dispose();
    expect(readdirSync(other)).toEqual(readdirSync(one));
    for (const name of readdirSync(one)) {
      expect(readFileSync(join(other, name)).equals(readFileSync(join(one, name)))).toBe(true);
    }
  });

  it("is replaced together with its weights, and files of others stay", async () => {
    const folder = emptyFolder();
    await saveModel(folder, smallNetwork(1), SMALL);
    writeFileSync(join(folder, "weights-of-mine.bin"), "");
    const [before] = weightsFiles(folder);
    const network = smallNetwork(2);
    await saveModel(folder, network, SMALL);
    expect(existsSync(join(folder, before ?? ""))).toBe(false);
    expect(weightsFiles(folder)).toEqual([
      expect.stringMatching(/^weights-[0-9a-f]{8}\.bin$/) as string,
      "weights-of-mine.bin",
    ]);
    const loaded = await loadModel(folder);
    expect(predict(loaded.network, SMALL)).toEqual(predict(network, SMALL));
    loaded.network.dispose();
  });

  it("is still the previous one if writing stops between its two files", async () => {
    const [folder, newer] = [emptyFolder(), emptyFolder()];
    const network = smallNetwork(1);
    await saveModel(folder, network, SMALL);
    await saveModel(newer, smallNetwork(2), SMALL);
    for (const name of weightsFiles(newer)) writeFileSync(join(folder, name), readFileSync(join(newer, name)));
    const loaded = await loadModel(folder);
    expect(predict(loaded.network, SMALL)).toEqual(predict(network, SMALL));
    loaded.network.dispose();
  });

  it("leaves nothing behind if it cannot be written", async () => {
    const folder = emptyFolder();
    mkdirSync(modelJson(folder));
    await expect(saveModel(folder, smallNetwork(1), SMALL)).rejects.toThrow(
      refused("OUTPUT_UNWRITABLE", "it is a folder"),
    );
    expect(readdirSync(folder)).toEqual(["model.json"]);
    const file = join(emptyFolder(), "file");
    writeFileSync(file, "");
    await expect(saveModel(file, smallNetwork(1), SMALL)).rejects.toThrow(refused("OUTPUT_UNWRITABLE", file));
  });

  it.each([
    ["classes", { labels: ["a", "b"] }, "for 2 classes"],
    ["sides", { width: 2, height: 3 }, "for pictures of 2 x 3"],
  ])("is not saved with a description of other %s", async (_, change, message) => {
    const folder = emptyFolder();
    await expect(saveModel(folder, smallNetwork(1), { ...SMALL, ...change })).rejects.toThrow(
      refused("INVALID_ARGUMENT", message),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves no tensors after saving, and only the network's after loading", async () => {
    const folder = emptyFolder();
    const network = smallNetwork(1);
    const before = memory().numTensors;
    await saveModel(folder, network, SMALL);
    expect(memory().numTensors).toBe(before);
    const loaded = await loadModel(folder);
    loaded.network.dispose();
    expect(memory().numTensors).toBe(before);
  });
});

describe("weights that are NaN or infinite", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("are not saved: %d", async (value) => {
    const folder = emptyFolder();
    const network = smallNetwork(1);
    const bias = [1, value, 2];
    network.layers[1]?.setWeights([tensor(new Float32Array(18), [6, 3]), tensor(bias)]);
    await expect(saveModel(folder, network, SMALL)).rejects.toThrow(
      refused("INVALID_ARGUMENT", "/bias has values that are NaN or infinite"),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("are not loaded: %d", async (value) => {
    const folder = emptyFolder();
    await saveModel(folder, smallNetwork(1), SMALL);
    const [name = ""] = weightsFiles(folder);
    const values = new Float32Array(new Uint8Array(readFileSync(join(folder, name))).buffer);
    values[20] = value;
    const bytes = new Uint8Array(values.buffer);
    const checksum = crc32(bytes).toString(16).padStart(8, "0");
    writeFileSync(join(folder, `weights-${checksum}.bin`), bytes);
    resign(folder, (json, description) => {
      description["weightsCrc32"] = checksum;
      const [group] = json["weightsManifest"] as { paths: string[] }[];
      if (group !== undefined) group.paths = [`weights-${checksum}.bin`];
    });
    const tensors = memory().numTensors;
    await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_DAMAGED", "/bias has values that are NaN"));
    expect(memory().numTensors).toBe(tensors);
  });
});

it("a model with shared layers and nested models round-trips with the same predictions", async () => {
  const folder = emptyFolder();
  const pictures = input({ shape: [2, 3, 1] });
  const inner = input({ shape: [6] });
  const shared = layers.dense({ units: 6 });
  const twice = model({ inputs: inner, outputs: shared.apply(shared.apply(inner)) as SymbolicTensor });
  const chain = sequential({ layers: [layers.dense({ units: 6, inputShape: [6] }), layers.dense({ units: 6 })] });
  const flat = layers.flatten().apply(pictures);
  const first = twice.apply(flat) as SymbolicTensor;
  const second = chain.apply(twice.apply(first)) as SymbolicTensor;
  const sum = layers.add().apply([first, second, chain.apply(first) as SymbolicTensor]);
  const network = model({ inputs: pictures, outputs: layers.dense({ units: 3 }).apply(sum) as SymbolicTensor });
  onTestFinished(() => void network.dispose());
  await saveModel(folder, network, SMALL);
  const { numTensors } = memory();
  const { network: loaded } = await loadModel(folder);
  expect(predict(loaded, SMALL)).toEqual(predict(network, SMALL));
  loaded.dispose();
  expect(memory().numTensors).toBe(numTensors);
});

it("a model whose constraint is a layer is rejected, and leaves no tensors", async () => {
  const folder = emptyFolder();
  await saveModel(folder, smallNetwork(1), SMALL);
  const constraint = { class_name: "Dense", config: { units: 3, name: "strange" } };
  resign(folder, (json) => (layerOf(json, "Dense").config["bias_constraint"] = constraint));
  const { numTensors } = memory();
  await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_DAMAGED", "/bias is a layer"));
  expect(memory().numTensors).toBe(numTensors);
});

it("a model with an object instead of a list is rejected without iterating over a billion indices", async () => {
  const folder = emptyFolder();
  await saveModel(folder, smallNetwork(1), SMALL);
  resign(folder, (json) => (layerOf(json, "Dense").config["noise_shape"] = { length: 1e9 }));
  await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_DAMAGED", "a length of 1000000000"));
});

it("a model is loaded without running its initializers, which not every program can do", async () => {
  const folder = emptyFolder();
  const network = sequential();
  network.add(layers.reshape({ inputShape: [2, 3, 1], targetShape: [2, 3] }));
  network.add(layers.gru({ units: 3, recurrentInitializer: "glorotUniform" }));
  onTestFinished(() => void network.dispose());
  await saveModel(folder, network, SMALL);
  // TensorFlow.js' orthogonal initializer needs operations that only its umbrella package registers.
  resign(
    folder,
    (json) => (layerOf(json, "GRU").config["recurrent_initializer"] = { class_name: "Orthogonal", config: {} }),
  );
  const { network: loaded } = await loadModel(folder);
  expect(predict(loaded, SMALL)).toEqual(predict(network, SMALL));
  loaded.dispose();
});

describe("a damaged model", () => {
  async function codeOf(folder: string, expected: ModelDescription): Promise<string> {
    try {
      const { network, description } = await loadModel(folder);
      network.dispose();
      expect(description).toEqual(expected);
      return "same";
    } catch (error) {
      if (error instanceof TrainerError) return error.code;
      throw error;
    }
  }

  it("is rejected wherever a bit of model.json is flipped, unless its meaning is unchanged", async () => {
    const folder = emptyFolder();
    await saveModel(folder, smallNetwork(1), { ...SMALL, labels: DESCRIPTION.labels });
    const intact = readFileSync(modelJson(folder));
    const codes: Record<string, number> = {};
    for (let offset = 0; offset < intact.length; offset++) {
      for (const mask of [1 << (offset % 8), 0x20, 0xff]) {
        const flipped = Buffer.from(intact);
        flipped[offset] = (flipped[offset] ?? 0) ^ mask;
        writeFileSync(modelJson(folder), flipped);
        const code = await codeOf(folder, { ...SMALL, labels: DESCRIPTION.labels });
        codes[code] = (codes[code] ?? 0) + 1;
        if (code !== "same") continue;
        expect(JSON.parse(flipped.toString())).toEqual(JSON.parse(intact.toString()));
      }
    }
    expect(["same", "MODEL_DAMAGED", "MODEL_VERSION"]).toEqual(expect.arrayContaining(Object.keys(codes)));
    expect(codes["MODEL_DAMAGED"] ?? 0).toBeGreaterThan(intact.length);
    // The line feed at the end may become other white space.
    expect(codes["same"] ?? 0).toBeLessThan(5);
  });

  it("is rejected wherever a bit of its weights is flipped", async () => {
    const folder = emptyFolder();
    await saveModel(folder, smallNetwork(1), SMALL);
    const path = join(folder, weightsFiles(folder)[0] ?? "");
    const intact = readFileSync(path);
    expect(intact).toHaveLength(4 * 21);
    for (let offset = 0; offset < intact.length; offset++) {
      const flipped = Buffer.from(intact);
      flipped[offset] = (flipped[offset] ?? 0) ^ (1 << (offset % 8));
      writeFileSync(path, flipped);
      await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_DAMAGED", "the checksum of its weights"));
    }
  });

  it("is rejected wherever it is truncated", async () => {
    const folder = emptyFolder();
    await saveModel(folder, smallNetwork(1), SMALL);
    for (const name of readdirSync(folder)) {
      const intact = readFileSync(join(folder, name));
      // The last byte of model.json is a line feed.
      const lengths = name === "model.json" ? intact.length - 1 : intact.length;
      for (let length = 0; length < lengths; length += 5) {
        writeFileSync(join(folder, name), intact.subarray(0, length));
        expect(await codeOf(folder, SMALL)).toBe("MODEL_DAMAGED");
      }
      writeFileSync(join(folder, name), intact);
    }
    expect(await codeOf(folder, SMALL)).toBe("same");
  });

  it("is rejected if it does not exist, has no weights, or was written by another program", async () => {
    const folder = emptyFolder();
    await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_NOT_FOUND", "(ENOENT)"));
    await saveModel(folder, smallNetwork(1), SMALL);
    const other = emptyFolder();
    writeFileSync(modelJson(other), readFileSync(modelJson(folder)));
    await expect(loadModel(other)).rejects.toThrow(refused("MODEL_DAMAGED", "cannot be opened (ENOENT)"));
    const json = JSON.parse(readFileSync(modelJson(folder), "utf8")) as Json;
    writeFileSync(modelJson(folder), JSON.stringify({ ...json, userDefinedMetadata: undefined }));
    await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_DAMAGED", "userDefinedMetadata is missing"));
  });
});

describe("a modified model with valid checksums", () => {
  async function changed(change: (json: Json, description: Json) => void): Promise<string> {
    const folder = emptyFolder();
    await saveModel(folder, smallNetwork(1), SMALL);
    resign(folder, change);
    return folder;
  }

  it("is accepted if nothing has changed", async () => {
    const loaded = await loadModel(await changed(() => undefined));
    loaded.network.dispose();
    expect(loaded.description).toEqual(SMALL);
  });

  it("is rejected if it has another version, which the error names", async () => {
    const folder = await changed((_, description) => {
      description["formatVersion"] = 5;
      delete description["labels"];
    });
    await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_VERSION", "has version 5"));
  });

  it.each([
    ["gray", { gray: "luma" }, 'with gray "opencv-15bit" in', 'for "luma"'],
    ["resize", { resize: "nearest" }, 'with resize "pillow13-bilinear" in', 'for "nearest"'],
    ["threshold", { threshold: undefined }, 'with threshold "otsu" in', "for nothing"],
    ["background", { background: 0 }, 'with background "white" in', "for 0"],
    ["a setting of its own", { blur: 3 }, "with blur nothing in", "for 3"],
  ])("is rejected for pictures with another %s", async (_, change, expected, received) => {
    const folder = await changed((__, description) => {
      description["preprocessing"] = { ...SMALL.preprocessing, ...change };
    });
    await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_PREPROCESSING", expected));
    await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_PREPROCESSING", received));
  });

  it("is rejected for pictures with another pixel format", async () => {
    const folder = await changed((_, description) => {
      description["pixelFormat"] = "gray16";
    });
    const message = `with pixelFormat "binary1" in ${folder}, but it is for "gray16"`;
    await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_PREPROCESSING", message));
  });

  it.each<[string, (json: Json, description: Json) => void, string]>([
    ["labels of fewer classes", (_, description) => (description["labels"] = ["a", "b"]), "for 2 classes"],
    ["pictures of another size", (_, description) => (description["width"] = 4), "for pictures of 4 x 2"],
    ["labels that are not strings", (_, description) => (description["labels"] = ["a", 2, "c"]), "labels[1] is 2"],
    ["no provenance", (_, description) => delete description["provenance"], "provenance is missing"],
    ["no network", (json) => (json["modelTopology"] = {}), "its network cannot be built"],
    ["two weights files", (json) => (json["weightsManifest"] = [{ paths: ["a", "b"] }]), "weightsManifest[0].paths"],
    ["weights elsewhere", setWeightsPath("../../secret.bin"), "its weights are in ../../secret.bin"],
    ["more weights than the file contains", setFirstShape([60, 3]), "its network cannot be built"],
    ["weights of another shape", setFirstShape([3, 6]), "its network cannot be built"],
  ])("is rejected with %s", async (_, change, message) => {
    const folder = await changed(change);
    await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_DAMAGED", message));
  });

  const DEEP = `${'{"a":'.repeat(200_000)}0${"}".repeat(200_000)}`;
  const WAITS = "waits for an input that no layer provides";

  it("is rejected if its JSON is nested 200,000 levels deep anywhere", async () => {
    const folder = emptyFolder();
    await saveModel(folder, smallNetwork(1), SMALL);
    const intact = readFileSync(modelJson(folder), "utf8");
    for (const json of [
      DEEP,
      intact.replace(/"modelTopology":\{/, `$&"x":${DEEP},`),
      intact.replace(/"width":3/, `"width":${DEEP}`),
    ]) {
      writeFileSync(modelJson(folder), json);
      await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_DAMAGED", "nested more than 500 levels deep"));
    }
  });

  it("is rejected before allocating memory for more weights than its file contains", async () => {
    const folder = await changed((json) => (layerOf(json, "Dense").config["units"] = 1_000_000_000));
    await expect(loadModel(folder)).rejects.toThrow(
      refused("MODEL_DAMAGED", "its layers declare more than 21 weights"),
    );
    const claimed = await changed(setFirstShape([1_000_000, 1_000_000]));
    await expect(loadModel(claimed)).rejects.toThrow(
      refused("MODEL_DAMAGED", "there are 84 bytes for 1000000000003 weights"),
    );
  });

  it.each([
    ["another layer", (nodes: unknown[][][]) => (nodes[0] = [["elsewhere", 0, 0, {}]]), WAITS],
    ["itself", (nodes: unknown[][][], name: string) => (nodes[0] = [[name, 0, 0, {}]]), WAITS],
    ["a call that does not exist", (nodes: unknown[][][]) => (nodes[0]?.[0] ?? []).splice(1, 1, 1), WAITS],
    ["a layer without a name", (nodes: unknown[][][]) => (nodes[0] = [[0, 0, {}]]), "instead of a string"],
  ])("is rejected instead of looping forever if a layer takes its input from %s", async (_, change, message) => {
    const folder = emptyFolder();
    const [pictures, hidden] = [input({ shape: [2, 3, 1] }), layers.flatten()];
    const outputs = layers.dense({ units: 3 }).apply(hidden.apply(pictures)) as SymbolicTensor;
    const network = model({ inputs: pictures, outputs });
    onTestFinished(() => void network.dispose());
    await saveModel(folder, network, SMALL);
    const { network: same } = await loadModel(folder);
    same.dispose();
    const before = memory().numTensors;
    resign(folder, (json) => {
      const { inbound_nodes: nodes, config } = layerOf(json, "Dense");
      change(nodes, String(config["name"]));
    });
    await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_DAMAGED", message));
    expect(memory().numTensors).toBe(before);
    resign(folder, (json) => {
      const { config } = json["modelTopology"] as { config: Record<string, unknown> };
      config["output_layers"] = [];
      layerOf(json, "Dense").inbound_nodes = [[[layerOf(json, "Flatten").config["name"], 0, 0, {}]]];
    });
    await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_DAMAGED", "its network cannot be built"));
    expect(memory().numTensors).toBe(before);
  });

  it("leaves no tensors behind when its network cannot be built", async () => {
    for (const change of [
      (json: Json) => (layerOf(json, "Dense").config["name"] = "another"),
      (json: Json) => (layerOf(json, "Dense").config["activation"] = "unknown"),
      (json: Json) => (layerOf(json, "Dense").config["name"] = "\ud800"),
    ]) {
      const folder = await changed(change);
      const before = memory().numTensors;
      await expect(loadModel(folder)).rejects.toThrow(refused("MODEL_DAMAGED", "its network cannot be built"));
      expect(memory().numTensors).toBe(before);
    }
  });

  it("leaves no tensors behind when it does not match its description", async () => {
    const folder = await changed((_, description) => (description["width"] = 4));
    const before = memory().numTensors;
    await expect(loadModel(folder)).rejects.toThrow(TrainerError);
    expect(memory().numTensors).toBe(before);
  });
});

interface Group {
  paths: string[];
  weights: { shape: number[] }[];
}

interface SavedLayer {
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: unknown[][][];
}

/** The layer of that class in the topology of a model.json. */
function layerOf(json: Json, className: string): SavedLayer {
  const { config } = json["modelTopology"] as { config: { layers: SavedLayer[] } };
  const layer = config.layers.find(({ class_name: name }) => name === className);
  if (layer === undefined) throw new Error(`no layer ${className}`);
  return layer;
}

function setWeightsPath(path: string): (json: Json) => void {
  return (json) => {
    for (const group of json["weightsManifest"] as Group[]) group.paths = [path];
  };
}

function setFirstShape(shape: number[]): (json: Json) => void {
  return (json) => {
    const [weights] = (json["weightsManifest"] as Group[]).flatMap((group) => group.weights);
    if (weights !== undefined) weights.shape = shape;
  };
}
