// The predictions that a run or a cross-validation has recorded in its predictions.csv, as written by predictions-file.ts.

import { join } from "node:path";

import { TrainerError } from "../../values/errors.ts";
import { readTable } from "./csv-table.ts";

/** A recorded prediction for a picture that the network has not learned from. */
export interface RecordedPrediction {
  readonly path: string;
  /** The class that the picture was labeled as. */
  readonly actual: string;
  /** Probability of each class, in the order that was asked for. */
  readonly probabilities: readonly number[];
}

const WRITE_THEM =
  "Name the folder of a finished run, or better of silhouette crossvalidate, which predicts every picture.";

/**
 * Reads the predictions of `run`.
 *
 * @param run folder of a run or of a cross-validation
 * @param labels classes, in the order of the probabilities that are returned
 * @throws {TrainerError} `PREDICTIONS_NOT_FOUND`, `PREDICTIONS_DAMAGED`; `LABELS_MISMATCH` for other classes
 */
export async function readPredictions(run: string, labels: readonly string[]): Promise<readonly RecordedPrediction[]> {
  const path = join(run, "predictions.csv");
  const rows = await readTable(path, {
    what: "predictions",
    columns: ["path", "actual"],
    missing: "PREDICTIONS_NOT_FOUND",
    unreadable: "PREDICTIONS_DAMAGED",
    hint: WRITE_THEM,
  });
  const known = Object.keys(rows[0] ?? {}).flatMap((name) =>
    name.startsWith(PROBABILITY) ? [name.slice(PROBABILITY.length)] : [],
  );
  const missing = labels.filter((label) => !known.includes(label));
  if (rows.length > 0 && missing.length > 0) {
    throw new TrainerError(
      "LABELS_MISMATCH",
      `Expected probabilities of ${labels.join(", ")} in ${path}, but found only those of ${known.join(", ")}`,
      "Name a run that was trained on this source.",
    );
  }
  return rows.map((row, index) => {
    const probabilities = labels.map((label) => Number(row[PROBABILITY + label]));
    if (row["path"] === undefined || !probabilities.every((each) => each >= 0 && each <= 1)) {
      throw new TrainerError(
        "PREDICTIONS_DAMAGED",
        `Expected a path and probabilities from 0 to 1 in ${path}, but row ${index + 1} has others`,
        "Restore the file, or run the training again.",
      );
    }
    return { path: row["path"], actual: row["actual"] ?? "", probabilities };
  });
}

/** Beginning of the names of the columns with probabilities. */
const PROBABILITY = "probability_";
