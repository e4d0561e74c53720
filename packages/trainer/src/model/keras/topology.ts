// The topology of a network in TensorFlow.js' JSON, which is that of Keras 2, and in Keras 3's.
//
// They differ in who names the input shape (a chain's first layer, or an InputLayer before it), in how a call's inputs are written, and in
// how calls of a nested model are counted: TensorFlow.js counts the one that defines it, Keras 3 does so only for outputs of nested graphs.

import type { LayersModel } from "@tensorflow/tfjs-layers";

import { isModel, type Layer } from "../../network/layer-tree.ts";
import { LAYERS, translated } from "./layers.ts";
import { described, Inexpressible, isConfig, shown, type Config } from "./settings.ts";

/** A layer or a model in either form. */
export interface Serialized {
  readonly class_name: string;
  readonly config: Config;
}

/** Class names of models. */
const CHAIN = "Sequential";
const GRAPHS: ReadonlySet<string> = new Set(["Functional", "Model"]);

/** Whether the layer of a class is a model. */
function isModelClass(name: string): boolean {
  return name === CHAIN || GRAPHS.has(name);
}

/** Ways in which Bidirectional joins its directions. */
const MERGE_MODES: ReadonlySet<unknown> = new Set(["concat", "sum", "mul", "ave"]);

/** Names a layer in an error. */
function within<Result>({ class_name: className, config }: Serialized, translate: () => Result): Result {
  try {
    return translate();
  } catch (error) {
    // The innermost layer is the one to name.
    if (!(error instanceof Inexpressible) || error.message.startsWith("the layer ")) throw error;
    throw new Inexpressible(
      `the layer ${className} (${String(config["name"])}) cannot be expressed: ${error.message}`,
      { cause: error },
    );
  }
}

/**
 * Where steps are masked, Keras 3 has zeros as the outputs of both directions, and TensorFlow.js the last ones before.
 *
 * @throws {Inexpressible} for a network that masks steps and runs in both directions
 */
function checkMasks(topology: unknown): void {
  const names = new Set<string>();
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect);
    if (!isConfig(value)) return;
    if (value["mask_zero"] === true) names.add("Masking");
    if (value["zero_output_for_mask"] === true) names.add("Bidirectional");
    if (typeof value["class_name"] === "string") names.add(value["class_name"]);
    Object.values(value).forEach(collect);
  };
  collect(topology);
  if (names.has("Masking") && names.has("Bidirectional")) {
    throw new Inexpressible(
      "it masks steps before a layer that fills them with zeros, as Bidirectional does in Keras 3",
    );
  }
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Inexpressible(`${where} is ${shown(value)}`);
  return value;
}

function nameOf(config: Config): string {
  const { name } = config;
  if (typeof name !== "string" || name === "") throw new Inexpressible(`its name is ${shown(name)}`);
  return name;
}

// TensorFlow.js ─▶ Keras 3

/** The type of numbers, as Keras 3 writes it. */
const FLOAT32 = { module: "keras", class_name: "DTypePolicy", config: { name: "float32" }, registered_name: null };

/**
 * The configuration of `network` for Keras 3.
 *
 * @param topology of `network`, as TensorFlow.js saves it
 * @throws {Inexpressible}
 */
export function kerasTopology(network: LayersModel, topology: unknown): Config {
  checkMasks(topology);
  return modelToKeras(described(topology, "its topology"), network);
}

function modelToKeras({ class_name: className, config }: Serialized, network: LayersModel): Config {
  const name = kerasName(config);
  const all = listOf(config["layers"], "its layers").map((each) => described(each, "one of its layers"));
  const base = { name, trainable: true };
  if (className === CHAIN) {
    const layers = all.map((each, index) => layerToKeras(each, network.layers[index]));
    const first = all[0]?.class_name === "InputLayer" ? [] : [inputLayer(`${name}_input`, network.inputs[0]?.shape)];
    const chain = { ...base, dtype: FLOAT32, layers: [...first, ...layers] };
    return { module: "keras", class_name: CHAIN, config: chain, registered_name: null };
  }
  if (!GRAPHS.has(className)) throw new Inexpressible(`its class is ${className}`);
  const byName = new Map(network.layers.map((layer) => [layer.name, layer]));
  const layers = all.map((each, index) => {
    const layer = byName.get(String(each.config["name"]));
    const calls = inboundNodes(listOf(config["layers"], "its layers")[index]);
    return {
      ...layerToKeras(each, layer),
      name: kerasName(each.config),
      inbound_nodes: calls.map((call) => callToKeras(call, byName)),
    };
  });
  const ends = (key: string): unknown => {
    const places = listOf(config[key], `its ${key}`).map((end) => endToKeras(end, byName));
    return places.length === 1 ? places[0] : places;
  };
  const graph = { ...base, layers, input_layers: ends("input_layers"), output_layers: ends("output_layers") };
  return {
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: graph,
    registered_name: "Functional",
  };
}

