// Saves a network in TensorFlow.js' form and restores it: the same network, to the last bit of its weights and outputs.

import { io, tensor, tidy, util, type Tensor, type Variable } from "@tensorflow/tfjs-core";
import { initializers, layers, models, type LayersModel, type LayerVariable } from "@tensorflow/tfjs-layers";

import { disposeAll, disposedWith, withAddedWeights } from "./added-weights.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import { Generator } from "../values/generator.ts";
import { described, type Layer } from "./layer-tree.ts";
import { withCheckedGraphs } from "./network-graph.ts";

/** A network as saved by TensorFlow.js. */
export type SavedNetwork = io.ModelArtifacts & Required<Pick<io.ModelArtifacts, "weightData" | "weightSpecs">>;

/** A network without weights, as TensorFlow.js reads it. */
type Topology = Extract<Parameters<typeof models.modelFromJSON>[0], { modelTopology: unknown }>["modelTopology"];

/** Length of a list: no setting of a layer has as many items. */
const MAX_LENGTH = 2 ** 20;

/** Difference of outputs that rounding alone does not cause. */
const TOLERANCE = 1e-4;

/** Saves `network` in memory. */
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

/**
 * Restores the network of `saved`; the caller disposes of it. Throws the error of TensorFlow.js if it cannot be built, and
 * leaks nothing. Its layers get no more weights than `saved` has, whatever sizes they declare.
 */
export async function restoreNetwork(saved: SavedNetwork): Promise<LayersModel> {
  const { weightData, weightSpecs, userDefinedMetadata } = saved;
  const total = weightSpecs.reduce((sum, { shape }) => sum + util.sizeFromShape(shape), 0);
  const bytes = io.CompositeArrayBuffer.join(weightData).byteLength;
  if (bytes !== total * Float32Array.BYTES_PER_ELEMENT) {
    throw new Damage(`there are ${bytes} bytes for ${total} weights`);
  }
  const network = await buildNetwork(saved, total);
  try {
    // A layer has the methods of a constraint, and would add its own weights when applied.
    const invalid = network.weights.find(({ constraint }) => (constraint as unknown) instanceof layers.Layer);
    if (invalid !== undefined) throw new Damage(`the constraint of its weight ${invalid.originalName} is a layer`);
    tidy(() => {
      const values = io.decodeWeights(weightData, weightSpecs);
      network.loadWeights(values);
      // TensorFlow.js applies constraints when it loads weights, although they hold already. This would round the weights
      // again, and the outputs would differ from those that training evaluated.
      for (const weight of network.weights) {
        const value = values[weight.originalName];
        const isConstrained = (weight.constraint ?? undefined) !== undefined;
        if (isConstrained && value !== undefined) (weight.read() as Variable).assign(value);
      }
    });
    if (userDefinedMetadata !== undefined) network.setUserDefinedMetadata(userDefinedMetadata);
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/**
 * Builds the network of `saved` with weights of 0: drawing them would take long, and they are replaced anyway. The caller disposes of it.
 *
 * @param max maximum number of values of all weights together
 * @throws {Damage} if its layers declare more, or their graph is invalid; and the errors of TensorFlow.js
 */
export async function buildNetwork(
  { modelTopology }: Pick<SavedNetwork, "modelTopology">,
  max: number,
): Promise<LayersModel> {
  checkLengths(modelTopology);
  let left = max;
  // Completes synchronously: it would only wait for weights files.
  const build = () => models.modelFromJSON({ modelTopology: (modelTopology ?? {}) as Topology });
  const { built, weights } = withAddedWeights(
    () => withCheckedGraphs(build),
    (add, name, shape, dtype, _, ...others) => {
      left -= util.sizeFromShape(shape);
      // Also rejects NaN.
      if (!(left >= 0)) throw new Damage(`its layers declare more than ${max} weights`);
      let added: LayerVariable | undefined;
      // If TensorFlow.js rejects the name, the tidy frees the zeros.
      tidy(() => {
        added = add(name, shape, dtype, initializers.zeros(), ...others);
      });
      return added as unknown as LayerVariable;
    },
  );
  try {
    const network = await built;
    disposedWith(network, weights);
    return network;
  } catch (error) {
    disposeAll(weights);
    throw error;
  }
}

/** Rejects objects that look like long lists: TensorFlow.js iterates over as many items as their `length` claims. */
function checkLengths(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value) && "length" in value && Number(value.length) > MAX_LENGTH)
    throw new Damage(`a setting of its layers has a length of ${String(value.length)}`);
  for (const each of Object.values(value)) checkLengths(each);
}

/** Name of the first weight with a value that is NaN or infinite, if there is one. */
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
 * Verifies before training that `network` is the same after saving and loading.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` if it cannot be rebuilt, or its outputs differ then
 */
export async function checkRestorable(network: LayersModel): Promise<void> {
  const hint =
    "Register your own classes with serialization.registerClass of @tensorflow/tfjs-core, with a getConfig that returns all their settings.";
  let culprit: string | undefined;
  try {
    const saved = await saveNetwork(network);
    const other = saved.weightSpecs.find(({ dtype }) => dtype !== "float32");
    if (other !== undefined) throw new TypeError(`its weight ${other.name} is ${other.dtype} instead of float32`);
    const misbuilt = await firstMisbuilt(network, saved);
    if (misbuilt !== undefined) throw new TypeError(`the weights of ${misbuilt} get other shapes`);
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
      `Expected a network that can be saved and loaded, but this one cannot: ${reason}`,
      hint,
      { cause },
    );
  }
  if (culprit !== undefined) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a network with the same outputs after saving and loading, but those of ${culprit} differ`,
      hint,
    );
  }
}

/** Class and name of the first layer whose weights have other shapes when rebuilt from `saved`. */
async function firstMisbuilt(network: LayersModel, saved: SavedNetwork): Promise<string | undefined> {
  const built = await buildNetwork(saved, Number.POSITIVE_INFINITY);
  const shapesOf = (layer: Layer | undefined): string => JSON.stringify(layer?.weights.map(({ shape }) => shape));
  const misbuilt = network.layers.find((layer, index) => shapesOf(layer) !== shapesOf(built.layers[index]));
  built.dispose();
  return misbuilt && described(misbuilt);
}

/** What has other outputs for a picture of random pixels: the layer of a chain, by class and name, or otherwise the network. */
function firstDifference(network: LayersModel, restored: LayersModel): string | undefined {
  const shape = [1, ...(network.inputs[0]?.shape ?? []).slice(1).map((side) => side ?? 0)];
  const generator = Generator.ofSeed(0);
  const pixels = Float32Array.from({ length: util.sizeFromShape(shape) }, () => Number(generator.uniform() < 0.5));
  let values: Tensor = tensor(pixels, shape);
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
