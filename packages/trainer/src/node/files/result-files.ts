// The files by which folders of results other than runs are known.

import { stat } from "node:fs/promises";
import { join } from "node:path";

/** The configuration of a cross-validation. */
export const CROSS_VALIDATION_JSON = "cross-validation.json";

/** The table of a range test. */
export const LEARNING_RATES_CSV = "learning-rates.csv";

/** Folders of results that have no model. */
const WITHOUT_MODEL = [
  [CROSS_VALIDATION_JSON, "a cross-validation, which tests a recipe and keeps no model"],
  [LEARNING_RATES_CSV, "a search for a learning rate, which keeps no model"],
] as const;

/** What `folder` has instead of a run, for messages; undefined if it has no results of silhouette either. */
export async function resultsWithoutModel(folder: string): Promise<string | undefined> {
  for (const [name, what] of WITHOUT_MODEL) {
    if ((await stat(join(folder, name)).catch(() => undefined)) !== undefined) return what;
  }
  return undefined;
}
