// The predictions for the test pictures as a table for spreadsheets and data frames: CSV (RFC 4180) in UTF-8.

import type { LabeledPrediction } from "../../training/evaluate-pictures.ts";
import { writeWhole } from "./whole-file.ts";

/**
 * Writes a line per prediction: `path`, `actual`, `predicted`, and for each class `probability_<class>`, 0 to 1.
 *
 * @param labels the classes, in the order of the probabilities
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function writePredictions(
  path: string,
  labels: readonly string[],
  answers: readonly LabeledPrediction[],
): Promise<void> {
  await writeWhole(path, "the table of predictions", [Buffer.from(predictionsCsv(labels, answers))]);
}

/** The text of the table. */
export function predictionsCsv(labels: readonly string[], answers: readonly LabeledPrediction[]): string {
  return csvText([predictionColumns(labels), ...answers.map(predictionFields)]);
}

/** The names of the columns. */
export function predictionColumns(labels: readonly string[]): readonly string[] {
  return ["path", "actual", "predicted", ...labels.map((label) => `probability_${label}`)];
}

/** The fields of a line. */
export function predictionFields({
  path,
  label,
  predicted,
  probabilities,
}: Pick<LabeledPrediction, "path" | "label" | "predicted" | "probabilities">): readonly string[] {
  return [path, label, predicted, ...probabilities.map(String)];
}

/** A table as text. Lines end with a line feed, as Python's and R's libraries write them on Linux and macOS. */
export function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((fields) => `${fields.map(quoted).join(",")}\n`).join("");
}

/** RFC 4180: fields with commas, quotes or line breaks are quoted, and quotes within them are doubled. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
