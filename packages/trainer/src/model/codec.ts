// A trained network with all that is needed to use it, as a folder in the TF.js Layers format, which `tf.loadLayersModel`
// of any TF.js program reads.
//
//   model.json              topology, names and shapes of the weights, and our description as user-defined metadata
//   weights-<crc32>.bin     the weights, little-endian 32-bit floats, one after the other
//
// The weights' file is named by its content and written first, so that renaming model.json replaces both at once. TF.js
// has no checksums; the description carries two: of the weights' bytes, and of everything in model.json but itself.

import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { io } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

import { checkArgument, filePath } from "../values/arguments.ts";
import type { DatasetDescription } from "../dataset/format.ts";
import { Damage, systemErrorCode, TrainerError } from "../values/errors.ts";
import { count, list, object, oneOf, parseJson, record, text, tuple, type Shape } from "../values/json-shape.ts";
import { notFiniteWeight, restoreNetwork, saveNetwork } from "../network/saved-network.ts";
import { makeFolder, writeWhole } from "../node/files/whole-file.ts";

/** Grows when a model of the new kind cannot be read as one of the old. */
const FORMAT_VERSION = 1;

const MODEL_JSON = "model.json";

/** Key of the description in model.json's `userDefinedMetadata`. */
const DESCRIPTION_KEY = "silhouette";

/** What a model is called in errors. */
const WHAT = "the model";

/** What a model is for, and where it comes from. */
export interface ModelDescription {
  /** A class's place is its index in the network's output. */
  readonly labels: readonly string[];
  /** Pixels a row of every picture. */
  readonly width: number;
  /** Rows of every picture. */
  readonly height: number;
  /** The network's input is 0 or 1: 1 is lighter than the picture's threshold. */
  readonly pixelFormat: "binary1";
  /** How the pixels of its pictures were made; whoever uses the model repeats it. */
  readonly preprocessing: DatasetDescription["preprocessing"];
  /** Where the weights come from. */
  readonly provenance: {
    /** Epochs that the weights are trained for. */
    readonly epoch: number;
    /** Seed of weights, orders and dropout. */
    readonly seed: number;
    /** The kernels that trained: another set rounds in another way. */
    readonly kernelSet: string;
    /** The backend that trained. */
    readonly backend: string;
    /** Of silhouette. */
    readonly version: string;
    /** The pictures that it learned from. */
    readonly trainedOn: {
      /** A folder or a dataset file. */
      readonly source: string;
      /** Number of training pictures. */
      readonly pictures: number;
    };
  };
}

/** What {@link loadModel} gives. */
export interface LoadedModel {
  /** `[batch, height, width, 1]` ─▶ `[batch, classes]` probabilities. The caller's to dispose. */
  readonly network: LayersModel;
  /** What it is for. */
  readonly description: ModelDescription;
}

/** What pictures are made by in this version. */
const REPEATABLE: Pick<ModelDescription, "pixelFormat" | "preprocessing"> = {
  pixelFormat: "binary1",
  preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
};

const provenanceShape = record<ModelDescription["provenance"]>({
  epoch: count,
  seed: count,
  kernelSet: text,
  backend: text,
  version: text,
  trainedOn: record<ModelDescription["provenance"]["trainedOn"]>({ source: text, pictures: count }),
});

/** The description without what {@link checkRepeatable} has seen. */
const describedShape: Shape<Omit<ModelDescription, keyof typeof REPEATABLE>> = record({
  labels: list(text),
  width: count,
  height: count,
  provenance: provenanceShape,
});

const modelJsonShape = record({
  modelTopology: object,
  weightsManifest: tuple(
    record({
      paths: tuple(text),
      weights: list(record({ name: text, shape: list(count), dtype: oneOf("float32") })),
    }),
  ),
  userDefinedMetadata: record({ [DESCRIPTION_KEY]: object }),
});

/**
 * Writes the network and its description into `folder`, which is made; a model that is there is replaced at once, or stays
 * as it is. The same network and description give the same bytes. The format is that of TensorFlow.js Layers models, which
 * `tf.loadLayersModel` reads, with a checksum over everything.
 *
 * @param network `[batch, height, width, 1]` ─▶ `[batch, classes]`; stays the caller's
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`; `INVALID_ARGUMENT` if the description is of another network, or a weight is NaN or
 * infinite
 * @example
 * import { loadModel, saveModel } from "@silhouette/trainer";
 * import { enableTraining } from "@silhouette/training-wasm";
 *
 * await enableTraining();
 * const { network, description } = await loadModel("runs/photos/model");
 * await saveModel("copy", network, description);
 * network.dispose();
 */
