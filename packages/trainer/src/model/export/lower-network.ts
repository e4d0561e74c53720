// A whole answer as a graph of plain operations: what `silhouette predict` computes from the pixels that the network sees.
//
//   pixel_values ─▶ network ─▶ mean of the views ─▶ temperature ─▶ probabilities
//                      └─ inner maps ─▶ features ─▶ unlikeness ─▶ novelty
//
// pixel_values are [pictures * views, rows, columns, channels], probabilities [pictures, classes], and novelty is [pictures].

import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";

import { viewCountOf } from "../../dataset/view.ts";
import { described, isModel, type Layer } from "../../network/layer-tree.ts";
import { beginsBlock, stagesOf, type Stage } from "../../network/stages.ts";
import type { Calibration } from "../../training/calibration.ts";
import { FOLDED } from "../../training/unlikeness.ts";
import { TrainerError } from "../../values/errors.ts";
import type { ModelDescription } from "../description.ts";
import { GraphBuilder, type Graph, type Value } from "./graph.ts";
import { Inexpressible, lowerLayer, products } from "./lower-layer.ts";

/** Names of the graph's input and outputs. */
export const ENDS = { input: "pixel_values", probabilities: "probabilities", novelty: "novelty" } as const;

/** Where a scale is divided by: far below the length of any features that are not all 0. */
const SHORTEST = 1e-30;

/**
 * The graph of a model: its answer for pictures, each given by all its views, one after the other. Probabilities are calibrated, and the
 * novelty is computed, if the model has a calibration.
 *
 * @param format its name, for errors
 * @throws {TrainerError} `EXPORT_UNSUPPORTED`
 */
export function graphOf(network: LayersModel, description: ModelDescription, format: string): Graph {
  const { calibration } = description;
  const views = viewCountOf(description.pixelFormat, description.views);
  const graph = new GraphBuilder(ENDS.input, shapeOf(network));
  const lowering = new Lowering(graph, format);
  const stages = stagesOf(network);
  const blocks: Value[] = [];
  // A stage may get what several layers compute, to merge it.
  let values: readonly Value[] = [graph.input];
  for (const [index, stage] of stages.entries()) {
    if (calibration !== null && beginsBlock(stages, index)) {
      graph.within("features");
      blocks.push(...values.flatMap((each) => statisticsOf(graph, each)));
    }
    values = lowering.stage(stage, values);
  }
  graph.within("answer");
  const [logits = graph.input] = values;
  const mean = meanOfViews(graph, graph.add(logits, { kind: "softmax" }), views);
  const probabilities = calibration === null ? mean : calibratedBy(graph, mean, calibration);
  const outputs = [graph.add(probabilities, { kind: "reshape" }, probabilities.shape, ENDS.probabilities)];
  if (calibration !== null) {
    const averaged = blocks.map((block) => meanOfViews(graph, block, views));
    outputs.push(graph.add(noveltyOf(graph, averaged, calibration), { kind: "reshape" }, [], ENDS.novelty));
  }
  return graph.finish(outputs);
}

/** Writes the operations of stages and layers. */
class Lowering {
  readonly #graph: GraphBuilder;
  readonly #format: string;

  constructor(graph: GraphBuilder, format: string) {
    this.#graph = graph;
    this.#format = format;
  }

  /** The outputs of a stage, of which there are several only before a layer that merges them. */
  stage(stage: Stage, inputs: readonly Value[]): readonly Value[] {
    if (stage.kind === "logits") return inputs.map((input) => this.#logits(stage.layer, input));
    const outputs = this.#layer(stage.layer, inputs);
    return stage.kind === "convPool" ? this.#layer(stage.pool, outputs) : outputs;
  }

  /** The last layer without its softmax. */
  #logits(layer: Layer, input: Value): Value {
    this.#graph.within(layer.name);
    return products(this.#graph, layer, input);
  }

  /** The outputs of a layer, of which only models may have several. */
  #layer(layer: Layer, inputs: readonly Value[]): readonly Value[] {
    if (isModel(layer))
      return layer.getClassName() === "Sequential" ? this.#chain(layer, inputs) : this.#branches(layer, inputs);
    this.#graph.within(layer.name);
    try {
      return [lowerLayer(this.#graph, layer, inputs)];
    } catch (cause) {
      if (!(cause instanceof Inexpressible)) throw cause;
      throw this.#refusal(layer, cause.message, cause);
    }
  }

  #chain({ layers }: LayersModel, inputs: readonly Value[]): readonly Value[] {
    return layers.reduce((values, layer) => this.#layer(layer, values), inputs);
  }

  /** A model whose layers form a graph: what it computes is known by the tensors that its layers were connected with. */
  #branches(model: LayersModel, inputs: readonly Value[]): readonly Value[] {
    const known = new Map(model.inputs.map((tensor, index) => [tensor, inputs[index]] as const));
    /** The outputs of each call of each layer. */
    const calls = new Map<string, readonly Value[]>();
    const valueOf = (tensor: SymbolicTensor): Value => {
      const given = known.get(tensor);
      if (given !== undefined) return given;
      const { sourceLayer, nodeIndex, outputTensorIndex = 0 } = tensor;
      const call = `${sourceLayer.id} ${nodeIndex}`;
      const outputs = calls.get(call) ?? this.#layer(sourceLayer, tensor.inputs.map(valueOf));
      calls.set(call, outputs);
      const output = outputs[outputTensorIndex];
      if (output === undefined) throw this.#refusal(sourceLayer, "lacks an output");
      return output;
    };
    return model.outputs.map(valueOf);
  }

  #refusal(layer: Layer, reason: string, cause?: Error): TrainerError {
    return new TrainerError(
      "EXPORT_UNSUPPORTED",
      `Expected layers that can be written for ${this.#format}, but ${described(layer)} ${reason}`,
      "Export it as TensorFlow.js model, which has all layers (silhouette export RUN --to tfjs), or train a network without this one.",
      { cause },
    );
  }
}

