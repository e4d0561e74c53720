// A network that is trained or used: steps of training, population statistics, and answers.

import {
  addN,
  argMax,
  losses,
  Reduction,
  softmax,
  tidy,
  variableGrads,
  zeros,
  type NamedTensorMap,
  type Rank,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  type Variable,
} from "@tensorflow/tfjs-core";
import type { LayersModel, LayerVariable } from "@tensorflow/tfjs-layers";

import { Adam, assignValues, weightName, type AdamState } from "../training/adam.ts";
import type { Backend, NetworkOperations } from "../backend/operations.ts";
import type { Batch } from "./batch.ts";
import { PopulationStatistics } from "./population-statistics.ts";
import type { NamedValues } from "../node/files/checkpoint-file.ts";
import { TrainerError } from "../values/errors.ts";
import { forward, type Pass } from "./forward.ts";
import type { Generator } from "../values/generator.ts";
import { withTape } from "./gradient-tape.ts";
import { cellsWithin, disposeCellMasks, leavesWithin, type Layer } from "./layer-tree.ts";
import { stagesOf, type Stage } from "./stages.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** What the pictures of a batch came to. */
export interface BatchResult {
  /** Mean cross-entropy of a picture, in nats; of a training step with the network's regularization losses. */
  readonly loss: number;
  /** For each picture the index of the class that it is classified as. */
  readonly predicted: Int32Array;
}

/** What the network says of a batch, by the population's statistics. */
export interface BatchEvaluation extends BatchResult {
  /** `[batch, classes]`: for each picture the probability of each class. */
  readonly probabilities: Float32Array;
  /** For each picture its cross-entropy, in nats. */
  readonly losses: Float32Array;
}

/** A network with its optimizer. Dispose it after use; the network stays. */
export class Classifier {
  /** The network, whose variables are trained in place. */
  readonly network: LayersModel;
  readonly #stages: readonly Stage[];
  readonly #operations: NetworkOperations;
  /** Layers that may have regularization losses. */
  readonly #leaves: readonly Layer[];
  readonly #cells: readonly Layer[];
  readonly #constrained: readonly LayerVariable[];
  readonly #trainable: readonly Variable[];
  readonly #weights: readonly Variable[];
  readonly #adam: Adam;

  /**
   * Of a network whose variables are on `backend`.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` for a network that `stagesOf` refuses
   */
  constructor(network: LayersModel, { operations }: Backend) {
    this.network = network;
    this.#stages = stagesOf(network);
    this.#operations = operations;
    this.#leaves = leavesWithin(network);
    this.#cells = cellsWithin(network);
    this.#constrained = network.trainableWeights.filter(({ constraint }) => (constraint ?? undefined) !== undefined);
    this.#trainable = network.trainableWeights.map((weight) => weight.read() as Variable);
    this.#weights = network.weights.map((weight) => weight.read() as Variable);
    this.#adam = new Adam(this.#trainable, operations);
  }

