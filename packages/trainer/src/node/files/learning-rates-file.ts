// The points of a range test as a table for spreadsheets and data frames: CSV in UTF-8.

import { readdir } from "node:fs/promises";
import { join } from "node:path";

import type { RatePoint } from "../../training/rate-range.ts";
import { TrainerError } from "../../values/errors.ts";
import { isTemporary } from "./file-lock.ts";
import { csvText } from "../../values/csv-table.ts";
import { CROSS_VALIDATION_JSON, LEARNING_RATES_CSV } from "../../model/other-results.ts";
import { checkFolder, makeFolder, writeWhole } from "./whole-file.ts";

/** Name of the plot. */
const LEARNING_RATES_PNG = "learning-rates.png";

/** Files that only other results have. */
const OF_OTHERS = ["config.json", CROSS_VALIDATION_JSON] as const;

/**
 * Checks, before the work of a range test, that its results can be written to `folder`: it must be empty, not exist yet, or have those of
 * an earlier one, which are replaced.
 *
 * @throws {TrainerError} `RUN_EXISTS` if it contains anything else; `OUTPUT_UNWRITABLE`
 */
export async function checkLearningRatesFolder(folder: string): Promise<void> {
  await checkFolder(folder, "learning rates");
  const names = (await readdir(folder).catch(() => [])).filter((name) => !isTemporary(name));
  const other = OF_OTHERS.find((name) => names.includes(name));
  if (names.length === 0 || (names.includes(LEARNING_RATES_CSV) && other === undefined)) return;
  throw new TrainerError(
    "RUN_EXISTS",
    `Expected an empty folder for learning rates, or one with those of an earlier search, but ${folder} contains ${other ?? names[0]}`,
    "Name an empty folder, or one that does not exist yet.",
  );
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
