// Training steps of a network, in Node.js and in pages: ours, and those of tf.layers. In: initial weights and a batch.
// Out: functions.

import {
  Classifier,
  Generator,
  Learner,
  type Backend,
  type Batch,
  type FileTensor,
  type NetworkShape,
} from "@silhouette/trainer/browser";
import * as tf from "@tensorflow/tfjs-core";
import type { Sequential } from "@tensorflow/tfjs-layers";

import { BUILT_IN_NETWORKS, type NetworkName } from "./built-in-networks.ts";

/** Steps whose losses are compared: as in ../../peers/peers.py. */
const CHECKED_STEPS = 3;

/** Of Adam, as the peers' is. */
const LEARNING_RATE = 0.001;

/** A network, and the pictures and classes that it is built for. */
export interface StepNetwork extends NetworkShape {
  readonly network: NetworkName;
}

/** Something to be timed, and what is compared before. */
export interface CheckedCall {
  /** Is timed. */
  readonly call: () => unknown;
  /** Is compared. */
  readonly answer: () => Promise<readonly number[]>;
}

/** Trains one step, and returns its loss. */
type Step = () => number | Promise<number>;

/** Our own steps, on `backend`. */
export function ourSteps(network: StepNetwork, tensors: readonly FileTensor[], backend: Backend): CheckedCall {
  const batch = batchOf(tensors);
  const generator = Generator.ofSeed(0);
  return stepsOf(network, tensors, (built) => {
    const learner = new Learner(new Classifier(built, backend), backend);
    return () => learner.train(batch, { generator, learningRate: LEARNING_RATE }).loss;
  });
}

/** Steps of unchanged tf.layers, on the backend that TensorFlow.js computes on. */
export function tfLayersSteps(network: StepNetwork, tensors: readonly FileTensor[]): CheckedCall {
  const { pictures, labels } = batchOf(tensors);
  return stepsOf(network, tensors, (built) => {
    built.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
    return async () => (await built.trainOnBatch(pictures, labels)) as number;
  });
}

function stepsOf(
  network: StepNetwork,
  tensors: readonly FileTensor[],
  stepOf: (built: Sequential) => Step,
): CheckedCall {
  return {
    call: stepOf(networkOf(network, tensors)),
    answer: async () => {
      const step = stepOf(withoutDropout(networkOf(network, tensors)));
      const losses: number[] = [];
      for (let index = 0; index < CHECKED_STEPS; index++) losses.push(await step());
      return losses;
    },
  };
}

/** The network with the weights among `tensors`. */
export function networkOf({ network, ...job }: StepNetwork, tensors: readonly FileTensor[]): Sequential {
  const { width, height, classes } = job;
  const built = BUILT_IN_NETWORKS[network].build({ width, height, classes }, Generator.ofSeed(0));
  const values = tensors.filter(({ name }) => name.startsWith("weights/"));
  for (const [index, weight] of built.trainableWeights.entries()) {
    const { values: given = [], shape = [] } = values[index] ?? {};
    tf.tidy(() => (weight.read() as tf.Variable).assign(tf.tensor(given, [...shape])));
  }
  return built;
}

/** The same network; its dropout layers drop nothing from now on, since no two libraries draw the same masks. */
function withoutDropout(network: Sequential): Sequential {
  for (const layer of network.layers) if (layer.getClassName() === "Dropout") Object.assign(layer, { rate: 0 });
  return network;
}

/** The batch among `tensors`. */
export function batchOf(tensors: readonly FileTensor[]): Batch {
  const tensorOf = (wanted: string): tf.Tensor => {
    const { values = [], shape = [] } = tensors.find(({ name }) => name === wanted) ?? {};
    return tf.tensor(values, [...shape]);
  };
  return { pictures: tensorOf("pictures") as tf.Tensor4D, labels: tensorOf("labels") as tf.Tensor2D };
}
