// Where a training is, and what it has come to.

import type { LearnerState } from "./learner.ts";

/** Where a training is within its epochs. */
export interface Position {
  /** Epochs that are complete. */
  readonly epoch: number;
  /** Order of this epoch's pictures; empty between epochs. */
  readonly order: Int32Array;
  /** Batches of this epoch that are done. */
  readonly batchesDone: number;
  /** Of this epoch so far. */
  readonly sums: {
    /** Sum of the pictures' losses. */
    readonly loss: number;
    /** Right answers. */
    readonly correct: number;
    /** Number of pictures. */
    readonly pictures: number;
    /** Duration so far. */
    readonly seconds: number;
  };
}

/** Before the first epoch. */
export const BEGINNING: Position = {
  epoch: 0,
  order: new Int32Array(),
  batchesDone: 0,
  sums: { loss: 0, correct: 0, pictures: 0, seconds: 0 },
};

/** The state of a training. */
export interface Checkpoint extends LearnerState, Position {
  /** `Generator.state`. */
  readonly generator: readonly number[];
  /** `historyChecksum` of the epochs that are complete. */
  readonly history: string;
}

/** What an epoch came to. */
export interface EpochRecord {
  /** From 1 on. */
  readonly epoch: number;
  /** Mean cross-entropy of a training picture, in nats. */
  readonly loss: number;
  /** Share of right answers to training pictures, 0 to 1. */
  readonly accuracy: number;
  /** Mean cross-entropy of a validation picture, in nats; null if there are none. */
  readonly valLoss: number | null;
  /** Share of right answers to validation pictures, 0 to 1; null if there are none. */
  readonly valAccuracy: number | null;
  /** Seconds that the epoch took. */
  readonly seconds: number;
}

/**
 * The epoch whose validation loss is the lowest, or training loss if there are no validation pictures: the first of equal
 * ones. Undefined before the first epoch.
 */
export function bestEpoch(history: readonly EpochRecord[]): number | undefined {
  const lossOf = ({ loss, valLoss }: EpochRecord): number => {
    const judged = valLoss ?? loss;
    return Number.isNaN(judged) ? Number.POSITIVE_INFINITY : judged;
  };
  let best: EpochRecord | undefined;
  for (const each of history) if (best === undefined || lossOf(each) < lossOf(best)) best = each;
  return best?.epoch;
}
