// What a model says of each test picture, as a table that spreadsheets and data frames read: CSV by RFC 4180, in UTF-8.

import type { LabeledPrediction } from "../../training/evaluate-pictures.ts";
import { writeWhole } from "./whole-file.ts";

/**
 * Writes a line for each answer: `path`, `actual`, `predicted`, and for each class `probability_<class>`, 0 to 1.
 *
 * @param labels the classes, in the order of the answers' probabilities
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function writePredictions(
  path: string,
  labels: readonly string[],
  answers: readonly LabeledPrediction[],
): Promise<void> {
  await writeWhole(path, "the table of predictions", [Buffer.from(predictionsCsv(labels, answers))]);
}

/** The table's text; lines end with a line feed, as Python's and R's libraries write them on Linux and macOS. */
export function predictionsCsv(labels: readonly string[], answers: readonly LabeledPrediction[]): string {
  const header = ["path", "actual", "predicted", ...labels.map((label) => `probability_${label}`)];
  const rows = answers.map(({ path, label, predicted, probabilities }) => [
    path,
    label,
    predicted,
    ...probabilities.map(String),
  ]);
  return [header, ...rows].map((fields) => `${fields.map(quoted).join(",")}\n`).join("");
}

/** RFC 4180: fields with commas, quotes or line ends are quoted, and quotes within are doubled. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