/** Keras 3 divides names at slashes. */
function kerasName(config: Config): string {
  const name = nameOf(config);
  if (name.includes("/")) throw new Inexpressible(`its name ${name} has a slash`);
  return name;
}

function inputLayer(name: string, shape: unknown): Config {
  const config = { batch_shape: shape, dtype: "float32", sparse: false, ragged: false, name, optional: false };
  return { module: "keras.layers", class_name: "InputLayer", config, registered_name: null };
}

function layerToKeras(serialized: Serialized, layer: Layer | undefined): Config {
  return within(serialized, () => {
    const { class_name: className, config } = serialized;
    if (layer !== undefined && isModel(layer)) return modelToKeras(serialized, layer);
    const name = kerasName(config);
    if (className === "InputLayer") return inputLayer(name, config["batch_input_shape"]);
    const isFreezable = LAYERS[className]?.isNeverFrozen !== true;
    const base = { name, ...(isFreezable && { trainable: config["trainable"] ?? true }), dtype: FLOAT32 };
    return {
      module: "keras.layers",
      class_name: className,
      config: { ...base, ...settingsToKeras(serialized, layer) },
      registered_name: null,
    };
  });
}

function settingsToKeras({ class_name: className, config }: Serialized, layer: Layer | undefined): Config {
  if (className !== "TimeDistributed" && className !== "Bidirectional") return translated(className, config, "toKeras");
  const wrapped = (layer as { readonly layer?: Layer } | undefined)?.layer;
  const inner = layerToKeras(described(config["layer"], "its layer"), wrapped);
  return className === "TimeDistributed" ? { layer: inner } : { merge_mode: mergeMode(config), layer: inner };
}

function mergeMode(config: Config): unknown {
  const { merge_mode: mode } = config;
  if (!MERGE_MODES.has(mode)) throw new Inexpressible(`its merge_mode is ${shown(mode)}`);
  return mode;
}

/** A place in a graph: an output of a call of a layer. */
interface Place {
  readonly name: string;
  readonly call: number;
  readonly output: number;
}

function placeOf(value: unknown): Place {
  if (Array.isArray(value)) {
    const [name, call, output, options = {}] = value as readonly unknown[];
    const isCount = (each: unknown): each is number => Number.isSafeInteger(each) && Number(each) >= 0;
    if (typeof name === "string" && isCount(call) && isCount(output)) {
      if (!areNeutral(options)) {
        throw new Inexpressible(`${name} is passed on with ${shown(options)}`);
      }
      return { name, call, output };
    }
  }
  throw new Inexpressible(`a place in its graph is ${shown(value)}`);
}

/** Whether a call with these options computes what one without them does, in a prediction. */
function areNeutral(options: unknown): boolean {
  if (options === null) return true;
  return (
    isConfig(options) &&
    Object.entries(options).every(([name, value]) => value === null || (name === "training" && value === false))
  );
}

function inboundNodes(layer: unknown): readonly unknown[] {
  return isConfig(layer) ? listOf(layer["inbound_nodes"], "its inbound_nodes") : [];
}

function callToKeras(call: unknown, byName: ReadonlyMap<string, Layer>): Config {
  const inputs = listOf(call, "a call of its layers").map((input) => {
    const { name, call: index, output } = placeOf(input);
    const layer = byName.get(name);
    const own = layer !== undefined && isModel(layer) ? index - 1 : index;
    const shapes = (layer?.inboundNodes[index] ?? layer?.inboundNodes.at(-1))?.outputShapes;
    const config = { shape: shapes?.[output] ?? null, dtype: "float32", keras_history: [name, own, output] };
    return { class_name: "__keras_tensor__", config };
  });
  return { args: inputs.length === 1 ? inputs : [inputs], kwargs: {} };
}

function endToKeras(end: unknown, byName: ReadonlyMap<string, Layer>): readonly unknown[] {
  const { name, call, output } = placeOf(end);
  const isChain = byName.get(name)?.getClassName() === CHAIN;
  return [name, isChain ? call - 1 : call, output];
}

// Keras 3 ─▶ TensorFlow.js

/**
 * The topology, for TensorFlow.js, of a model of Keras 3.
 *
 * @param config content of its `config.json`
 * @throws {Inexpressible}
 */
export function tfjsTopology(config: unknown): Serialized {
  const serialized = described(config, "its configuration");
  if (!isModelClass(serialized.class_name)) {
    throw new Inexpressible(`its class is ${serialized.class_name} instead of Sequential or Functional`);
  }
  checkMasks(config);
  return modelToTfjs(serialized);
}

function modelToTfjs(serialized: Serialized): Serialized {
  return within(serialized, () => {
    const { class_name: className, config } = serialized;
    checkNumbers(config);
    return className === CHAIN ? chainToTfjs(config) : graphToTfjs(config);
  });
}

