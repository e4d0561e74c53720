// A network as TensorFlow.js saves it, and back: the same network, to the last bit of its weights and its answers.

import { io, tensor, tidy, util, type Tensor, type Variable } from "@tensorflow/tfjs-core";
import { loadLayersModel, type LayersModel } from "@tensorflow/tfjs-layers";

import { TrainerError } from "./errors.ts";
import { Generator } from "./generator.ts";
import { described, type Layer } from "./layer-tree.ts";

/** What TensorFlow.js makes of a network. */
export type SavedNetwork = io.ModelArtifacts & Required<Pick<io.ModelArtifacts, "weightData" | "weightSpecs">>;

/** Answers that are further apart than rounding goes. */
const TOLERANCE = 1e-4;

/** What TensorFlow.js would save of `network`. */
export async function saveNetwork(network: LayersModel): Promise<SavedNetwork> {
  const saved: io.ModelArtifacts[] = [];
  const handler = io.withSaveHandler((artifacts) => {
    saved.push(artifacts);
    return Promise.resolve({ modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) });
  });
  await network.save(handler);
  const { weightData = new ArrayBuffer(0), weightSpecs = [], ...artifacts } = saved[0] ?? {};
  return { ...artifacts, weightData, weightSpecs };
}

/** The network of `saved`, which is the caller's to dispose; throws what TensorFlow.js throws if it cannot be built. */
export async function restoreNetwork(saved: SavedNetwork): Promise<LayersModel> {
  const network = await loadLayersModel({ load: () => Promise.resolve(saved) });
  // TensorFlow.js projects weights by their constraints when it loads them, which they have been by already: that rounds them
  // once more, and the answers would differ from those that the training has judged.
  const constrained = network.weights.filter(({ constraint }) => (constraint ?? undefined) !== undefined);
  if (constrained.length > 0) {
    tidy(() => {
      const values = io.decodeWeights(saved.weightData, saved.weightSpecs);
      for (const weight of constrained) {
        const value = values[weight.originalName];
        if (value !== undefined) (weight.read() as Variable).assign(value);
      }
    });
  }
  return network;
}

/** The name of the first weight with a number that is NaN or infinite, if there is one. */
export function notFiniteWeight({ weightData, weightSpecs }: SavedNetwork): string | undefined {
  const bytes = io.CompositeArrayBuffer.join(weightData);
  const all = new Float32Array(bytes, 0, Math.floor(bytes.byteLength / Float32Array.BYTES_PER_ELEMENT));
  let first = 0;
  for (const { name, shape } of weightSpecs) {
    const values = all.subarray(first, first + util.sizeFromShape(shape));
    if (!values.every((value) => Number.isFinite(value))) return name;
    first += values.length;
  }
  return undefined;
}

/**
 * Makes sure, before it is trained, that `network` is the same after it has been saved and loaded.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` if it cannot be built again, or answers otherwise then
 */
export async function checkRestorable(network: LayersModel): Promise<void> {
  const hint =
    "Register classes of your own by serialization.registerClass of @tensorflow/tfjs-core, with a getConfig that has all their settings.";
  let culprit: string | undefined;
  try {
    const saved = await saveNetwork(network);
    const other = saved.weightSpecs.find(({ dtype }) => dtype !== "float32");
    if (other !== undefined) throw new TypeError(`its weight ${other.name} is ${other.dtype} instead of float32`);
    const misbuilt = await firstMisbuilt(network, saved);
    if (misbuilt !== undefined) throw new TypeError(`weights of ${misbuilt} have other shapes`);
    const restored = await restoreNetwork(saved);
    try {
      culprit = tidy(() => firstDifference(network, restored));
    } finally {
      restored.dispose();
    }
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network that a model file can hold, but it cannot be used from there: ${reason}`,
      hint,
      { cause },
    );
  }
  if (culprit !== undefined) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network that answers the same after it has been saved and loaded, but ${culprit} does not`,
      hint,
    );
  }
}

/** The first layer whose weights are of other shapes when it is built from `saved`, by its class and name. */
async function firstMisbuilt(network: LayersModel, saved: SavedNetwork): Promise<string | undefined> {
  const topology = { load: () => Promise.resolve({ modelTopology: saved.modelTopology ?? {} }) };
  const built = await loadLayersModel(topology);
  const shapesOf = (layer: Layer | undefined): string => JSON.stringify(layer?.weights.map(({ shape }) => shape));
  const misbuilt = network.layers.find((layer, index) => shapesOf(layer) !== shapesOf(built.layers[index]));
  built.dispose();
  return misbuilt && described(misbuilt);
}

/** What answers otherwise for a picture of random pixels: a layer of a chain, by its class and name, or else the network. */
function firstDifference(network: LayersModel, restored: LayersModel): string | undefined {
  const [, height = 0, width = 0] = network.inputs[0]?.shape ?? [];
  const generator = Generator.ofSeed(0);
  const pixels = Float32Array.from({ length: (height ?? 0) * (width ?? 0) }, () => Number(generator.uniform() < 0.5));
  let values: Tensor = tensor(pixels, [1, height ?? 0, width ?? 0, 1]);
  if (areAlike(network.apply(values) as Tensor, restored.apply(values) as Tensor)) return undefined;
  const isChain = network.getClassName() === "Sequential";
  for (const [index, layer] of isChain ? network.layers.entries() : []) {
    const before = layer.apply(values) as Tensor;
    if (!areAlike(before, (restored.layers[index] as Layer).apply(values) as Tensor)) {
      return described(layer);
    }
    values = before;
  }
  return `the network (${network.name})`;
}

function areAlike(one: Tensor, other: Tensor): boolean {
  const [first, second] = [one.dataSync(), other.dataSync()];
  return (
    first.length === second.length &&
    first.every((value, index) => Object.is(value, second[index]) || Math.abs(value - (second[index] ?? 0)) < TOLERANCE)
  );
}
