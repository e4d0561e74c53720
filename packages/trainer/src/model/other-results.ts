// The files by which folders of results other than runs are known.

import { opened, type ReadFile } from "../values/files.ts";

/** The configuration of a cross-validation. */
export const CROSS_VALIDATION_JSON = "cross-validation.json";

/** The table of a range test. */
export const LEARNING_RATES_CSV = "learning-rates.csv";

/** Folders of results that have no model. */
const WITHOUT_MODEL = [
  [CROSS_VALIDATION_JSON, "a cross-validation, which tests a recipe and keeps no model"],
  [LEARNING_RATES_CSV, "a search for a learning rate, which keeps no model"],
] as const;

/**
 * What a folder has instead of a run, for messages; undefined if it has no results of silhouette either.
 *
 * @param read reads files of the folder
 */
export async function resultsWithoutModel(read: ReadFile): Promise<string | undefined> {
  for (const [name, what] of WITHOUT_MODEL) {
    if ((await opened(read, name)).bytes !== undefined) return what;
  }
  return undefined;
}
