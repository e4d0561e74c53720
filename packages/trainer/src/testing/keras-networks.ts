// For tests: networks that Keras 3 computes alike, and some that it does not.

import { tensor, util, type Variable } from "@tensorflow/tfjs-core";
import { input, layers, model, sequential, type LayersModel } from "@tensorflow/tfjs-layers";

import type { Layer } from "../network/layer-tree.ts";
import { Generator } from "../values/generator.ts";
import { LAYER_NETWORKS, SHAPE } from "./layer-networks.ts";

/** Networks of {@link LAYER_NETWORKS} that are refused, with the layer that the message names. */
const REFUSED: ReadonlyMap<string, RegExp> = new Map([
  ["bidirectional gru", /GRU .*recurrent_activation is "hard_sigmoid"/],
  ["bidirectional lstm, sequences added", /LSTM .*recurrent_activation is "hard_sigmoid"/],
  ["centerCrop before everything", /CenterCrop/],
  ["convLstm2d", /ConvLSTM2D/],
  ["embedding with a mask", /LSTM .*recurrent_activation is "hard_sigmoid"/],
  ["gru", /GRU .*recurrent_activation is "hard_sigmoid"/],
  ["lstm", /LSTM .*recurrent_activation is "hard_sigmoid"/],
  ["rnn", /RNN/],
  ["rnn of stacked cells", /RNN/],
]);

const PICTURE = [SHAPE.height, SHAPE.width, 1];

const softmax = () => layers.dense({ units: SHAPE.classes, activation: "softmax" });

/** A chain that ends with the classes. */
function chain(takes: readonly number[], ...between: readonly Layer[]): LayersModel {
  const network = sequential();
  network.add(layers.reshape({ inputShape: PICTURE, targetShape: [...takes] }));
  for (const layer of [...between, softmax()]) network.add(layer);
  return network;
}

function recurrent(): LayersModel {
  const gates = { units: 3, recurrentActivation: "sigmoid" } as const;
  return chain(
    [8, 8],
    layers.bidirectional({ layer: layers.lstm({ ...gates, returnSequences: true }), mergeMode: "concat" }),
    layers.lstm({ ...gates, returnSequences: true }),
    layers.bidirectional({ layer: layers.gru(gates), mergeMode: "ave" }),
  );
}

type Symbolic = ReturnType<typeof input>;

/** Branches of several lengths, with layers of one class and the same shapes: their order matters. */
function branches(): LayersModel {
  const picture = input({ shape: PICTURE });
  const conv = (from: Symbolic): Symbolic =>
    layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", activation: "tanh" }).apply(from) as Symbolic;
  const first = conv(picture);
  const second = conv(first);
  const third = conv(picture);
  const fourth = conv(conv(conv(third)));
  const sum = layers.add().apply([fourth, first, second]) as Symbolic;
  const all = layers.concatenate().apply([conv(sum), third, conv(picture)]) as Symbolic;
  return model({ inputs: picture, outputs: softmax().apply(layers.flatten().apply(all)) as Symbolic });
}

/** A chain and a graph within a graph, each called several times. */
function nested(isInOrder: boolean): LayersModel {
  const picture = input({ shape: PICTURE });
  const flat = layers.flatten().apply(picture) as Symbolic;
  const inner = sequential();
  inner.add(layers.dense({ units: 64, inputShape: [64], activation: "tanh" }));
  inner.add(layers.dense({ units: 64 }));
  const vector = input({ shape: [64] });
  const shared = layers.dense({ units: 64, activation: "relu" });
  const twice = shared.apply(shared.apply(vector));
  const graph = model({
    inputs: vector,
    outputs: layers.add().apply([shared.apply(vector), twice] as Symbolic[]) as Symbolic,
  });
  const first = graph.apply(flat) as Symbolic;
  const short = (): Symbolic => inner.apply(first) as Symbolic;
  const long = (): Symbolic => inner.apply(graph.apply(inner.apply(flat))) as Symbolic;
  let ends: readonly Symbolic[];
  if (isInOrder) ends = [short(), long()];
  else ends = [long(), short()].toReversed();
  const all = layers.concatenate().apply([...ends, first]);
  return model({ inputs: picture, outputs: softmax().apply(all) as Symbolic });
}

/** A graph whose output is that of a chain or a graph within it. */
function endingIn(kind: "chain" | "graph"): LayersModel {
  const picture = input({ shape: PICTURE });
  const flat = layers.flatten().apply(picture);
  const vector = input({ shape: [64] });
  const end =
    kind === "chain"
      ? sequential({ layers: [layers.dense({ units: SHAPE.classes, inputShape: [64], activation: "softmax" })] })
      : model({ inputs: vector, outputs: softmax().apply(vector) as Symbolic });
  return model({ inputs: picture, outputs: end.apply(flat) as Symbolic });
}

/** A network that TensorFlow.js saves, but rebuilds with two calls of a layer exchanged. */
export function misbuilt(): LayersModel {
  return nested(false);
}

/** Networks by name that are exported, and those that are refused, with what the message names. */
export const KERAS_NETWORKS: {
  readonly expressible: ReadonlyMap<string, () => LayersModel>;
  readonly others: readonly (readonly [name: string, make: () => LayersModel, named: RegExp])[];
} = {
  expressible: new Map<string, () => LayersModel>([
    ...[...LAYER_NETWORKS].filter(([name]) => !REFUSED.has(name)),
    ["recurrent layers", recurrent],
    ["branches of several lengths", branches],
    ["models called twice", () => nested(true)],
    ["a graph that ends in a chain", () => endingIn("chain")],
    ["a graph that ends in a graph", () => endingIn("graph")],
  ]),
  others: [
    ...[...REFUSED].map(([name, named]) => [name, LAYER_NETWORKS.get(name) ?? recurrent, named] as const),
    [
      "a hard sigmoid",
      () => chain([64], layers.dense({ units: 4, activation: "hardSigmoid" })),
      /Dense .*activation is "hard_sigmoid"/,
    ],
    [
      "steps that are masked in both directions",
      () =>
        chain(
          [8, 8],
          layers.masking({ maskValue: 0 }),
          layers.bidirectional({ layer: layers.lstm({ units: 3, recurrentActivation: "sigmoid" }), mergeMode: "sum" }),
        ),
      /masks steps before a layer/,
    ],
    [
      "bilinear interpolation",
      () => chain([2, 2, 16], layers.upSampling2d({ interpolation: "bilinear" }), layers.flatten()),
      /UpSampling2D .*interpolation is "bilinear"/,
    ],
  ],
};

/** `network` with other weights: those of untrained layers are often 0 or 1, which hides mistakes. */
export function randomized(network: LayersModel, seed: number): LayersModel {
  const generator = Generator.ofSeed(seed);
  for (const weight of network.weights) {
    const isVariance = /variance/i.test(weight.originalName);
    const values = Float32Array.from({ length: util.sizeFromShape(weight.shape as number[]) }, () =>
      isVariance ? 0.5 + generator.uniform() : generator.uniform() - 0.5,
    );
    const drawn = tensor(values, weight.shape as number[]);
    (weight.read() as Variable).assign(drawn);
    drawn.dispose();
  }
  return network;
}
