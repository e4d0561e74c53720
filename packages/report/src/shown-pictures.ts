// Which test pictures a report shows: mistakes first, then some correct answers of each class.

import type { RecordedPrediction } from "@silhouette/trainer/browser";

/** Maximum number of incorrect predictions. A picture takes about 8 KB of a page. */
const INCORRECT = 200;

/** Maximum number of correct predictions, of all classes and of each. */
const CORRECT = { all: 100, each: 4 };

/**
 * Indices of the predictions to show, in their order: all incorrect ones, or the most confident ones of each cell of the confusion matrix
 * if there are more than 200; of each class, the four least confident correct ones, or fewer if there are more than 25 classes.
 */
export function shownPictures(predictions: readonly RecordedPrediction[]): readonly number[] {
  const all = predictions.map((prediction, index) => ({
    ...prediction,
    index,
    sure: Math.max(...prediction.probabilities),
  }));
  const incorrect = all.filter(({ label, predicted }) => label !== predicted);
  const correct = all.filter(({ label, predicted }) => label === predicted);
  const shown = [
    ...inTurns(
      incorrect.toSorted((one, other) => other.sure - one.sure),
      INCORRECT,
      Infinity,
    ),
    ...inTurns(
      correct.toSorted((one, other) => one.sure - other.sure),
      CORRECT.all,
      CORRECT.each,
    ),
  ];
  return shown.map(({ index }) => index).toSorted((one, other) => one - other);
}

/** The first `most` pictures: the first of each cell, then the second of each, up to `each` per cell. */
function inTurns<Picture extends RecordedPrediction>(
  pictures: readonly Picture[],
  most: number,
  each: number,
): readonly Picture[] {
  const turns = new Map<string, number>();
  const numbered = pictures.map((picture) => {
    const cell = JSON.stringify([picture.label, picture.predicted]);
    const turn = turns.get(cell) ?? 0;
    turns.set(cell, turn + 1);
    return { picture, turn };
  });
  return numbered
    .filter(({ turn }) => turn < each)
    .toSorted((one, other) => one.turn - other.turn)
    .slice(0, most)
    .map(({ picture }) => picture);
}
