// The predictions for the test pictures as a table for spreadsheets and data frames: CSV (RFC 4180) in UTF-8.

import { csvText, parseTable, type CsvRow, type TablePurpose } from "../values/csv-table.ts";
import { TrainerError, type TrainerErrorCode } from "../values/errors.ts";

/** A line of the table: a model's prediction for a labeled picture. */
export interface RecordedPrediction {
  /** Path of the picture, as in the dataset. */
  readonly path: string;
  /** The actual class. */
  readonly label: string;
  /** The predicted class. */
  readonly predicted: string;
  /** Probability of each class, in the order of the labels, 0 to 1. */
  readonly probabilities: readonly number[];
}

/** The table in errors. */
export const PREDICTIONS = "predictions";

/** What predictions are for, in errors. */
export interface PredictionsPurpose extends Pick<TablePurpose, "unreadable" | "hint"> {
  /** Code if they are for other classes. */
  readonly mismatch: TrainerErrorCode;
}

/**
 * Reads the table of {@link predictionsHead}, also with further columns or classes.
 *
 * @param path of the table, for messages
 * @param labels the classes, in the order of the probabilities
 * @throws {TrainerError} with the codes of `purpose`
 */
export function parsePredictions(
  table: string,
  path: string,
  labels: readonly string[],
  purpose: PredictionsPurpose,
): readonly RecordedPrediction[] {
  const { unreadable, mismatch, hint } = purpose;
  const about = { ...purpose, what: PREDICTIONS, columns: ["path", "actual", "predicted"] };
  let known: readonly string[] = [];
  /** One string for each class, instead of one for each row. */
  const classOf = (name: string | undefined): string | undefined => known.find((each) => each === name);
  return parseTable(table, path, about, (row, index) => {
    if (index === 0) known = classesIn(row);
    if (index === 0 && !labels.every((label) => known.includes(label))) {
      throw new TrainerError(
        mismatch,
        `Expected probabilities of ${labels.join(", ")} in ${path}, but found only those of ${known.join(", ")}`,
        hint,
      );
    }
    const { path: name = "" } = row;
    const [label, predicted] = [classOf(row.actual), classOf(row.predicted)];
    const probabilities = labels.map((each) => probabilityOf(row[PROBABILITY + each]));
    const areWhole = probabilities.every((each) => each >= 0 && each <= 1);
    if (name === "" || label === undefined || predicted === undefined || !areWhole) {
      throw new TrainerError(
        unreadable,
        `Expected a path, two classes and their probabilities from 0 to 1 in each row of ${path}, but row ${index + 1} has others`,
        hint,
      );
    }
    return { path: name, label, predicted, probabilities };
  });
}

/** The classes whose probabilities a table has. */
function classesIn(row: CsvRow): readonly string[] {
  return Object.keys(row).flatMap((name) => (name.startsWith(PROBABILITY) ? [name.slice(PROBABILITY.length)] : []));
}

/** Beginning of the names of the columns with probabilities. */
const PROBABILITY = "probability_";

/** NaN if it is none. */
function probabilityOf(field: string | undefined): number {
  return field === undefined || field.trim() === "" ? Number.NaN : Number(field);
}

/**
 * The first line of the table, which has a line per prediction with `path`, `actual`, `predicted`, and for each class
 * `probability_<class>`, 0 to 1.
 *
 * @param labels the classes, in the order of the probabilities
 */
export function predictionsHead(labels: readonly string[]): string {
  return csvText([predictionColumns(labels)]);
}

/** Further lines of the table. */
export function predictionLines(answers: readonly RecordedPrediction[]): string {
  return csvText(answers.map(predictionFields));
}

/** The names of the columns. */
export function predictionColumns(labels: readonly string[]): readonly string[] {
  return ["path", "actual", "predicted", ...labels.map((label) => PROBABILITY + label)];
}

/** The fields of a line. */
export function predictionFields({ path, label, predicted, probabilities }: RecordedPrediction): readonly string[] {
  return [path, label, predicted, ...probabilities.map(String)];
}
