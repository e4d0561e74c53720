// A network that answers, and what its training asks of it: gradients and population statistics. It has no optimizer.

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
import type { LayersModel } from "@tensorflow/tfjs-layers";

import type { Backend, NetworkOperations } from "../backend/operations.ts";
import type { Batch } from "./batch.ts";
import { PopulationStatistics } from "./population-statistics.ts";
import { TrainerError } from "../values/errors.ts";
import { forward, type Pass } from "./forward.ts";
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

/** A network as a classifier of pictures. It holds no tensors of its own: dispose of the network after use. */
export class Classifier {
  /** The network, whose variables are trained in place. */
  readonly network: LayersModel;
  readonly #stages: readonly Stage[];
  readonly #operations: NetworkOperations;
  /** Layers that may have regularization losses. */
  readonly #leaves: readonly Layer[];
  readonly #cells: readonly Layer[];
  /** The variables that are learned. @internal */
  readonly trainable: readonly Variable[];
  /** All variables, in the order of the layers. @internal */
  readonly weights: readonly Variable[];

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
    this.trainable = network.trainableWeights.map((weight) => weight.read() as Variable);
    this.weights = network.weights.map((weight) => weight.read() as Variable);
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
    const { value, grads } = withTape(() => unlessAborted(signal, () => variableGrads(lossOf, [...this.trainable])));
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

  /**
   * @param weights of the network. Default: all, with the population's statistics
   * @throws {TrainerError} `LOSS_NOT_FINITE` if one holds numbers that are NaN or infinite
   * @internal
   */
  checkFinite(weights: readonly Tensor[] = this.weights): void {
    if (!this.#operations.areFinite([...weights])) throw notFinite("finite weights and statistics", "others");
  }

  /** Statistics to gather over batches; see `PopulationStatistics`. @internal */
  populationStatistics(): PopulationStatistics {
    return new PopulationStatistics((pictures, tell) => this.#logits(pictures, { kind: "statistics", tell }));
  }

  #logits(pictures: Tensor4D, pass: Pass): Tensor2D {
    try {
      return forward(this.#stages, this.#operations, pictures, pass);
    } finally {
      disposeCellMasks(this.#cells);
    }
  }
}

function numberOf(value: Scalar): number {
  return value.dataSync()[0] ?? Number.NaN;
}

function answers(logits: Tensor2D): Int32Array<ArrayBuffer> {
  return Int32Array.from(argMax(logits, 1).dataSync());
}

/** The error of a training that has diverged. */
export function notFinite(expected: string, found: number | string): TrainerError {
  return new TrainerError(
    "LOSS_NOT_FINITE",
    `Expected ${expected}, but found ${found}: the training has diverged`,
    "Resume from the last checkpoint if this happened by accident; otherwise train with another seed.",
  );
}
