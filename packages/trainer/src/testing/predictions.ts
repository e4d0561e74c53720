// For tests: all predictions of an evaluation, which hands them on batch by batch.

import { evaluate, type EvaluateOptions, type Evaluation } from "../node/evaluate.ts";
import type { LabeledPrediction } from "../training/example-predictions.ts";

/** The result of an evaluation, with all predictions. */
export async function evaluated(
  options: EvaluateOptions,
): Promise<Evaluation & { readonly predictions: readonly LabeledPrediction[] }> {
  const predictions: LabeledPrediction[] = [];
  const evaluation = await evaluate({ ...options, onPredictions: (some) => void predictions.push(...some) });
  return { ...evaluation, predictions };
}