  /**
   * One step of Adam, after which the constraints of the weights hold. Dropout and noise are drawn from `generator`.
   *
   * @param signal abandons the step while its gradients are computed: nothing is changed then, and nothing drawn
   * @throws {TrainerError} `LOSS_NOT_FINITE` before any weight is changed, or if a constraint makes one NaN or infinite; and the
   * signal's reason
   */
  train(batch: Batch, generator: Generator, signal?: AbortSignal): BatchResult {
    const { gradients, ...result } = this.#drawnGradients(batch, generator, signal);
    try {
      if (!Number.isFinite(result.loss)) throw notFinite("a finite loss", result.loss);
      // The loss may hide it: TensorFlow.js' ReLU makes 0 of a NaN whose sign bit is set.
      if (!this.#operations.areFinite(Object.values(gradients))) throw notFinite("finite gradients", "others");
      this.#adam.apply(gradients);
      for (const weight of this.#constrained) constrain(weight);
      this.#checkFinite(this.#constrained.map((weight) => weight.read()));
      return result;
    } finally {
      for (const gradient of Object.values(gradients)) gradient.dispose();
    }
  }

  /** Of a training step; `generator` is where it was if they fail. */
  #drawnGradients(batch: Batch, generator: Generator, signal?: AbortSignal): ReturnType<Classifier["gradients"]> {
    const { state } = generator;
    try {
      return this.gradients(batch, { kind: "training", generator }, signal);
    } catch (error) {
      generator.restore(state);
      throw error;
    }
  }

  /** The gradients of the mean loss, by the names of the variables; dispose them after use. @internal */
  gradients(
    { pictures, labels }: Batch,
    pass: Pass,
    signal?: AbortSignal,
  ): BatchResult & { readonly gradients: NamedTensorMap } {
    let predicted = new Int32Array();
    const lossOf = (): Scalar => {
      const logits = this.#logits(pictures, pass);
      predicted = answers(logits);
      const regularizers = this.#leaves.flatMap(({ losses: all }) => all.map((each) => each()));
      const entropy = losses.softmaxCrossEntropy<Tensor2D, Scalar>(labels, logits);
      return regularizers.length === 0 ? entropy : addN<Scalar>([entropy, ...regularizers]);
    };
    const { value, grads } = withTape(() => unlessAborted(signal, () => variableGrads(lossOf, [...this.#trainable])));
    const loss = numberOf(value);
    value.dispose();
    return { gradients: grads, loss, predicted };
  }

  /** Loss and answers, by the population's statistics. */
  evaluate({ pictures, labels }: Batch): BatchEvaluation {
    return tidy(() => {
      const logits = this.#logits(pictures, { kind: "evaluation" });
      const each = losses.softmaxCrossEntropy(labels, logits, undefined, undefined, Reduction.NONE);
      const entropies = each.dataSync<"float32">();
      const loss = entropies.reduce((sum, entropy) => sum + entropy, 0) / entropies.length;
      const probabilities = softmax(logits).dataSync<"float32">();
      return { loss, losses: entropies, predicted: answers(logits), probabilities };
    });
  }

  /** Probabilities `[batch, classes]` of the pictures `[batch, height, width, 1]`. */
  probabilities(pictures: Tensor4D): Float32Array {
    return tidy(() => softmax(this.#logits(pictures, { kind: "evaluation" })).dataSync<"float32">());
  }

  /**
   * Pictures that a step needs at least: 2 where a BatchNorm layer has a single value of a channel in each, which would be
   * normalized to 0 whatever it is.
   */
  leastBatch(): 1 | 2 {
    const [, ...shape] = this.network.inputs[0]?.shape ?? [];
    let fewest = Number.POSITIVE_INFINITY;
    tidy(() => {
      this.#logits(zeros<Rank.R4>([1, ...shape] as Tensor4D["shape"]), {
        kind: "statistics",
        tell: (_, { count }) => (fewest = Math.min(fewest, count)),
      });
    });
    return fewest === 1 ? 2 : 1;
  }

  /** @throws {TrainerError} `LOSS_NOT_FINITE` if a weight, or a statistic of the population, is NaN or infinite @internal */
  checkFinite(): void {
    this.#checkFinite(this.#weights);
  }

  #checkFinite(weights: readonly Tensor[]): void {
    if (!this.#operations.areFinite([...weights])) throw notFinite("finite weights and statistics", "others");
  }

  /** Statistics to gather over batches; see `PopulationStatistics`. @internal */
  populationStatistics(): PopulationStatistics {
    return new PopulationStatistics((pictures, tell) => this.#logits(pictures, { kind: "statistics", tell }));
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

  #logits(pictures: Tensor4D, pass: Pass): Tensor2D {
    try {
      return forward(this.#stages, this.#operations, pictures, pass);
    } finally {
      disposeCellMasks(this.#cells);
    }
  }

  /** Frees the optimizer. */
  dispose(): void {
    this.#adam.dispose();
  }
}

/** Projects a weight to where its constraint wants it: `LayerVariable.write` would, for another tensor than its own. */
function constrain(weight: LayerVariable): void {
  tidy(() => {
    const variable = weight.read() as Variable;
    variable.assign(weight.constraint.apply(variable));
  });
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
    "Resume from the last checkpoint if this happened by accident; otherwise train with another seed.",
  );
}
