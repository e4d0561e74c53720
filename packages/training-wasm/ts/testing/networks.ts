// Networks that golden/make_networks.py drew, and what PyTorch made of them: golden/networks.safetensors, for tests
// alone.

import { readSafetensors, type Array32 } from "./safetensors.ts";
import { layers, tf } from "./tensorflow.ts";

/** A layer as tf.layers makes it. */
interface LayerDescription {
  readonly name: string;
  readonly kind: keyof typeof layers.layers;
  readonly config: object;
  /** Names of layers, or `input`. */
  readonly inputs: readonly string[];
}

export interface GoldenNetwork {
  readonly name: string;
  /** Without the batch. */
  readonly inputShape: readonly number[];
  readonly layers: readonly LayerDescription[];
  readonly loss: "softmaxCrossEntropy" | "sigmoidCrossEntropy";
  /** PyTorch's, before each of its steps. */
  readonly losses: { readonly float32: readonly number[]; readonly float64: readonly number[] };
  /** `input`, `labels`, and the initial weights as `<layer>/<weight>`. */
  readonly given: ReadonlyMap<string, Array32>;
  /** PyTorch's in float64: `output`, and `gradients/<given>` of whatever has one. */
  readonly expected: ReadonlyMap<string, Array32>;
}

export function goldenNetworks(): readonly GoldenNetwork[] {
  const { arrays, texts } = readSafetensors(new URL("../../golden/networks.safetensors", import.meta.url));
  const descriptions = JSON.parse(texts["networks"] ?? "[]") as readonly Omit<GoldenNetwork, "given" | "expected">[];
  return descriptions.map((description) => {
    const under = (prefix: string) =>
      new Map(
        [...arrays]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, each]) => [name.slice(prefix.length), each]),
      );
    return {
      ...description,
      given: under(`${description.name}/given/`),
      expected: under(`${description.name}/expected/`),
    };
  });
}

/** Of Adam, as golden/make_networks.py has them. */
const LEARNING_RATE = 1e-3;
const BETAS = [0.9, 0.999] as const;
const EPSILON = 1e-7;

/** What our side makes of a network. */
export interface Answer {
  /** As {@link GoldenNetwork.expected}. */
  readonly tensors: ReadonlyMap<string, Array32>;
  /** Before each step. Their mean over examples or pixels is taken in float64: in float32 it is off by more than training. */
  readonly losses: readonly number[];
}

/** Of each example, pixel or class. */
const LOSSES = {
  softmaxCrossEntropy: (labels: tf.Tensor, logits: tf.Tensor): tf.Tensor =>
    tf.losses.softmaxCrossEntropy(labels, logits, undefined, 0, tf.Reduction.NONE),
  sigmoidCrossEntropy: (labels: tf.Tensor, logits: tf.Tensor): tf.Tensor =>
    tf.losses.sigmoidCrossEntropy(labels, logits, undefined, 0, tf.Reduction.NONE),
};

/** Trains a network on its input, as PyTorch did: from the same weights, with as many steps of Adam. */
export function train(network: GoldenNetwork): Answer {
  const model = build(network);
  const given = (name: string): tf.Tensor => {
    const { shape, values } = network.given.get(name) ?? { shape: [], values: [] };
    return tf.tensor(values, [...shape]);
  };
  for (const weight of model.trainableWeights) weight.write(given(weight.originalName));
  const weights = model.trainableWeights.map((weight) => ({
    name: weight.originalName,
    variable: weight.read() as tf.Variable,
  }));
  const [input, labels] = [tf.variable(given("input")), given("labels")];
  const logits = (): tf.Tensor => model.apply(input, { training: true }) as tf.Tensor;
  const loss = (): tf.Scalar => tf.losses[network.loss](labels, logits());
  const exactLoss = (): number => tf.tidy(() => meanOf(LOSSES[network.loss](labels, logits())));

  const tensors = new Map<string, Array32>();
  tf.tidy(() => {
    tensors.set("output", arrayOf(logits()));
    const differentiable = [{ name: "input", variable: input }, ...weights].filter(({ name }) =>
      network.expected.has(`gradients/${name}`),
    );
    const { grads } = tf.variableGrads(
      loss,
      differentiable.map(({ variable }) => variable),
    );
    for (const { name, variable } of differentiable) {
      const gradient = grads[variable.name];
      if (gradient !== undefined) tensors.set(`gradients/${name}`, arrayOf(gradient));
    }
  });

  const adam = new Adam(weights.map(({ variable }) => variable));
  const losses = network.losses.float64.map(() => {
    const before = exactLoss();
    adam.step(loss);
    return before;
  });
  adam.dispose();
  tf.dispose([input, labels]);
  model.dispose();
  return { tensors, losses };
}

function build(network: GoldenNetwork): layers.LayersModel {
  const input = layers.input({ shape: [...network.inputShape] });
  const outputs = new Map([["input", input]]);
  let last = input;
  for (const { name, kind, config, inputs } of network.layers) {
    const layer = (layers.layers[kind] as (config: object) => layers.layers.Layer)({ ...config, name });
    const from = inputs.map((each) => outputs.get(each) ?? input);
    last = layer.apply(from.length === 1 ? (from[0] ?? input) : from) as layers.SymbolicTensor;
    outputs.set(name, last);
  }
  return layers.model({ inputs: input, outputs: last });
}

function meanOf(x: tf.Tensor): number {
  return x.dataSync<"float32">().reduce((sum, value) => sum + value, 0) / x.size;
}

function arrayOf(x: tf.Tensor): Array32 {
  return { shape: x.shape, values: x.dataSync<"float32">() };
}

/**
 * Adam as PyTorch has it. The one of TensorFlow.js takes beta^t from 1 in float32, which makes its first steps too
 * small by 6e-6: more than all that kernels round.
 */
class Adam {
  readonly #weights: readonly {
    readonly value: tf.Variable;
    readonly first: tf.Variable;
    readonly second: tf.Variable;
  }[];
  #steps = 0;

  constructor(values: readonly tf.Variable[]) {
    const zeros = (value: tf.Variable) => tf.variable(tf.zerosLike(value), false);
    this.#weights = values.map((value) => ({ value, first: zeros(value), second: zeros(value) }));
  }

  step(loss: () => tf.Scalar): void {
    this.#steps++;
    const [beta1, beta2] = BETAS;
    const rate = LEARNING_RATE / (1 - beta1 ** this.#steps);
    const correction = Math.sqrt(1 - beta2 ** this.#steps);
    tf.tidy(() => {
      const { grads } = tf.variableGrads(
        loss,
        this.#weights.map(({ value }) => value),
      );
      for (const { value, first, second } of this.#weights) {
        const gradient = grads[value.name] ?? tf.zerosLike(value);
        first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)));
        second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
        const size = tf.add(tf.div(tf.sqrt(second), correction), EPSILON);
        value.assign(tf.sub(value, tf.mul(tf.div(first, size), rate)));
      }
    });
  }

  dispose(): void {
    for (const { first, second } of this.#weights) tf.dispose([first, second]);
  }
}
