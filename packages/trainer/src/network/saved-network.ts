// A network as TensorFlow.js saves it, and back: the same network, to the last bit of its weights and its answers.

import { io, tensor, tidy, util, type Tensor, type Variable } from "@tensorflow/tfjs-core";
import { initializers, layers, models, type LayersModel, type LayerVariable } from "@tensorflow/tfjs-layers";

import { disposeAll, disposedWith, withAddedWeights } from "./added-weights.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import { Generator } from "../values/generator.ts";
import { described, type Layer } from "./layer-tree.ts";
import { withCheckedGraphs } from "./network-graph.ts";

/** What TensorFlow.js makes of a network. */
export type SavedNetwork = io.ModelArtifacts & Required<Pick<io.ModelArtifacts, "weightData" | "weightSpecs">>;

/** A network without its weights, as TensorFlow.js reads it. */
type Topology = Extract<Parameters<typeof models.modelFromJSON>[0], { modelTopology: unknown }>["modelTopology"];

/** Places of a list: no setting of a layer has as many. */
const MOST_PLACES = 2 ** 20;

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

/**
 * The network of `saved`, which is the caller's to dispose; throws what TensorFlow.js throws if it cannot be built, and leaves
 * nothing behind then. Its layers get no more weights than `saved` has, whatever sizes they ask for.
 */
export async function restoreNetwork(saved: SavedNetwork): Promise<LayersModel> {
  const { weightData, weightSpecs, userDefinedMetadata } = saved;
  const most = weightSpecs.reduce((sum, { shape }) => sum + util.sizeFromShape(shape), 0);
  const bytes = io.CompositeArrayBuffer.join(weightData).byteLength;
  if (bytes !== most * Float32Array.BYTES_PER_ELEMENT) {
    throw new Damage(`there are ${bytes} bytes for ${most} weights`);
  }
  const network = await buildNetwork(saved, most);
  try {
    // A layer has the methods of a constraint, and would add weights of its own when it is applied.
    const strange = network.weights.find(({ constraint }) => (constraint as unknown) instanceof layers.Layer);
    if (strange !== undefined) throw new Damage(`the constraint of its weight ${strange.originalName} is a layer`);
    tidy(() => {
      const values = io.decodeWeights(weightData, weightSpecs);
      network.loadWeights(values);
      // TensorFlow.js projects weights by their constraints when it loads them, which they have been by already: that rounds
      // them once more, and the answers would differ from those that the training has judged.
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
 * The network of `saved` with weights of 0: drawing them would take long, and they are replaced anyway.
 *
 * @param most values that all weights may have together
 */
async function buildNetwork({ modelTopology }: SavedNetwork, most: number): Promise<LayersModel> {
  checkLengths(modelTopology);
  let left = most;
  // It is done when this returns: it would wait for files of weights alone.
  const build = () => models.modelFromJSON({ modelTopology: (modelTopology ?? {}) as Topology });
  const { built, weights } = withAddedWeights(
    () => withCheckedGraphs(build),
    (add, name, shape, dtype, _, ...others) => {
      left -= util.sizeFromShape(shape);
      // Not a number either.
      if (!(left >= 0)) throw new Damage(`its layers ask for more than ${most} weights`);
      let added: LayerVariable | undefined;
      // A name that TensorFlow.js refuses leaves its zeros to the tidy.
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

/** Refuses objects that pass for lists: TensorFlow.js goes through as many places as their `length` says. */
function checkLengths(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value) && "length" in value && Number(value.length) > MOST_PLACES)
    throw new Damage(`a setting of its layers has a length of ${String(value.length)}`);
  for (const each of Object.values(value)) checkLengths(each);
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
  const built = await buildNetwork(saved, Number.POSITIVE_INFINITY);
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
