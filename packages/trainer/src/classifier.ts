// A network that is trained or used: steps of training, population statistics, and answers.

import {
  argMax,
  losses,
  softmax,
  tidy,
  variableGrads,
  type NamedTensorMap,
  type Scalar,
  type Tensor2D,
  type Tensor4D,
  type Variable,
} from "@tensorflow/tfjs-core";
import type { Sequential } from "@tensorflow/tfjs-layers";

import { Adam, assignValues, weightName, type AdamState } from "./adam.ts";
import type { Backend, NetworkOperations } from "./backend.ts";
import type { Batch } from "./batch.ts";
import { PopulationStatistics } from "./population-statistics.ts";
import type { NamedValues } from "./checkpoint.ts";
import { TrainerError } from "./errors.ts";
import { forward, type Pass } from "./forward.ts";
import type { Generator } from "./generator.ts";
import { stagesOf, type Stage } from "./stages.ts";

/** What the pictures of a batch came to. */
export interface BatchResult {
  /** Mean cross-entropy of a picture, in nats. */
  readonly loss: number;
  /** For each picture the index of the class that the network takes it for. */
  readonly predicted: Int32Array;
}

/** What the network says of a batch, by the population's statistics. */
export interface BatchEvaluation extends BatchResult {
  /** `[batch, classes]`: for each picture the probability of each class. */
  readonly probabilities: Float32Array;
}

/** A network with its optimizer. Dispose it after use; the network stays. */
export class Classifier {
  /** The network, whose variables are trained in place. */
  readonly network: Sequential;
  readonly #stages: readonly Stage[];
  readonly #operations: NetworkOperations;
  readonly #trainable: readonly Variable[];
  readonly #weights: readonly Variable[];
  readonly #adam: Adam;

  /**
   * Of a network whose variables are on `backend`.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` for a network that `stagesOf` refuses
   */
  constructor(network: Sequential, { operations }: Backend) {
    this.network = network;
    this.#stages = stagesOf(network);
    this.#operations = operations;
    this.#trainable = network.trainableWeights.map((weight) => weight.read() as Variable);
    this.#weights = network.weights.map((weight) => weight.read() as Variable);
    this.#adam = new Adam(this.#trainable, operations);
  }

  /**
   * One step of Adam. Dropout masks are drawn from `generator`.
   *
   * @throws {TrainerError} `LOSS_NOT_FINITE` before any weight is changed
   */
  train(batch: Batch, generator: Generator): BatchResult {
    const { gradients, ...result } = this.gradients(batch, { kind: "training", generator });
    try {
      if (!Number.isFinite(result.loss)) throw notFinite("a finite loss", result.loss);
      // The loss may hide it: TensorFlow.js' ReLU makes 0 of a NaN whose sign bit is set.
      if (!this.#operations.areFinite(Object.values(gradients))) throw notFinite("finite gradients", "others");
      this.#adam.apply(gradients);
      return result;
    } finally {
      for (const gradient of Object.values(gradients)) gradient.dispose();
    }
  }

  /** The gradients of the mean loss, by the names of the variables; dispose them after use. @internal */
  gradients({ pictures, labels }: Batch, pass: Pass): BatchResult & { readonly gradients: NamedTensorMap } {
    let predicted = new Int32Array();
    const { value, grads } = variableGrads(() => {
      const logits = forward(this.#stages, this.#operations, pictures, pass);
      predicted = answers(logits);
      return losses.softmaxCrossEntropy(labels, logits);
    }, [...this.#trainable]);
    const loss = numberOf(value);
    value.dispose();
    return { gradients: grads, loss, predicted };
  }

  /** Loss and answers, by the population's statistics. */
  evaluate({ pictures, labels }: Batch): BatchEvaluation {
    return tidy(() => {
      const logits = forward(this.#stages, this.#operations, pictures, { kind: "evaluation" });
      const loss = numberOf(losses.softmaxCrossEntropy(labels, logits));
      const probabilities = softmax(logits).dataSync<"float32">();
      return { loss, predicted: answers(logits), probabilities };
    });
  }

  /** Probabilities `[batch, classes]` of the pictures `[batch, height, width, 1]`. */
  probabilities(pictures: Tensor4D): Float32Array {
    return tidy(() =>
      softmax(forward(this.#stages, this.#operations, pictures, { kind: "evaluation" })).dataSync<"float32">(),
    );
  }

  /** Statistics to gather over batches; see `PopulationStatistics`. @internal */
  populationStatistics(): PopulationStatistics {
    return new PopulationStatistics(this.#stages, this.#operations);
  }

  /** A copy of weights and optimizer. @internal */
  state(): { readonly weights: readonly NamedValues[]; readonly adam: AdamState } {
    const weights = this.#weights.map((each, index) => ({
      name: weightName(this.#weights, index),
      shape: each.shape,
      values: each.dataSync<"float32">(),
    }));
    return { weights, adam: this.#adam.state() };
  }

  /** @throws {TrainerError} `CHECKPOINT_DAMAGED` if the state is of another network @internal */
  restore({ weights, adam }: ReturnType<Classifier["state"]>): void {
    assignValues(this.#weights, weights);
    this.#adam.restore(adam);
  }

  /** Frees the optimizer. */
  dispose(): void {
    this.#adam.dispose();
  }
}

function numberOf(value: Scalar): number {
  return value.dataSync()[0] ?? Number.NaN;
}

function answers(logits: Tensor2D): Int32Array<ArrayBuffer> {
  return Int32Array.from(argMax(logits, 1).dataSync());
}

function notFinite(expected: string, found: number | string): TrainerError {
  return new TrainerError(
    "LOSS_NOT_FINITE",
    `Expected ${expected}, but found ${found}: the training has diverged`,
    "Resume from the last checkpoint with --resume if it happened by accident; otherwise train with another --seed.",
  );
}
