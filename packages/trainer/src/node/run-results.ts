// What a run folder says of its training: configuration, history, and the result of the test if there is one.

import type { RunResults } from "../model/run-reader.ts";
import type { Metrics } from "../training/metrics.ts";
import type { RunConfig } from "../training/run-config.ts";
import type { EpochRecord } from "../training/state.ts";
import { isOver } from "../training/stopping.ts";
import { checkArgument, filePath } from "../values/arguments.ts";
import { readMetrics, runIn } from "./files/run-folder.ts";

/**
 * Reads the results of a run. It may be unfinished.
 *
 * @param run the run folder
 * @throws {TrainerError} `INVALID_ARGUMENT`, `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`
 * @example
 * import { readResults } from "@silhouette/trainer";
 *
 * const { history, test } = await readResults("runs/photos");
 * console.log(history.length, test?.metrics.accuracy);
 */
export async function readResults(run: string): Promise<RunResults> {
  checkArgument("readResults()", "run", filePath, run);
  return runIn(run).results();
}

/**
 * The metrics of a run that is over; undefined for one that is not. The metrics in the folder of a run that is continued for more
 * epochs are those of its earlier end.
 *
 * @throws {TrainerError} `RUN_DAMAGED`
 */
export async function readFinalMetrics(
  run: string,
  { recipe, epochs }: RunConfig,
  history: readonly EpochRecord[],
): Promise<Metrics | undefined> {
  const metrics = await readMetrics(run);
  return isOver(recipe.stopping, epochs, history) ? metrics : undefined;
}
