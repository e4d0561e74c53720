// Finds labels that are probably wrong by the predictions of networks that have not learned from the pictures: confident learning
// (Northcutt, Jiang and Chuang 2021, https://doi.org/10.1613/jair.1.12125).

/** A picture's label and its out-of-sample prediction. */
export interface PredictedLabel {
  /** Index of the class that the picture is labeled as. */
  readonly label: number;
  /** Probability of each class, 0 to 1. */
  readonly probabilities: readonly number[];
}

/** A label that is probably wrong. */
export interface LabelIssue {
  /** Index of the picture. */
  readonly index: number;
  /** Index of the class that it is confidently predicted as. */
  readonly predicted: number;
  /** Probability of that class. */
  readonly probability: number;
  /** Probability of that class, less the probability of the label: 0 to 1. */
  readonly margin: number;
  /** Whether the label is as improbable as for pictures of other classes: at most their mean probability of it. */
  readonly isRuledOut: boolean;
}

/** Rounding of probabilities that still counts as equal to a threshold. */
const ROUNDING = 1e-6;

/**
 * Selects labels that are probably wrong: those off the diagonal of the confident joint whose prediction differs from the label. The
 * threshold t_j of class j is the mean probability of j among the pictures labeled j. A picture is confidently of class j if its
 * probability of j is at least t_j; of several such classes, the most probable counts. It is the selection `confident_learning` of
 * cleanlab's `find_label_issues`.
 *
 * @param predictions of pictures that the networks have not learned from
 * @param classes number of classes
 * @returns the largest margin first
 */
export function labelIssues(predictions: readonly PredictedLabel[], classes: number): readonly LabelIssue[] {
  const thresholds = meanProbabilities(predictions, classes, (label, each) => label === each);
  const ofOthers = meanProbabilities(predictions, classes, (label, each) => label !== each);
  const issues = predictions.flatMap(({ label, probabilities }, index) => {
    const confident = probabilities.flatMap((probability, each) =>
      probability >= (thresholds[each] ?? Infinity) - ROUNDING ? [each] : [],
    );
    const [only, another] = confident;
    const predicted = largestOf(probabilities);
    const truth = another === undefined ? only : predicted;
    if (truth === undefined || truth === label || predicted === label) return [];
    const [probability, own] = [probabilities[truth] ?? 0, probabilities[label] ?? 0];
    const isRuledOut = own <= (ofOthers[label] ?? 0);
    return [{ index, predicted: truth, probability, margin: probability - own, isRuledOut }];
  });
  return issues.toSorted((one, other) => other.margin - one.margin || one.index - other.index);
}

/** Mean probability of each class among the pictures whose labels `belong`; infinite for a class without such pictures. */
function meanProbabilities(
  predictions: readonly PredictedLabel[],
  classes: number,
  belongs: (label: number, each: number) => boolean,
): readonly number[] {
  return Array.from({ length: classes }, (_, each) => {
    let [sum, pictures] = [0, 0];
    for (const { label, probabilities } of predictions) {
      if (!belongs(label, each)) continue;
      sum += probabilities[each] ?? 0;
      pictures++;
    }
    return pictures === 0 ? Infinity : sum / pictures;
  });
}

function largestOf(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value > (values[best] ?? -Infinity) ? index : best), 0);
}