export async function saveModel(folder: string, network: LayersModel, description: ModelDescription): Promise<void> {
  checkArgument("saveModel()", "folder", filePath, folder);
  const misfit = misfitOf(network, description);
  if (misfit !== undefined) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network that fits its description, but ${misfit}`,
      "Describe the network that is saved.",
    );
  }
  const saved = await saveNetwork(network);
  const spoilt = notFiniteWeight(saved);
  if (spoilt !== undefined) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network of finite weights, but ${spoilt} holds others`,
      "Train it again: its training has diverged.",
    );
  }
  const { weightData, weightSpecs, ...artifacts } = saved;
  const weights = new Uint8Array(io.CompositeArrayBuffer.join(weightData));
  const weightsCrc32 = checksum(weights);
  const { labels, width, height, pixelFormat, preprocessing, provenance } = description;
  const content = {
    formatVersion: FORMAT_VERSION,
    labels,
    width,
    height,
    pixelFormat,
    preprocessing,
    provenance,
    weightsCrc32,
  };
  const unsigned = {
    format: artifacts.format,
    generatedBy: artifacts.generatedBy,
    convertedBy: null,
    userDefinedMetadata: { [DESCRIPTION_KEY]: content },
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths: [weightsName(weightsCrc32)], weights: weightSpecs }],
  };
  const json = JSON.stringify(withContent(unsigned, { ...content, crc32: jsonChecksum(unsigned) }));

  const path = join(folder, MODEL_JSON);
  await makeFolder(folder, WHAT);
  const weightsFile = join(folder, weightsName(weightsCrc32));
  const isNew = (await stat(weightsFile).catch(() => undefined)) === undefined;
  await writeWhole(weightsFile, "the model's weights", [weights]);
  try {
    await writeWhole(path, WHAT, [Buffer.from(`${json}\n`)]);
  } catch (error) {
    if (isNew) await rm(weightsFile, { force: true });
    throw error;
  }
  await removeOtherWeights(folder, weightsName(weightsCrc32));
}

/**
 * Reads what {@link saveModel} wrote, every checksum compared. TensorFlow.js needs a backend that is ready, such as
 * `enableTraining` of `@silhouette/training-wasm` gives. The network is the caller's to dispose.
 *
 * @throws {TrainerError} `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`, `MODEL_PREPROCESSING`
 */
export async function loadModel(folder: string): Promise<LoadedModel> {
  checkArgument("loadModel()", "folder", filePath, folder);
  let json: string;
  try {
    json = await readFile(join(folder, MODEL_JSON), "utf8");
  } catch (cause) {
    throw new TrainerError(
      "MODEL_NOT_FOUND",
      `Expected a model in ${folder}, but its ${MODEL_JSON} cannot be opened (${systemErrorCode(cause) ?? String(cause)})`,
      "Name a run whose first epoch is done: its folder model holds one.",
      { cause },
    );
  }
  try {
    return await modelOf(folder, json);
  } catch (cause) {
    if (!(cause instanceof Damage)) throw cause;
    throw new TrainerError(
      "MODEL_DAMAGED",
      `Expected an intact model in ${folder}, but ${cause.message}`,
      "Copy it again from where it is intact, or train it again.",
      { cause },
    );
  }
}

