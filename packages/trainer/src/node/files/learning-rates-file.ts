// The points of a range test as a table for spreadsheets and data frames: CSV in UTF-8.

import { join } from "node:path";

import type { RatePoint } from "../../training/rate-range.ts";
import { csvText } from "./predictions-file.ts";
import { checkFolder, makeFolder, writeWhole } from "./whole-file.ts";

/** Name of the table. */
export const LEARNING_RATES_CSV = "learning-rates.csv";

/** Name of the plot. */
const LEARNING_RATES_PNG = "learning-rates.png";

/** Checks, before the work of a range test, that its results can be written to `folder`. @throws {TrainerError} `OUTPUT_UNWRITABLE` */
export async function checkLearningRatesFolder(folder: string): Promise<void> {
  await checkFolder(folder, "learning rates");
}

/**
 * Writes the points of a range test and their plot to `folder`, which is created if necessary: `learning-rates.csv` with the columns
 * `step`, `rate`, `loss` and `smoothed_loss`, and `learning-rates.png`. Earlier ones are replaced.
 *
 * @param plot a PNG
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function writeLearningRates(
  folder: string,
  points: readonly RatePoint[],
  plot: Uint8Array,
): Promise<void> {
  const rows = points.map(({ step, rate, loss, smoothedLoss }) => [step, rate, loss, smoothedLoss].map(String));
  const table = csvText([["step", "rate", "loss", "smoothed_loss"], ...rows]);
  await makeFolder(folder, "learning rates");
  await writeWhole(join(folder, LEARNING_RATES_CSV), "the table of learning rates", [Buffer.from(table)]);
  await writeWhole(join(folder, LEARNING_RATES_PNG), "the plot of learning rates", [plot]);
}