function chainToTfjs(config: Config): Serialized {
  const all = listOf(config["layers"], "its layers").map((each) => described(each, "one of its layers"));
  const [first] = all;
  const isNamed = first?.class_name === "InputLayer";
  const shape = isNamed ? within(first, () => shapeOf(first.config)) : config["build_input_shape"];
  const layers = all.slice(isNamed ? 1 : 0).map((each, index) => {
    const { class_name: className, config: own } = layerToTfjs(each);
    const isFirst = index === 0 && !isModelClass(className);
    return { class_name: className, config: isFirst ? { ...own, batch_input_shape: shape, dtype: "float32" } : own };
  });
  return { class_name: CHAIN, config: { name: nameOf(config), layers } };
}

function graphToTfjs(config: Config): Serialized {
  const all = listOf(config["layers"], "its layers").map((each) => ({
    whole: each,
    ...described(each, "one of its layers"),
  }));
  const classes = new Map(all.map((each) => [String(each.config["name"]), each.class_name]));
  const layers = all.map((each) => {
    const calls = inboundNodes(each.whole).map((call) => within(each, () => callToTfjs(call, classes)));
    return { ...layerToTfjs(each), name: nameOf(each.config), inbound_nodes: calls };
  });
  const ends = (key: string): unknown => endsOf(config[key]).map((end) => endToTfjs(end, classes));
  const input_layers = ends("input_layers");
  return {
    class_name: "Model",
    config: { name: nameOf(config), layers, input_layers, output_layers: ends("output_layers") },
  };
}

/** A list of places, for there may be just one. */
function endsOf(value: unknown): readonly unknown[] {
  const all = listOf(value, "an end of its graph");
  return typeof all[0] === "string" ? [all] : all;
}

function layerToTfjs(serialized: Serialized): Serialized {
  const { class_name: className, config } = serialized;
  if (isModelClass(className)) return modelToTfjs(serialized);
  return within(serialized, () => {
    const name = nameOf(config);
    if (className === "InputLayer") {
      return {
        class_name: className,
        config: { name, batch_input_shape: shapeOf(config), dtype: "float32", sparse: false },
      };
    }
    checkNumbers(config);
    const trainable = config["trainable"] !== false;
    return { class_name: className, config: { name, trainable, ...settingsToTfjs(serialized) } };
  });
}

function settingsToTfjs({ class_name: className, config }: Serialized): Config {
  if (className === "TimeDistributed") {
    return { layer: layerToTfjs(described(config["layer"], "its layer")) };
  }
  if (className === "Bidirectional") {
    const forward = described(config["layer"], "its layer");
    const backward = described(config["backward_layer"] ?? forward, "its backward_layer");
    const shared = ({ name: _name, go_backwards: _direction, ...others }: Config): string =>
      JSON.stringify(withoutIds(others));
    if (backward.class_name !== forward.class_name || shared(backward.config) !== shared(forward.config)) {
      throw new Inexpressible("its backward_layer is not of the same kind as its layer");
    }
    return { merge_mode: mergeMode(config), layer: layerToTfjs(forward) };
  }
  return translated(className, config, "toTfjs");
}

/** A value without the numbers by which Keras tells objects apart. */
function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (!isConfig(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (key === "shared_object_id" ? [] : [[key, withoutIds(each)]])),
  );
}

function shapeOf(config: Config): readonly unknown[] {
  const { batch_shape: shape, sparse, ragged } = config;
  if (!Array.isArray(shape)) throw new Inexpressible(`its batch_shape is ${shown(shape)}`);
  if (sparse === true || ragged === true) throw new Inexpressible("its input is sparse or ragged");
  return shape;
}

/** Weights and results must be 32-bit floats. */
function checkNumbers({ dtype }: Config): void {
  const name = isConfig(dtype) && isConfig(dtype["config"]) ? dtype["config"]["name"] : dtype;
  if (name !== undefined && name !== "float32")
    throw new Inexpressible(`its dtype is ${shown(name)} instead of float32`);
}

function callToTfjs(call: unknown, classes: ReadonlyMap<string, string>): unknown {
  if (!isConfig(call)) throw new Inexpressible("its calls are written as in Keras 2");
  const { args, kwargs = {} } = call;
  if (!areNeutral(kwargs)) {
    throw new Inexpressible(`it is called with ${shown(kwargs)}`);
  }
  const [first, ...others] = listOf(args, "its inputs");
  if (others.length > 0) throw new Inexpressible(`it is called with ${others.length + 1} arguments`);
  return [first].flat().map((input) => {
    const { class_name: className, config } = described(input, "one of its inputs");
    if (className !== "__keras_tensor__") throw new Inexpressible(`one of its inputs is ${className}`);
    const { name, call: index, output } = placeOf(config["keras_history"]);
    return [name, isModelClass(classes.get(name) ?? "") ? index + 1 : index, output, {}];
  });
}

function endToTfjs(end: unknown, classes: ReadonlyMap<string, string>): readonly unknown[] {
  const { name, call, output } = placeOf(end);
  return [name, classes.get(name) === CHAIN ? call + 1 : call, output];
}
