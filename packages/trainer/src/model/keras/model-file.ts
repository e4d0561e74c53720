// A network as a `.keras` file of Keras 3, and back: a zip archive of the configuration, metadata, and the weights in HDF5.

import { tensor, util, type Variable } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

import { hasSameCalls } from "../../network/network-graph.ts";
import { buildNetwork, saveNetwork } from "../../network/saved-network.ts";
import { Damage } from "../../values/errors.ts";
import { textBytes, textOf } from "../../values/files.ts";
import { object, parseJson } from "../../values/json-shape.ts";
import { CONFIG_JSON, decodeArchive, encodeArchive, METADATA_JSON, WEIGHTS_H5, type ArchiveFiles } from "./archive.ts";
import { decodeHdf5, encodeHdf5 } from "./hdf5.ts";
import { Inexpressible, isConfig, type Config } from "./settings.ts";
import { kerasTopology, tfjsTopology } from "./topology.ts";
import { weightPlaces } from "./weight-places.ts";

/** The version of Keras whose form the files have, and that loads them in the tests. */
const KERAS_VERSION = "3.15.1";

/** Key of the version in the metadata. */
export const VERSION_KEY = "keras_version";

/**
 * Encodes a network as a file. The same network and metadata give the same bytes.
 *
 * @param network the caller keeps ownership
 * @param metadata further fields of `metadata.json`, which Keras ignores
 * @throws {Inexpressible} for a layer that Keras 3 does not have, or has with another meaning
 */
export async function encodeKeras(network: LayersModel, metadata: Config): Promise<Uint8Array> {
  const { modelTopology } = await saveNetwork(network);
  const topology = object(modelTopology, "");
  const config = kerasTopology(network, topology);
  const arrays = weightPlaces(network, topology).map(({ path, variable }) => ({
    path,
    shape: variable.shape,
    values: variable.dataSync<"float32">(),
  }));
  const files: ArchiveFiles = new Map([
    [METADATA_JSON, jsonBytes({ [VERSION_KEY]: KERAS_VERSION, ...metadata })],
    [CONFIG_JSON, jsonBytes(config)],
    [WEIGHTS_H5, await encodeHdf5(arrays)],
  ]);
  return encodeArchive(files);
}

function jsonBytes(value: Config): Uint8Array {
  return textBytes(JSON.stringify(value));
}

/** Why a network is refused that TensorFlow.js builds differently. */
export const OTHER_CALLS = "TensorFlow.js cannot rebuild the order in which its layers are called";

/** A network from a `.keras` file. Dispose of it after use. */
export interface DecodedKeras {
  readonly network: LayersModel;
  /** Content of `metadata.json`. */
  readonly metadata: Config;
}

/**
 * Decodes a file that Keras 3 or {@link encodeKeras} wrote. Requires a started TensorFlow.js backend.
 *
 * @throws {Damage} if it is damaged
 * @throws {Inexpressible} for a layer that TensorFlow.js does not have, or has with another meaning
 */
export async function decodeKeras(bytes: Uint8Array): Promise<DecodedKeras> {
  const files = decodeArchive(bytes);
  const topology = tfjsTopology(jsonIn(files, CONFIG_JSON));
  const metadata = files.has(METADATA_JSON) ? jsonIn(files, METADATA_JSON) : {};
  const weights = fileIn(files, WEIGHTS_H5);
  const max = Math.floor(weights.length / Float32Array.BYTES_PER_ELEMENT);
  const network = await buildNetwork({ modelTopology: { ...topology } }, max).catch((cause: unknown) => {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw cause instanceof Damage ? cause : new Damage(`its network cannot be built (${reason})`, { cause });
  });
  try {
    if (!hasSameCalls(network.toJSON(undefined, false), topology)) throw new Inexpressible(OTHER_CALLS);
    const places = weightPlaces(network, { ...topology });
    const distinct = new Set(places.map(({ variable }) => variable.id));
    const missing = network.weights.find((weight) => !distinct.has((weight.read() as Variable).id));
    if (missing !== undefined) throw new Damage(`nothing says where its weight ${missing.originalName} is`);
    const values = await decodeHdf5(
      weights,
      places.map(({ path, variable: { shape } }) => ({ path, shape })),
    );
    for (const [index, { path, variable }] of places.entries()) {
      const value = values[index] ?? new Float32Array(util.sizeFromShape(variable.shape));
      if (!value.every((each) => Number.isFinite(each))) {
        throw new Damage(`its weights ${path} have values that are NaN or infinite`);
      }
      const assigned = tensor(value, variable.shape);
      variable.assign(assigned);
      assigned.dispose();
    }
    return { network, metadata };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

function fileIn(files: ArchiveFiles, name: string): Uint8Array {
  const file = files.get(name);
  if (file === undefined) throw new Damage(`it has no ${name}`);
  return file;
}

function jsonIn(files: ArchiveFiles, name: string): Config {
  const value = parseJson(textOf(fileIn(files, name)));
  if (!isConfig(value)) throw new Damage(`its ${name} is not an object`);
  return value;
}
