// Whether a network has learned its training pictures by heart.

import { wilsonInterval } from "./metrics.ts";
import type { EpochRecord } from "./state.ts";

/** Accuracy by which training and validation may part: the pictures of the two are never quite alike. */
const TOLERANCE = 0.05;

/**
 * Whether an epoch's accuracy on the training pictures is higher than on the validation pictures by more than 5 points and by more than
 * chance explains: above the 95 % interval of the latter.
 *
 * @param validationPictures number of validation pictures
 */
export function isOverfitted(
  { accuracy, valAccuracy }: Pick<EpochRecord, "accuracy" | "valAccuracy">,
  validationPictures: number,
): boolean {
  if (valAccuracy === null || validationPictures === 0) return false;
  const [, high] = wilsonInterval(Math.round(valAccuracy * validationPictures), validationPictures);
  return accuracy > high && accuracy - valAccuracy > TOLERANCE;
}
