// A trained network with everything needed to use it, as two files in the TensorFlow.js Layers format, which any TensorFlow.js
// program reads with `tf.loadLayersModel`.
//
//   model.json              topology, names and shapes of the weights, and our description as user-defined metadata
//   weights-<crc32>.bin     values of the weights, concatenated, as little-endian 32-bit floats
//
// The weights file is named after its content and written first, so that renaming model.json replaces both at once.
// TensorFlow.js has no checksums. The description carries two: one of the weights file, and one of everything in model.json
// except itself.

import { io } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

import { seenShape } from "../dataset/network-input.ts";
import { preprocessingOf } from "../dataset/preprocessing.ts";
import { notFiniteWeight, restoreNetwork, saveNetwork, type SavedNetwork } from "../network/saved-network.ts";
import { crc32Hex } from "../values/checksum.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import { count, list, object, oneOf, parseJson, record, text, tuple } from "../values/json-shape.ts";
import { checkRepeatable, describedShape, DESCRIPTION_KEY, type ModelDescription } from "./description.ts";
import { MODEL_JSON } from "./run-paths.ts";

/** Format version: incremented on incompatible changes. */
const FORMAT_VERSION = 4;

/** The files of a model. */
export interface ModelFiles {
  /** Content of `model.json`, which names the weights file. */
  readonly json: string;
  /** Name of the weights file. */
  readonly weightsName: string;
  /** Content of the weights file. */
  readonly weights: Uint8Array;
}

/** Result of {@link loadModel}. */
export interface LoadedModel {
  /** `[batch, height, width, channels]` ─▶ `[batch, classes]` probabilities. The caller disposes of it. */
  readonly network: LayersModel;
  /** Description of the model. */
  readonly description: ModelDescription;
  /** Checksum of `model.json`, which has that of the weights: 8 hexadecimal digits. */
  readonly crc32: string;
}

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
 * Encodes a network and its description as files. The same network and description give the same bytes.
 *
 * @param network `[batch, height, width, channels]` ─▶ `[batch, classes]`; not disposed of
 * @throws {TrainerError} `INVALID_ARGUMENT` if the description does not fit the network, or a weight is NaN or infinite
 */
export async function encodeModel(network: LayersModel, description: ModelDescription): Promise<ModelFiles> {
  const mismatch = mismatchOf(network, description);
  if (mismatch !== undefined) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network that fits its description, but ${mismatch}`,
      "Pass the description of this network.",
    );
  }
  const saved = await saveNetwork(network);
  const nonFinite = notFiniteWeight(saved);
  if (nonFinite !== undefined) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network with finite weights, but ${nonFinite} has values that are NaN or infinite`,
      "Train it again: the training has diverged.",
    );
  }
  const { weightData, weightSpecs, ...artifacts } = saved;
  const weights = new Uint8Array(io.CompositeArrayBuffer.join(weightData));
  const weightsCrc32 = crc32Hex([weights]);
  const content = { ...descriptionContent(description), weightsCrc32 };
  const unsigned = {
    format: artifacts.format,
    generatedBy: artifacts.generatedBy,
    convertedBy: null,
    userDefinedMetadata: { [DESCRIPTION_KEY]: content },
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths: [weightsName(weightsCrc32)], weights: weightSpecs }],
  };
  const json = JSON.stringify(withContent(unsigned, { ...content, crc32: jsonChecksum(unsigned) }));
  return { json: `${json}\n`, weightsName: weightsName(weightsCrc32), weights };
}

/** The description as files have it, in the order of their keys and without checksums. */
export function descriptionContent(
  description: ModelDescription,
): { readonly formatVersion: number } & ModelDescription {
  const { labels, width, height, pixelFormat, input, views, calibration, preprocessing, provenance } = description;
  return {
    formatVersion: FORMAT_VERSION,
    labels,
    width,
    height,
    pixelFormat,
    input,
    views,
    calibration,
    preprocessing,
    provenance,
  };
}

/**
 * Decodes the files of {@link encodeModel} and verifies all checksums. Requires a started TensorFlow.js backend.
 *
 * @param json content of `model.json`
 * @param readWeights reads the weights file, given its name
 * @param name name of the model, used in error messages
 * @throws {TrainerError} `MODEL_VERSION`, `MODEL_PREPROCESSING`, `MODEL_DAMAGED`; and what `readWeights` throws
 */
export async function decodeModel(
  json: string,
  readWeights: (fileName: string) => Promise<Uint8Array> | Uint8Array,
  name = "the given files",
): Promise<LoadedModel> {
  return orDamaged(name, async () => modelOf(await verified(json, readWeights, name)));
}

/** Result of {@link verifyModel}. */
export interface VerifiedModel {
  /** Description of the model. */
  readonly description: ModelDescription;
  /** Content of the weights file. */
  readonly weights: Uint8Array;
}

/**
 * Verifies the files of {@link encodeModel} as {@link decodeModel} does, but builds no network: it needs no backend.
 *
 * @param json content of `model.json`
 * @param readWeights reads the weights file, given its name
 * @param name name of the model, used in error messages
 * @throws {TrainerError} `MODEL_VERSION`, `MODEL_PREPROCESSING`, `MODEL_DAMAGED`; and what `readWeights` throws
 */
