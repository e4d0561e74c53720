// Trainings that cannot learn, found before their first step.

import { TrainerError } from "../values/errors.ts";
import type { PictureSet } from "../dataset/picture-set.ts";

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
