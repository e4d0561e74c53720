// Reads a TensorFlow.js Layers model that another program wrote: `model.json`, and weights in any number of groups and shards.

import { io, tidy, util } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

import { hasSameCalls } from "../../network/network-graph.ts";
import { notFiniteWeight, restoreNetwork, type SavedNetwork } from "../../network/saved-network.ts";
import { joined } from "../../values/checksum.ts";
import { Damage } from "../../values/errors.ts";
import { opened, type ReadFile } from "../../values/files.ts";
import { count, list, object, oneOf, real, record, text, type Shape } from "../../values/json-shape.ts";
import { OTHER_CALLS } from "../keras/model-file.ts";
import { Inexpressible, isConfig } from "../keras/settings.ts";

/** Bytes of each value of a weight: floats, or whole numbers that a scale and an offset turn into floats. */
const BYTES = { float32: 4, float16: 2, uint8: 1, uint16: 2 } as const;

/** A weight, which may be quantized. */
interface Spec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32";
  readonly quantization?: {
    readonly dtype: "float16" | "uint8" | "uint16";
    readonly scale?: number;
    readonly min?: number;
  };
}

const specShape: Shape<Spec> = (value, where) => {
  const { quantization } = object(value, where);
  const spec = record({ name: text, shape: list(count), dtype: oneOf("float32") })(value, where);
  if (quantization === undefined) return spec;
  const place = `${where}.quantization`;
  const { dtype } = record({ dtype: oneOf("float16", "uint8", "uint16") })(quantization, place);
  if (dtype === "float16") return { ...spec, quantization: { dtype } };
  return { ...spec, quantization: { dtype, ...record({ scale: real, min: real })(quantization, place) } };
};

const modelJsonShape = record({
  modelTopology: object,
  weightsManifest: list(record({ paths: list(text), weights: list(specShape) })),
});

/**
 * Decodes a model. Requires a started TensorFlow.js backend. The caller disposes of the network.
 *
 * @param json value of `model.json`
 * @param read reads shards, by the paths in `model.json`
 * @throws {Damage} if it is damaged
 * @throws {Inexpressible} for a graph model, or layers that TensorFlow.js does not have
 */
export async function decodeTensorflowJs(json: unknown, read: ReadFile): Promise<LayersModel> {
  const { format, modelTopology: topology } = object(json, "");
  if (format === "graph-model" || (isConfig(topology) && "node" in topology)) {
    throw new Inexpressible("it is a graph model, which has operations instead of layers");
  }
  if (isConfig(topology) && isConfig(topology["model_config"]) && "module" in topology["model_config"]) {
    throw new Inexpressible("its layers are written as in Keras 3, which TensorFlow.js cannot read");
  }
  const { modelTopology, weightsManifest } = modelJsonShape(json, "");
  const weightSpecs: io.WeightsManifestEntry[] = [];
  const parts: Uint8Array[] = [];
  for (const { paths, weights } of weightsManifest) {
    const shards: Uint8Array[] = [];
    for (const path of paths) shards.push(await shard(path, read));
    const bytes = joined(shards);
    const expected = weights.reduce((sum, each) => sum + util.sizeFromShape([...each.shape]) * bytesPerValue(each), 0);
    if (bytes.length !== expected)
      throw new Damage(`its weights ${paths.join(", ")} have ${bytes.length} bytes instead of ${expected}`);
    parts.push(floats(bytes, weights));
    for (const { name, shape, dtype } of weights) weightSpecs.push({ name, shape: [...shape], dtype });
  }
  const saved: SavedNetwork = { modelTopology, weightSpecs, weightData: joined(parts).slice().buffer };
  const nonFinite = notFiniteWeight(saved);
  if (nonFinite !== undefined) throw new Damage(`its weight ${nonFinite} has values that are NaN or infinite`);
  const network = await restoreNetwork(saved).catch((cause: unknown) => {
    const [reason = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    if (reason.startsWith("Unknown layer"))
      throw new Inexpressible(`its network cannot be built (${reason})`, { cause });
    throw new Damage(`its network cannot be built (${reason})`, { cause });
  });
  const { model_config: given = modelTopology } = modelTopology;
  if (hasSameCalls(network.toJSON(undefined, false), given)) return network;
  network.dispose();
  throw new Inexpressible(OTHER_CALLS);
}

function bytesPerValue({ dtype, quantization }: Spec): number {
  return BYTES[quantization?.dtype ?? dtype];
}

/** Reads a file beside `model.json`, or in a folder there. */
async function shard(path: string, read: ReadFile): Promise<Uint8Array> {
  const isInside = /^[^/\\:]+(\/[^/\\:]+)*$/.test(path) && !path.split("/").includes("..");
  if (!isInside) throw new Damage(`its weights are in ${path}`);
  const file = await opened(read, path);
  if (file.bytes === undefined) throw new Damage(`its weights ${path} ${file.reason}`, { cause: file.cause });
  return file.bytes;
}

/** The weights of a group as 32-bit floats. */
function floats(bytes: Uint8Array, weights: readonly Spec[]): Uint8Array {
  const specs = weights.map((each) => ({ ...each, shape: [...each.shape] })) as io.WeightsManifestEntry[];
  return tidy(() => {
    const values = io.decodeWeights(bytes.slice().buffer, specs);
    return joined(
      weights.map(({ name }) => {
        const value = values[name];
        return value === undefined ? new Uint8Array() : new Uint8Array(value.dataSync<"float32">().slice().buffer);
      }),
    );
  });
}
