// What a run folder says of its training: configuration, history, and the result of the test if there is one.

import { isDeepStrictEqual } from "node:util";

import { confusionOf, type Metrics } from "../training/metrics.ts";
import type { RunConfig } from "../training/run-config.ts";
import type { EpochRecord } from "../training/state.ts";
import { isOver } from "../training/stopping.ts";
import { checkArgument, filePath } from "../values/arguments.ts";
import { TrainerError } from "../values/errors.ts";
import { readPredictions, type RecordedPrediction } from "./files/predictions-file.ts";
import { readConfig, readHistory, readMetrics, runPaths } from "./files/run-folder.ts";

/** What a run folder says of its training. */
export interface RunResults {
  /** What was trained, on what, and how. */
  readonly config: RunConfig;
  /** One record per completed epoch. */
  readonly history: readonly EpochRecord[];
  /** Result of the test; null if the training was stopped before it. */
  readonly test: RunTest | null;
}

/** The test of a run. */
export interface RunTest {
  /** Accuracy, confusion matrix and the like. */
  readonly metrics: Metrics;
  /** One for each test picture, in the order of the dataset; probabilities are calibrated as the model's are. */
  readonly predictions: readonly RecordedPrediction[];
}

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
  const config = await readConfig(run);
  const history = await readHistory(run);
  const metrics = await readFinalMetrics(run, config, history);
  if (metrics === undefined) return { config, history, test: null };
  const { predictions: path } = runPaths(run);
  const { labels } = config.dataset;
  const predictions = await readPredictions(path, labels, {
    missing: "RUN_DAMAGED",
    unreadable: "RUN_DAMAGED",
    mismatch: "RUN_DAMAGED",
    hint: RESTORE,
  });
  const pairs = predictions
    .map(({ label, predicted }) => [labels.indexOf(label), labels.indexOf(predicted)] as const)
    .filter(([actual, predicted]) => actual >= 0 && predicted >= 0);
  const isCounted = isDeepStrictEqual(confusionOf(labels, pairs).counts, metrics.confusion);
  if (!isCounted || pairs.length < predictions.length) {
    throw new TrainerError(
      "RUN_DAMAGED",
      `Expected the predictions that ${runPaths(run).metrics} counts in ${path}, but found others`,
      RESTORE,
    );
  }
  return { config, history, test: { metrics, predictions } };
}

const RESTORE = "Restore an intact copy of the run, or train again in another folder.";

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
