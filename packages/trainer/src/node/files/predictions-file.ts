// The predictions for the test pictures as a table for spreadsheets and data frames: CSV (RFC 4180) in UTF-8.

import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";

import { parse } from "csv-parse/sync";

import type { LabeledPrediction } from "../../training/evaluate-pictures.ts";
import { Damage, systemErrorCode } from "../../values/errors.ts";
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

/** A line of the table. */
export type RecordedPrediction = Pick<LabeledPrediction, "path" | "label" | "predicted" | "probabilities">;

/**
 * Reads the table of {@link writePredictions}.
 *
 * @param labels the classes, in the order of the probabilities
 * @throws {Damage} if it cannot be opened, or was not written for these classes
 */
export async function readPredictions(path: string, labels: readonly string[]): Promise<readonly RecordedPrediction[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Damage(`it cannot be opened (${systemErrorCode(cause) ?? String(cause)})`, { cause });
  });
  const [columns, ...lines] = rowsOf(text);
  if (!isDeepStrictEqual(columns, predictionColumns(labels))) throw new Damage("its columns are others");
  return lines.map(([name = "", label = "", predicted = "", ...shares], index) => {
    const probabilities = shares.map((share) => (share === "" ? Number.NaN : Number(share)));
    const isWhole = labels.includes(label) && labels.includes(predicted) && !probabilities.some(Number.isNaN);
    if (!isWhole) throw new Damage(`prediction ${index + 1} is not one for these classes`);
    return { path: name, label, predicted, probabilities };
  });
}

function rowsOf(text: string): readonly (readonly string[])[] {
  try {
    return parse(text, { record_delimiter: "\n" });
  } catch (cause) {
    throw new Damage(`it is not CSV (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
  }
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
export function predictionFields({ path, label, predicted, probabilities }: RecordedPrediction): readonly string[] {
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
