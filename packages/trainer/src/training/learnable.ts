// Trainings that cannot learn, found before their first step.

import { TrainerError } from "../values/errors.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import type { Split } from "../dataset/split.ts";

/**
 * @param training the pictures to learn from
 * @param batch pictures a step
 * @param leastBatch pictures that a step of the network needs: `Classifier.leastBatch`
 * @throws {TrainerError} `CANNOT_LEARN` for pictures that are all the same, and for steps of too few pictures
 */
export function checkLearnable(training: PictureSet, batch: number, leastBatch: number): void {
  if (batch < leastBatch) {
    throw new TrainerError(
      "CANNOT_LEARN",
      `Expected a batch of at least ${leastBatch}, but received ${batch}: at this size a BatchNormalization layer has one ` +
        "value of a channel to normalize, and gives the same for every picture",
      "Use --batch 2 or more, or a larger --size.",
    );
  }
  const [first, ...others] = Array.from({ length: training.size }, (_, index) => training.at(index).pixels);
  if (first !== undefined && others.every((pixels) => pixels.every((byte, index) => byte === first[index]))) {
    throw new TrainerError(
      "CANNOT_LEARN",
      `Expected training pictures that differ, but all ${training.size} give the same silhouette`,
      "Look at the pictures: each has to show its object lighter or darker than the background.",
    );
  }
}

/**
 * @param labels the classes
 * @param counts pictures of each class, by split
 * @throws {TrainerError} `ONE_CLASS_IN_TRAINING`, `CLASS_UNTESTED`
 */
export function checkCounts(labels: readonly string[], counts: Readonly<Record<Split, readonly number[]>>): void {
  const without = (split: Split): readonly string[] => labels.filter((_, index) => (counts[split][index] ?? 0) === 0);
  const untrained = without("train");
  if (labels.length - untrained.length < 2) {
    throw new TrainerError(
      "ONE_CLASS_IN_TRAINING",
      `Expected training pictures of at least two classes, but there are none of ${untrained.join(", ")}`,
      "Add pictures of these classes to those for training.",
    );
  }
  if (without("test").length === labels.length) {
    throw new TrainerError(
      "CLASS_UNTESTED",
      "Expected test pictures of at least one class, but there are none",
      "Add pictures for the test: what is not tested is not known.",
    );
  }
}
