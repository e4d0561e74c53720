// A run's history for TensorBoard: two event files, of training and of validation, whose scalars have the names that Keras gives them.
//
// In: the time when the run was created, and its epochs. Out: the files' bytes, which follow from the input alone: an event's time is
// that of the creation plus the seconds of the epochs so far, so pauses between a stop and its resumption do not count.

import { eventFileStart, scalarsEvent } from "@silhouette/training-wasm/event-file";

import type { RunConfig } from "./run-config.ts";
import type { EpochRecord } from "./state.ts";
import { joined } from "../values/checksum.ts";

/** The event files of a run, as bytes. */
export interface EventFiles {
  /** `epoch_loss`, `epoch_accuracy` and `epoch_learning_rate`, a step per epoch, counted from 1. */
  readonly train: Uint8Array;
  /** `epoch_loss` and `epoch_accuracy` of the epochs that were validated; undefined if none were. */
  readonly validation: Uint8Array | undefined;
}

/** Encodes a history. One that is longer has the bytes of the shorter one at its start. */
export function encodeEvents({ created }: Pick<RunConfig, "created">, history: readonly EpochRecord[]): EventFiles {
  const begin = Date.parse(created) / 1000;
  const train = [eventFileStart(begin)];
  const validation = [eventFileStart(begin)];
  let wallTime = begin;
  for (const { epoch, loss, accuracy, valLoss, valAccuracy, learningRate, seconds } of history) {
    wallTime += seconds;
    const time = { wallTime, step: epoch };
    train.push(
      scalarsEvent(time, [
        ["epoch_loss", loss],
        ["epoch_accuracy", accuracy],
        ["epoch_learning_rate", learningRate],
      ]),
    );
    if (valLoss === null || valAccuracy === null) continue;
    validation.push(
      scalarsEvent(time, [
        ["epoch_loss", valLoss],
        ["epoch_accuracy", valAccuracy],
      ]),
    );
  }
  return { train: joined(train), validation: validation.length > 1 ? joined(validation) : undefined };
}
