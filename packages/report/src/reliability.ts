// A reliability diagram: how probable answers were, and how often they were correct.

import type { RecordedPrediction } from "@silhouette/trainer/browser";

import type { CalibrationBin, CalibrationReport } from "./report-data.ts";

/** Number of bins. */
const BINS = 10;

/**
 * Answers by the probability of the predicted class, in ten equal bins, and their expected calibration error (M. P. Naeini, G. F. Cooper
 * and M. Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015).
 */
export function reliabilityOf(predictions: readonly RecordedPrediction[]): Pick<CalibrationReport, "bins" | "error"> {
  const answers = predictions.map(({ label, predicted, probabilities }) => ({
    isCorrect: label === predicted,
    probability: Math.max(...probabilities),
  }));
  const bins = Array.from({ length: BINS }, (_, index): CalibrationBin => {
    const [from, to] = [index / BINS, (index + 1) / BINS];
    // A probability of 0 is only possible if there are no classes; rounding may give a little more than 1.
    const own = answers.filter(({ probability }) => Math.min(Math.ceil(BINS * probability), BINS) === index + 1);
    const sum = own.reduce((total, { probability }) => total + probability, 0);
    return {
      from,
      to,
      pictures: own.length,
      correct: own.filter(({ isCorrect }) => isCorrect).length,
      probability: own.length === 0 ? null : sum / own.length,
    };
  });
  const gaps = bins.map(({ pictures, correct, probability }) => Math.abs(correct - pictures * (probability ?? 0)));
  return { bins, error: gaps.reduce((total, gap) => total + gap, 0) / Math.max(1, answers.length) };
}
