// A network with what prediction and training need: probabilities, gradients and population statistics. It has no optimizer.

import {
  addN,
  argMax,
  div,
  moments,
  softmax,
  sqrt,
  sum,
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
import { crossEntropies } from "./cross-entropy.ts";
import { PopulationStatistics } from "./population-statistics.ts";
import { meanOf } from "../dataset/view.ts";
import { TrainerError } from "../values/errors.ts";
import { attentionOf, type AttentionMap } from "./attention.ts";
import { forward, type Output, type Pass } from "./forward.ts";
import { withTape } from "./gradient-tape.ts";
import { cellsWithin, disposeCellMasks, frozenWithin, leavesWithin, type Layer } from "./layer-tree.ts";
import { beginsBlock, stagesOf, type Stage } from "./stages.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** Result of a batch. */
export interface BatchResult {
  /**
   * Mean cross-entropy per picture, in nats; for a training step, with the weights and smoothing of its labels, and including the
   * network's regularization losses.
   */
  readonly loss: number;
  /** Index of the predicted class for each picture. */
  readonly predicted: Int32Array;
}

/** Evaluation of a batch, with population statistics. */
export interface BatchEvaluation extends BatchResult {
  /** `[batch, classes]`: the probability of each class for each picture. */
  readonly probabilities: Float32Array;
  /** Cross-entropy of each picture, in nats. */
  readonly losses: Float32Array;
  /**
   * What each block of the network but the last gives to the next, `[batch, channels]` each: the means of its channels over all places, then
   * their standard deviations; or its values if it has no places. Empty unless asked for.
   */
  readonly features: Float32Array[];
}

/** Answer of a network for a batch. */
export interface BatchAnswer extends Pick<BatchEvaluation, "probabilities" | "features"> {
  /** Where the network finds the classes that {@link AnswerOptions.attention} chose; undefined for a network without a feature map. */
  readonly attention?: readonly AttentionMap[] | undefined;
}

/** The features of several views of the same pictures, of which there is at least one, as one: their means. */
export function meanFeatures(views: readonly BatchAnswer[]): Float32Array[] {
  const [first] = views;
  return (first?.features ?? []).map((own, block) => meanOf(views.map(({ features }) => features[block] ?? own)));
}

/** Options for {@link Classifier.answer}. */
export interface AnswerOptions {
  /** Whether features are returned. Default: false. */
  readonly features?: boolean;
  /**
   * Chooses the classes whose attention is returned, as in {@link Classifier.attention}: one for each of the first pictures. It is
   * called once the probabilities are known, and nothing that they took is computed again. Default: no attention.
   *
   * @param probabilities `[batch, classes]`
   */
  readonly attention?: (probabilities: Float32Array) => ArrayLike<number>;
}

/** A network as a picture classifier. It owns no tensors: dispose of the network after use. */
export class Classifier {
  /** The network. Its variables are trained in place. */
  readonly network: LayersModel;
  readonly #stages: readonly Stage[];
  readonly #operations: NetworkOperations;
  /** Layers that may have regularization losses; those of frozen layers are constant, and do not count in Keras either. */
  readonly #leaves: readonly Layer[];
  readonly #cells: readonly Layer[];
  /** For each stage, whether its input is what a block gives to the next. */
  readonly #isBetween: readonly boolean[];
  /** The trainable variables. @internal */
  readonly trainable: readonly Variable[];
  /** All variables, in the order of the layers. @internal */
  readonly weights: readonly Variable[];

  /**
   * Creates a classifier for a network whose variables are on `backend`.
   *
   * @throws {TrainerError} `INVALID_ARGUMENT` for a network that `stagesOf` rejects
   */
  constructor(network: LayersModel, { operations }: Backend) {
    this.network = network;
    this.#stages = stagesOf(network);
    this.#operations = operations;
    const frozen = frozenWithin(network);
    this.#leaves = leavesWithin(network).filter((leaf) => !frozen.includes(leaf));
    this.#cells = cellsWithin(network);
    this.#isBetween = this.#stages.map((_, index) => beginsBlock(this.#stages, index));
    this.trainable = network.trainableWeights.map((weight) => weight.read() as Variable);
    this.weights = network.weights.map((weight) => weight.read() as Variable);
  }

  /** Gradients of the mean loss, by variable name. Dispose of them after use. @internal */
  gradients(
    { pictures, labels }: Batch,
    pass: Pass,
    signal?: AbortSignal,
  ): BatchResult & { readonly gradients: NamedTensorMap } {
    let predicted = new Int32Array();
    const lossOf = (): Scalar => {
      const { logits } = this.#forward(pictures, pass);
      predicted = predictedClasses(logits);
      const regularizers = this.#leaves.flatMap(({ losses: all }) => all.map((each) => each()));
      const entropy = div<Scalar>(sum(crossEntropies(labels, logits)), labels.shape[0]);
      return regularizers.length === 0 ? entropy : addN<Scalar>([entropy, ...regularizers]);
    };
    const { value, grads } = withTape(() => unlessAborted(signal, () => variableGrads(lossOf, [...this.trainable])));
    const loss = numberOf(value);
    value.dispose();
    return { gradients: grads, loss, predicted };
  }

  /** Loss and predictions, with population statistics. */
  evaluate({ pictures, labels }: Batch, options: Pick<AnswerOptions, "features"> = {}): BatchEvaluation {
    return tidy(() => {
      const { logits, inputs } = this.#forward(pictures, { kind: "evaluation" });
      const entropies = crossEntropies(labels, logits).dataSync<"float32">();
      const loss = entropies.reduce((total, entropy) => total + entropy, 0) / entropies.length;
      const probabilities = softmax(logits).dataSync<"float32">();
      return {
        loss,
        losses: entropies,
        predicted: predictedClasses(logits),
        probabilities,
        features: this.#features(inputs, options),
      };
    });
  }

  /** Probabilities `[batch, classes]` for the pictures `[batch, height, width, channels]`. */
  probabilities(pictures: Tensor4D): Float32Array {
    return this.answer(pictures).probabilities;
  }

  /** Probabilities and features for the pictures `[batch, height, width, channels]`, with population statistics. */
  answer(pictures: Tensor4D, options: AnswerOptions = {}): BatchAnswer {
    let attention: BatchAnswer["attention"];
    const answer = tidy(() => {
      const { logits, inputs } = this.#forward(pictures, { kind: "evaluation" });
      const probabilities = softmax(logits).dataSync<"float32">();
      const features = this.#features(inputs, options);
      const classes = options.attention?.(probabilities);
      if (classes !== undefined) attention = this.#attention(pictures, classes, inputs);
      return { probabilities, features };
    });
    return { ...answer, attention };
  }

  #features(inputs: readonly Tensor[], { features = false }: AnswerOptions): Float32Array[] {
    if (!features) return [];
    return inputs
      .filter((_, index) => this.#isBetween[index])
      .flatMap(statisticsOf)
      .map((each) => each.dataSync<"float32">());
  }

  /**
   * Where the network finds the classes `classes` in the pictures, one class per picture: Grad-CAM at its last feature map.
   *
   * @param pictures `[batch, height, width, channels]`
   * @returns a map per picture; undefined for a network without a feature map
   */
  attention(pictures: Tensor4D, classes: ArrayLike<number>): readonly AttentionMap[] | undefined {
    return this.#attention(pictures, classes);
  }

  #attention(
    pictures: Tensor4D,
    classes: ArrayLike<number>,
    inputs?: readonly Tensor[],
  ): readonly AttentionMap[] | undefined {
    try {
      return attentionOf(this.#stages, this.#operations, pictures, classes, inputs);
    } finally {
      disposeCellMasks(this.#cells);
    }
  }

  /**
   * Minimum number of pictures per step: 2 if a BatchNorm layer has a single value per channel and picture, which alone would
   * always be normalized to 0.
   */
  minBatch(): 1 | 2 {
    const [, ...shape] = this.network.inputs[0]?.shape ?? [];
    let lowest = Number.POSITIVE_INFINITY;
    tidy(() => {
      this.#forward(zeros<Rank.R4>([1, ...shape] as Tensor4D["shape"]), {
        kind: "statistics",
        report: (_, { count }) => (lowest = Math.min(lowest, count)),
      });
    });
    return lowest === 1 ? 2 : 1;
  }

  /**
   * @param weights weights of the network. Default: all, including population statistics
   * @throws {TrainerError} `LOSS_NOT_FINITE` if one has values that are NaN or infinite
   * @internal
   */
  checkFinite(weights: readonly Tensor[] = this.weights): void {
    if (!this.#operations.areFinite([...weights])) throw notFinite("finite weights and statistics", "others");
  }

  /** Population statistics to accumulate over batches; see `PopulationStatistics`. @internal */
  populationStatistics(): PopulationStatistics {
    return new PopulationStatistics((pictures, report) => this.#forward(pictures, { kind: "statistics", report }));
  }

  #forward(pictures: Tensor4D, pass: Pass): Output {
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

function predictedClasses(logits: Tensor2D): Int32Array<ArrayBuffer> {
  return Int32Array.from(argMax(logits, 1).dataSync());
}

/** Means and standard deviations of the channels of `[batch, ..., channels]` over all places; `[batch, values]` as they are. */
function statisticsOf(values: Tensor): readonly Tensor[] {
  if (values.rank < 3) return [values];
  const { mean, variance } = moments(
    values,
    Array.from({ length: values.rank - 2 }, (_, index) => index + 1),
  );
  return [mean, sqrt(variance)];
}

/** Error for a training that has diverged. */
export function notFinite(expected: string, found: number | string): TrainerError {
  return new TrainerError(
    "LOSS_NOT_FINITE",
    `Expected ${expected}, but found ${found}: the training has diverged`,
    "Resume from the last checkpoint if this is a one-off; otherwise train with another seed.",
  );
}