async function modelOf(folder: string, json: string): Promise<LoadedModel> {
  const parsed = object(parseJson(json), "");
  const { modelTopology, weightsManifest, userDefinedMetadata } = modelJsonShape(parsed, "");
  const content = userDefinedMetadata[DESCRIPTION_KEY];
  const { formatVersion } = record({ formatVersion: count })(content, DESCRIPTION_KEY);
  if (formatVersion !== FORMAT_VERSION) {
    throw new TrainerError(
      "MODEL_VERSION",
      `Expected a model of format version ${FORMAT_VERSION} in ${folder}, but it has version ${formatVersion}`,
      "Use the version of silhouette that wrote it, or train it again.",
    );
  }
  const { weightsCrc32 } = record({ weightsCrc32: text })(content, DESCRIPTION_KEY);
  const { crc32: expected, ...others } = content;
  if (jsonChecksum(withContent(parsed, others)) !== expected)
    throw new Damage(`the checksum of its ${MODEL_JSON} differs`);

  checkRepeatable(folder, content);
  const description: ModelDescription = { ...describedShape(content, DESCRIPTION_KEY), ...REPEATABLE };
  const [{ paths, weights: specs }] = weightsManifest;
  if (paths[0] !== weightsName(weightsCrc32)) throw new Damage(`its weights are in ${paths[0]}`);
  const weightData = await readWeights(join(folder, paths[0]), weightsCrc32);
  const weightSpecs = specs.map(({ name, shape, dtype }) => ({ name, shape: [...shape], dtype }));
  const saved = { modelTopology, weightSpecs, weightData, userDefinedMetadata };
  const spoilt = notFiniteWeight(saved);
  if (spoilt !== undefined) throw new Damage(`its weight ${spoilt} holds numbers that are NaN or infinite`);
  const network = await restoreNetwork(saved).catch((cause: unknown) => {
    throw new Damage(`its network cannot be built (${cause instanceof Error ? cause.message : String(cause)})`, {
      cause,
    });
  });
  const misfit = misfitOf(network, description);
  if (misfit !== undefined) {
    network.dispose();
    throw new Damage(misfit);
  }
  return { network, description };
}

/** Refuses pictures that this version would make in another way: each setting has to be there, and no other. */
function checkRepeatable(folder: string, content: Readonly<Record<string, unknown>>): void {
  const { pixelFormat, preprocessing } = record({ pixelFormat: text, preprocessing: object })(content, DESCRIPTION_KEY);
  const received = new Map(Object.entries({ pixelFormat, ...preprocessing }));
  const expected = new Map(Object.entries({ pixelFormat: REPEATABLE.pixelFormat, ...REPEATABLE.preprocessing }));
  const shown = (value: unknown) => JSON.stringify(value) ?? "nothing";
  for (const setting of new Set([...expected.keys(), ...received.keys()])) {
    if (received.get(setting) === expected.get(setting)) continue;
    throw new TrainerError(
      "MODEL_PREPROCESSING",
      `Expected a model for pictures with ${setting} ${shown(expected.get(setting))} in ${folder}, but it is for ${shown(received.get(setting))}`,
      "Use the version of silhouette that trained it, or train it again with this one.",
    );
  }
}

async function readWeights(path: string, expected: string): Promise<ArrayBuffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Damage(`its weights ${path} cannot be opened (${systemErrorCode(cause) ?? String(cause)})`, { cause });
  });
  if (checksum(bytes) !== expected) throw new Damage(`the checksum of its weights ${path} differs`);
  return new Uint8Array(bytes).buffer;
}

/** How a network differs from its description, or undefined. */
function misfitOf(network: LayersModel, { width, height, labels }: ModelDescription): string | undefined {
  const input = JSON.stringify(network.inputs.map(({ shape }) => shape));
  const output = JSON.stringify(network.outputs.map(({ shape }) => shape));
  if (input !== JSON.stringify([[null, height, width, 1]])) {
    return `its network takes ${input} for pictures of ${width} x ${height}`;
  }
  if (output !== JSON.stringify([[null, labels.length]])) {
    return `its network gives ${output} for ${labels.length} classes`;
  }
  return undefined;
}

type Content = Readonly<Record<string, unknown>>;

/** A copy of model.json's value with another description; all keys stay in their places. */
function withContent(json: Content, content: Content): Content {
  const metadata = object(json["userDefinedMetadata"], "userDefinedMetadata");
  return { ...json, userDefinedMetadata: { ...metadata, [DESCRIPTION_KEY]: content } };
}

/** CRC-32 of a model.json's value without the checksum itself, written by JSON.stringify. */
function jsonChecksum(unsigned: Content): string {
  return checksum(JSON.stringify(unsigned));
}

/** zlib's CRC-32, as 8 hexadecimal digits. */
function checksum(data: string | Uint8Array): string {
  return crc32(data).toString(16).padStart(8, "0");
}

function weightsName(weightsCrc32: string): string {
  return `weights-${weightsCrc32}.bin`;
}

/** The model is whole by now: what cannot be removed is removed when the next one is saved. */
async function removeOtherWeights(folder: string, current: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const others = names.filter((name) => /^weights-[0-9a-f]{8}\.bin$/.test(name) && name !== current);
  await Promise.all(others.map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)));
}