export async function verifyModel(
  json: string,
  readWeights: (fileName: string) => Promise<Uint8Array> | Uint8Array,
  name = "the given files",
): Promise<VerifiedModel> {
  const { description, saved } = await orDamaged(name, async () => verified(json, readWeights, name));
  return { description, weights: new Uint8Array(io.CompositeArrayBuffer.join(saved.weightData)) };
}

async function orDamaged<Result>(name: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof Damage)) throw cause;
    throw new TrainerError(
      "MODEL_DAMAGED",
      `Expected an intact model in ${name}, but ${cause.message}`,
      "Copy it again from an intact original, or train it again.",
      { cause },
    );
  }
}

/** The content of files that are what was written. */
interface VerifiedFiles {
  readonly description: ModelDescription;
  readonly saved: SavedNetwork;
  readonly crc32: string;
}

async function verified(
  json: string,
  readWeights: (fileName: string) => Promise<Uint8Array> | Uint8Array,
  name: string,
): Promise<VerifiedFiles> {
  const parsed = object(parseJson(json), "");
  const { modelTopology, weightsManifest, userDefinedMetadata } = modelJsonShape(parsed, "");
  const content = userDefinedMetadata[DESCRIPTION_KEY];
  checkVersion(name, content);
  const { weightsCrc32, crc32: expected } = record({ weightsCrc32: text, crc32: text })(content, DESCRIPTION_KEY);
  const { crc32: _checksum, ...others } = content;
  if (jsonChecksum(withContent(parsed, others)) !== expected)
    throw new Damage(`the checksum of its ${MODEL_JSON} does not match`);

  const description = describedIn(content, name);
  const [{ paths, weights: specs }] = weightsManifest;
  if (paths[0] !== weightsName(weightsCrc32)) throw new Damage(`its weights are in ${paths[0]}`);
  const weights = await readWeights(paths[0]);
  if (crc32Hex([weights]) !== weightsCrc32) throw new Damage(`the checksum of its weights ${paths[0]} does not match`);
  const weightData = new Uint8Array(weights).buffer;
  const weightSpecs = specs.map((spec) => ({ ...spec, shape: [...spec.shape] }));
  const saved = { modelTopology, weightSpecs, weightData, userDefinedMetadata };
  const nonFinite = notFiniteWeight(saved);
  if (nonFinite !== undefined) throw new Damage(`its weight ${nonFinite} has values that are NaN or infinite`);
  return { description, saved, crc32: expected };
}

/** @throws {TrainerError} `MODEL_VERSION` */
function checkVersion(name: string, content: Content): void {
  const { formatVersion } = record({ formatVersion: count })(content, DESCRIPTION_KEY);
  if (formatVersion === FORMAT_VERSION) return;
  throw new TrainerError(
    "MODEL_VERSION",
    `Expected a model of format version ${FORMAT_VERSION} in ${name}, but it has version ${formatVersion}`,
    "Use the version of silhouette that wrote it, or train it again.",
  );
}

/**
 * The description that {@link descriptionContent} wrote.
 *
 * @param name name of the model, used in error messages
 * @throws {Damage}
 * @throws {TrainerError} `MODEL_VERSION`, `MODEL_PREPROCESSING`
 */
export function describedIn(content: Content, name: string): ModelDescription {
  checkVersion(name, content);
  checkRepeatable(name, content);
  const described = describedShape(content, DESCRIPTION_KEY);
  return { ...described, preprocessing: preprocessingOf(described.pixelFormat) };
}

async function modelOf({ description, saved, crc32 }: VerifiedFiles): Promise<LoadedModel> {
  const network = await restoreNetwork(saved).catch((cause: unknown) => {
    throw new Damage(`its network cannot be built (${cause instanceof Error ? cause.message : String(cause)})`, {
      cause,
    });
  });
  const mismatch = mismatchOf(network, description);
  if (mismatch !== undefined) {
    network.dispose();
    throw new Damage(mismatch);
  }
  return { network, description, crc32 };
}

/** How a network differs from its description, or undefined if it fits. */
export function mismatchOf(network: LayersModel, description: ModelDescription): string | undefined {
  const { labels } = description;
  const { width, height, channels } = seenShape(description, description.input);
  const input = JSON.stringify(network.inputs.map(({ shape }) => shape));
  const output = JSON.stringify(network.outputs.map(({ shape }) => shape));
  if (input !== JSON.stringify([[null, height, width, channels]])) {
    return `its network has the input shape ${input} for pictures of ${width} x ${height}`;
  }
  if (output !== JSON.stringify([[null, labels.length]])) {
    return `its network has the output shape ${output} for ${labels.length} classes`;
  }
  return undefined;
}

type Content = Readonly<Record<string, unknown>>;

/** A copy of model.json's value with another description; the order of keys stays the same. */
function withContent(json: Content, content: Content): Content {
  const metadata = object(json["userDefinedMetadata"], "userDefinedMetadata");
  return { ...json, userDefinedMetadata: { ...metadata, [DESCRIPTION_KEY]: content } };
}

/** CRC-32 of model.json's value without the checksum itself, as written by JSON.stringify. */
function jsonChecksum(unsigned: Content): string {
  return crc32Hex([JSON.stringify(unsigned)]);
}

function weightsName(weightsCrc32: string): string {
  return `weights-${weightsCrc32}.bin`;
}
