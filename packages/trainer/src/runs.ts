// Public API of `@silhouette/trainer/runs`: the results of runs without loading TensorFlow.js or sharp. index.ts exports the same and the
// rest.

export { checkLearningRatesFolder, writeLearningRates } from "./node/files/learning-rates-file.ts";
export { listRuns, type RunSummary, type RunSummarySettings, type UnreadableRun } from "./node/list-runs.ts";
export { readResults } from "./node/run-results.ts";
export { settingsOfRun, type RunSettings } from "./node/run-settings.ts";
