// A classifier with its optimizer: the training step, and the state of both that a checkpoint stores.

import { tidy, type Variable } from "@tensorflow/tfjs-core";
import type { LayerVariable } from "@tensorflow/tfjs-layers";

import type { Backend, NetworkOperations } from "../backend/operations.ts";
import type { Batch } from "../network/batch.ts";
import { notFinite, type BatchResult, type Classifier } from "../network/classifier.ts";
import { assignValues, namedValues } from "../network/weights.ts";
import { Damage } from "../values/errors.ts";
import type { Generator } from "../values/generator.ts";
import { AveragedWeights } from "./averaged-weights.ts";
import { clip } from "./clip-norm.ts";
import type { Recipe } from "./recipe.ts";
import { ARTICLE } from "./recipes.ts";
import type { LearnerState } from "./state.ts";
import { VariableOptimizer } from "./variable-optimizer.ts";

/** Options for a step. */
export interface StepOptions {
  /** Draws dropout masks and noise. */
  readonly generator: Generator;
  /** Learning rate of the optimizer. */
  readonly learningRate: number;
  /** Aborts the step while its gradients are computed, before any weight is changed. */
  readonly signal?: AbortSignal | undefined;
}

/** The part of a recipe that says how gradients change weights. */
export type LearnerRecipe = Pick<Recipe, "optimizer" | "clipNorm" | "averagedWeights">;

/** A trainable classifier. Dispose of it after use; this does not dispose of the network. */
export class Learner {
  /** The classifier. Its variables are trained in place. */
  readonly classifier: Classifier;
  readonly #operations: NetworkOperations;
  readonly #constrained: readonly LayerVariable[];
  readonly #optimizer: VariableOptimizer;
  readonly #clipNorm: number | null;
  readonly #averages: AveragedWeights | undefined;

  /**
   * Creates a learner for `classifier`, whose variables are on the given backend.
   *
   * @param recipe how steps change weights. Default: the reference article's
   */
  constructor(
    classifier: Classifier,
    { operations }: Backend,
    { optimizer, clipNorm, averagedWeights }: LearnerRecipe = ARTICLE,
  ) {
    this.classifier = classifier;
    this.#operations = operations;
    const { trainableWeights } = classifier.network;
    this.#constrained = trainableWeights.filter(({ constraint }) => (constraint ?? undefined) !== undefined);
    this.#clipNorm = clipNorm;
    this.#optimizer = new VariableOptimizer(optimizer, classifier.trainable, operations);
    this.#averages = averagedWeights === null ? undefined : new AveragedWeights(averagedWeights, classifier.trainable);
  }

  /**
   * Trains one step, applies the constraints of the weights, and adds these to their averages.
   *
   * @throws {TrainerError} `LOSS_NOT_FINITE` before any weight is changed, or if a constraint makes one NaN or infinite; and
   * the signal's reason
   */
  train(batch: Batch, { generator, learningRate, signal }: StepOptions): BatchResult {
    const { gradients, ...result } = this.classifier.gradients(batch, { kind: "training", generator }, signal);
    try {
      if (!Number.isFinite(result.loss)) throw notFinite("a finite loss", result.loss);
      // The loss may hide it: TensorFlow.js' ReLU turns a NaN with a set sign bit into 0.
      if (!this.#operations.areFinite(Object.values(gradients))) throw notFinite("finite gradients", "others");
      if (this.#clipNorm !== null) clip(gradients, this.#clipNorm);
      this.#optimizer.apply(gradients, learningRate);
      for (const weight of this.#constrained) constrain(weight);
      this.classifier.checkFinite(this.#constrained.map((weight) => weight.read()));
      this.#averages?.add(this.#optimizer.step);
      return result;
    } finally {
      for (const gradient of Object.values(gradients)) gradient.dispose();
    }
  }

  /** Returns the result of `use`, meanwhile with averaged weights in the network if the recipe averages them. */
  async averaged<Result>(use: () => Promise<Result>): Promise<Result> {
    this.#averages?.swap();
    try {
      return await use();
    } finally {
      this.#averages?.swap();
    }
  }

  /** A copy of the state of weights, optimizer and averages. */
  state(): LearnerState {
    return {
      weights: namedValues(this.classifier.weights),
      optimizer: this.#optimizer.state(),
      averages: this.#averages?.values() ?? [],
    };
  }

  /** @throws {Damage} if the state belongs to another network */
  restore({ weights, optimizer, averages }: LearnerState): void {
    assignValues(this.classifier.weights, weights);
    this.#optimizer.restore(optimizer);
    if (this.#averages !== undefined) this.#averages.restore(averages);
    else if (averages.length > 0) throw new Damage("it has averages of weights, but this training has none");
  }

  /** Frees the optimizer and the averages. */
  dispose(): void {
    this.#averages?.dispose();
    this.#optimizer.dispose();
  }
}

/** Applies a weight's constraint: `LayerVariable.write` does so only for another tensor than its own. */
function constrain(weight: LayerVariable): void {
  tidy(() => {
    const variable = weight.read() as Variable;
    variable.assign(weight.constraint.apply(variable));
  });
}
