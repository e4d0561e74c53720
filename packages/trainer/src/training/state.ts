// State and history of a training.

import type { NamedValues } from "../network/weights.ts";
import type { OptimizerState } from "./variable-optimizer.ts";

/** State of a learner: weights, optimizer and averages. */
export interface LearnerState {
  /** All weights of the network, in the order of its layers. */
  readonly weights: readonly NamedValues[];
  /** The optimizer's steps so far, and what it keeps of each trainable weight. */
  readonly optimizer: OptimizerState;
  /** The moving average of each trainable weight; empty if the recipe averages none. */
  readonly averages: readonly NamedValues[];
}

/** Position of a training within its epochs. */
export interface Position {
  /** Number of completed epochs. */
  readonly epoch: number;
  /** The current epoch's pictures, in order; empty between epochs. */
  readonly order: Int32Array;
  /** Number of completed batches of the current epoch. */
  readonly batchesDone: number;
  /** Sums of the current epoch so far. */
  readonly sums: {
    /** Sum of the pictures' losses, as trained. */
    readonly loss: number;
    /** Number of correct predictions. */
    readonly correct: number;
    /** Number of pictures. */
    readonly pictures: number;
    /** Duration in seconds. */
    readonly seconds: number;
  };
}

/** Before the first epoch. */
export const START: Position = {
  epoch: 0,
  order: new Int32Array(),
  batchesDone: 0,
  sums: { loss: 0, correct: 0, pictures: 0, seconds: 0 },
};

/** The state of a training. */
export interface Checkpoint extends LearnerState, Position {
  /** All weights of the best epoch, as they were evaluated; empty before the first epoch, and if the model is the last one. */
  readonly best: readonly NamedValues[];
  /** `Generator.state`. */
  readonly generator: readonly number[];
  /** `historyChecksum` of the completed epochs. */
  readonly history: string;
}

/** Results of an epoch. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean loss per training picture, in nats: cross-entropy with the recipe's class weights and label smoothing. */
  readonly loss: number;
  /** Accuracy on training pictures, 0 to 1. */
  readonly accuracy: number;
  /** Mean cross-entropy per validation picture, in nats; null if there are none. */
  readonly valLoss: number | null;
  /** Accuracy on validation pictures, 0 to 1; null if there are none. */
  readonly valAccuracy: number | null;
  /** Learning rate of the epoch's last step. */
  readonly learningRate: number;
  /** Duration of the epoch in seconds. */
  readonly seconds: number;
}

/** The loss by which epochs are compared: the validation loss, or the training loss without validation pictures. NaN is worst. */
export function comparedLoss({ loss, valLoss }: EpochRecord): number {
  const compared = valLoss ?? loss;
  return Number.isNaN(compared) ? Number.POSITIVE_INFINITY : compared;
}

/**
 * The epoch with the lowest validation loss, or the lowest training loss without validation pictures; the first one of equal
 * epochs. Undefined before the first epoch.
 */
export function bestEpoch(history: readonly EpochRecord[]): number | undefined {
  let best: EpochRecord | undefined;
  for (const each of history) if (best === undefined || comparedLoss(each) < comparedLoss(best)) best = each;
  return best?.epoch;
}
