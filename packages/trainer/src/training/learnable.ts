// Rejects trainings that cannot learn, before their first step.

import { TrainerError } from "../values/errors.ts";
import { orLeaveOutFewer } from "../dataset/leave-out.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import type { Split } from "../dataset/split.ts";

/**
 * @param training the training pictures
 * @param batch pictures per step
 * @param minBatch minimum number of pictures per step: `Classifier.minBatch`
 * @throws {TrainerError} `CANNOT_LEARN` if all pictures are equal, or steps have too few pictures
 */
export function checkLearnable(training: PictureSet, batch: number, minBatch: number): void {
  if (batch < minBatch) {
    throw new TrainerError(
      "CANNOT_LEARN",
      `Expected a batch of at least ${minBatch}, but received ${batch}: a BatchNormalization layer would normalize a single ` +
        "value per channel, and its output would be the same for every picture",
      "Use --batch 2 or more, or a larger --size.",
    );
  }
  if (training.size > 0 && training.areEqual) {
    throw new TrainerError(
      "CANNOT_LEARN",
      `Expected training pictures that differ, but all ${training.size} give the same silhouette`,
      "Check the pictures: each must show its object lighter or darker than the background.",
    );
  }
}

/**
 * @param labels class names
 * @param counts number of pictures per class, by split
 * @param leaveOut files that were left out
 * @throws {TrainerError} `ONE_CLASS_IN_TRAINING`, `CLASS_UNTESTED`
 */
export function checkCounts(
  labels: readonly string[],
  counts: Readonly<Record<Split, readonly number[]>>,
  leaveOut: readonly string[],
): void {
  const without = (split: Split): readonly string[] => labels.filter((_, index) => (counts[split][index] ?? 0) === 0);
  const untrained = without("train");
  if (labels.length - untrained.length < 2) {
    throw new TrainerError(
      "ONE_CLASS_IN_TRAINING",
      `Expected training pictures of at least two classes, but there are none of ${untrained.join(", ")}`,
      `Add training pictures of these classes.${orLeaveOutFewer(leaveOut)}`,
    );
  }
  if (without("test").length === labels.length) {
    throw new TrainerError(
      "CLASS_UNTESTED",
      "Expected test pictures of at least one class, but there are none",
      `Add test pictures: without them the accuracy is unknown.${orLeaveOutFewer(leaveOut)}`,
    );
  }
}
