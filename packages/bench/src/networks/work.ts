// A network with drawn weights and a drawn batch, on the current backend of TensorFlow.js: what is timed, and what is compared.
// The same seed draws the same numbers for every backend.

import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

import { random32 } from "../measure/random32.ts";
import type { Network, Use } from "./networks.ts";

/** Seed of weights and batches. */
const SEED = 20_261_128;

/** Calls of an answer: the loss of the second step depends on what the first one did to the weights. */
const CHECKED_CALLS = 2;

/** What is compared, and how long it took. */
export interface Answer {
  /** By what they are: numbers in the same order on every backend. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** The last call, after one that warmed up. */
  readonly milliseconds: number;
}

/** A use of a network. */
export interface Work {
  /** Is timed: a step, or predictions that are read. */
  readonly call: () => unknown;
  readonly answer: () => Promise<Answer>;
}

/** Draws a number from 0 (inclusive) to 1 (exclusive). */
type Uniform = () => number;

/** The work of `use`, by unchanged code of tf.layers. */
export function workOf({ build, batch, inputShape, target }: Network, use: Use): Work {
  const uniform = uniformOf(SEED);
  const { frozen, trained } = build();
  for (const model of frozen === undefined ? [trained] : [frozen, trained]) drawWeights(model, uniform);
  const inputs = drawn([batch, ...inputShape], () => 2 * uniform() - 1);
  const featuresOf = (): tf.Tensor => (frozen === undefined ? inputs : (frozen.predict(inputs) as tf.Tensor));
  if (use === "inference") {
    const call = (): Float32Array => tf.tidy(() => (trained.predict(featuresOf()) as tf.Tensor).dataSync<"float32">());
    return {
      call,
      answer: async () => {
        const { results, milliseconds } = await timedCalls(call);
        return { values: { outputs: [...(results[0] ?? [])] }, milliseconds };
      },
    };
  }
  const labels = drawLabels(trained, { batch, target }, uniform);
  const optimizer = tf.train.adam();
  trained.compile({ optimizer, loss: target === "class" ? "categoricalCrossentropy" : "binaryCrossentropy" });
  const call = async (): Promise<number> => {
    const features = featuresOf();
    const loss = await trained.trainOnBatch(features, labels);
    if (features !== inputs) features.dispose();
    return loss as number;
  };
  return {
    call,
    answer: async () => {
      const norms = firstGradientNorms(optimizer);
      const { results, milliseconds } = await timedCalls(call);
      const [first = Number.NaN, ...later] = results;
      return { values: { "first loss": [first], "gradient norms": norms(), "later loss": later }, milliseconds };
    },
  };
}

/** The results of {@link CHECKED_CALLS} calls, and how long the last of them took. */
async function timedCalls<Result>(
  call: () => Result | Promise<Result>,
): Promise<{ readonly results: readonly Result[]; readonly milliseconds: number }> {
  const results: Result[] = [];
  let milliseconds = Number.NaN;
  for (let index = 0; index < CHECKED_CALLS; index++) {
    const begin = performance.now();
    results.push(await call());
    milliseconds = performance.now() - begin;
  }
  return { results, milliseconds };
}

/** Keeps the L2 norm of the first gradient of each weight that `optimizer` is given. */
function firstGradientNorms(optimizer: tf.Optimizer): () => readonly number[] {
  const applyGradients = optimizer.applyGradients.bind(optimizer);
  let norms: readonly number[] = [];
  optimizer.applyGradients = (gradients) => {
    const tensors = Array.isArray(gradients) ? gradients.map(({ tensor }) => tensor) : Object.values(gradients);
    norms = tf.tidy(() => tensors.map((tensor) => tf.norm(tensor).dataSync<"float32">()[0] ?? Number.NaN));
    optimizer.applyGradients = applyGradients;
    applyGradients(gradients);
  };
  return () => norms;
}

/**
 * Kernels with a variance of 2 / fan-in (He et al. 2015). All others are near their usual first values, but none is 0 or 1, so
 * that a backend that confuses or ignores them gives another answer.
 */
function drawWeights(model: LayersModel, uniform: Uniform): void {
  const symmetric = (scale: number) => (): number => scale * (2 * uniform() - 1);
  const values = model.weights.map(({ originalName, shape: given }) => {
    const shape = given as number[];
    if (originalName.endsWith("kernel")) {
      // [height, width, in, out], [height, width, in, 1] of a depthwise one, [in, out] of a dense one.
      const fanIn = originalName.endsWith("depthwise_kernel") ? shape.slice(0, -2) : shape.slice(0, -1);
      // Uniform numbers from -1 to 1 have a variance of 1/3.
      return drawn(shape, symmetric(Math.sqrt(6 / tf.util.sizeFromShape(fanIn))));
    }
    const isScale = /(?:gamma|moving_variance)$/.test(originalName);
    const near = symmetric(0.1);
    return drawn(shape, () => Number(isScale) + near());
  });
  model.setWeights(values);
  tf.dispose(values);
}

/** A class for each sample, one-hot, or a bit for each pixel; of the shape of the model's outputs. */
function drawLabels(model: LayersModel, { batch, target }: Pick<Network, "batch" | "target">, uniform: Uniform) {
  const shape = [batch, ...(model.outputs[0]?.shape.slice(1) ?? [])] as number[];
  if (target === "pixels") return drawn(shape, () => Math.round(uniform()));
  const classes = shape[1] ?? 0;
  const indices = Array.from({ length: batch }, () => Math.floor(classes * uniform()));
  return drawn(shape, (index) => Number(index % classes === indices[Math.floor(index / classes)]));
}

function uniformOf(seed: number): Uniform {
  const draw = random32(seed);
  return () => draw() / 2 ** 32;
}

function drawn(shape: number[], valueOf: (index: number) => number): tf.Tensor {
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, index) => valueOf(index)),
    shape,
  );
}