/** `[rows, columns, channels]` that a network takes. */
function shapeOf({ inputs }: LayersModel): readonly number[] {
  return (inputs[0]?.shape ?? []).slice(1).map(Number);
}

/** What is a feature of a block: the means and standard deviations of its channels, or its values if it has no places. */
function statisticsOf(graph: GraphBuilder, values: Value): readonly Value[] {
  const places = values.shape.slice(0, -1).map((_, index) => index + 1);
  if (places.length === 0) return [values];
  const centered = graph.binary(values, "subtract", graph.reduce(values, "mean", places, true));
  const variance = graph.reduce(graph.binary(centered, "multiply", centered), "mean", places);
  return [graph.reduce(values, "mean", places), graph.unary(variance, "sqrt")];
}

/** The means of what all views of each picture have. */
function meanOfViews(graph: GraphBuilder, values: Value, views: number): Value {
  return views === 1 ? values : graph.reduce(graph.reshape(values, [views, ...values.shape]), "mean", [1]);
}

/** p^(1 / t), divided by the sum over all classes. */
function calibratedBy(graph: GraphBuilder, probabilities: Value, { temperature }: Calibration): Value {
  if (temperature === 1) return probabilities;
  const relative = graph.binary(probabilities, "divide", graph.reduce(probabilities, "max", [1], true));
  const powers = graph.binary(relative, "power", 1 / temperature);
  return graph.binary(powers, "divide", graph.reduce(powers, "sum", [1], true));
}

/** The unlikeness relative to the limit, 0 or more: `[pictures, 1]`. */
function noveltyOf(graph: GraphBuilder, blocks: readonly Value[], { unlikeness, noneBeyond }: Calibration): Value {
  const { weights, bias } = unlikeness;
  const [first, ...others] = blocks.map((block) => unitLength(graph, folded(graph, block)));
  if (first === undefined) throw new RangeError("Expected a network with features, but it has none");
  const features = graph.add(first, { kind: "concatenate", others, axis: 1 }, [weights.length]);
  const kernel = graph.constant("unlikeness/weights", [weights.length, 1], scaled(weights, noneBeyond));
  const offset = graph.constant("unlikeness/bias", [1], scaled([bias], noneBeyond));
  return graph.unary(graph.add(features, { kind: "dense", kernel, bias: offset }, [1]), "relu");
}

function scaled(values: readonly number[], unit: number): readonly number[] {
  return values.map((value) => value / unit);
}

/** Feature i is added to place i mod 128. */
function folded(graph: GraphBuilder, features: Value): Value {
  const [size = 0] = features.shape;
  if (size <= FOLDED) return features;
  const rows = Math.ceil(size / FOLDED);
  const missing = rows * FOLDED - size;
  // Only maps are padded.
  const map = graph.reshape(features, [1, size, 1]);
  const whole =
    missing === 0 ? map : graph.add(map, { kind: "pad", rows: [0, 0], columns: [0, missing] }, [1, rows * FOLDED, 1]);
  return graph.reduce(graph.reshape(whole, [rows, FOLDED]), "sum", [1]);
}

/** Features divided by their length; zeros stay zeros. */
function unitLength(graph: GraphBuilder, features: Value): Value {
  const length = graph.unary(graph.reduce(graph.binary(features, "multiply", features), "sum", [1], true), "sqrt");
  return graph.binary(features, "divide", graph.binary(length, "maximum", SHORTEST));
}
