// Reads tables of predictions; training/predictions-table.ts defines the format.

import {
  parsePredictions,
  PREDICTIONS,
  type PredictionsPurpose,
  type RecordedPrediction,
} from "../../training/predictions-table.ts";
import type { TrainerErrorCode } from "../../values/errors.ts";
import { readTableText } from "./csv-table.ts";

/**
 * Reads the table of a run or a cross-validation.
 *
 * @param labels the classes, in the order of the probabilities
 * @param purpose with the code of the error if there is no table
 * @throws {TrainerError} with the codes of `purpose`
 */
export async function readPredictions(
  path: string,
  labels: readonly string[],
  purpose: PredictionsPurpose & { readonly missing: TrainerErrorCode },
): Promise<readonly RecordedPrediction[]> {
  return parsePredictions(await readTableText(path, { ...purpose, what: PREDICTIONS }), path, labels, purpose);
}
