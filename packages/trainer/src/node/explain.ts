// What is behind predictions of a run's test, from its folder and its dataset.

import { BACKEND_CHOICES, type BackendChoice } from "../backend/names.ts";
import { factsOf } from "../backend/operations.ts";
import { isDatasetFile } from "../dataset/dataset-name.ts";
import { explainPredictions, type Explanation } from "../model/explain-predictions.ts";
import {
  abortSignal,
  callback,
  checkArgument,
  filePath,
  indices,
  oneOf,
  optional,
  optionsOf,
} from "../values/arguments.ts";
import { startBackend } from "./backends/start.ts";
import type { EvaluateEvent } from "./evaluate.ts";
import { openDataset } from "./files/open-dataset.ts";
import { runPaths } from "./files/run-folder.ts";
import { readResults } from "./run-results.ts";
import { loadUsableModel } from "./usable-model.ts";

/** Options for {@link explain}. */
export interface ExplainOptions {
  /** The run folder, of a run that has been tested. */
  readonly run: string;
  /** Indices of the predictions to explain, as `readResults` returns them. */
  readonly predictions: readonly number[];
  /** The backend. Default `auto`. */
  readonly backend?: BackendChoice;
  /** Aborts the work; {@link explain} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each event, in order. */
  readonly onEvent?: (event: ExplainEvent) => void;
}

/** Events that {@link explain} emits while it works. */
export type ExplainEvent = Extract<
  EvaluateEvent,
  {
    /** The backend, once; progress before every batch. */
    readonly type: "backend" | "evaluated";
  }
>;

const OPTIONS = optionsOf<ExplainOptions>({
  run: filePath,
  predictions: indices,
  backend: optional(oneOf(BACKEND_CHOICES)),
  signal: optional(abortSignal),
  onEvent: optional(callback),
});

/**
 * Shows what is behind predictions of a run's test: silhouettes, thumbnails, Otsu's separability, and Grad-CAM at the network's last
 * feature map. A dataset that is missing, or has other pictures by now, is a result; so is a model that is missing or damaged.
 *
 * @throws {TrainerError} what {@link readResults} throws; `INVALID_ARGUMENT`, `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`
 * @example
 * import { explain, readResults } from "@silhouette/trainer";
 *
 * const { test } = await readResults("runs/photos");
 * const predictions = (test?.predictions ?? []).flatMap(({ label, predicted }, index) => (label === predicted ? [] : [index]));
 * const { pictures } = await explain({ run: "runs/photos", predictions });
 * for (const { separability, attention } of pictures) console.log(separability, attention?.values);
 */
export async function explain(options: ExplainOptions): Promise<Explanation> {
  checkArgument("explain()", "options", OPTIONS, options);
  const { run, predictions, signal, onEvent } = options;
  const results = await readResults(run);
  const { source } = results.config;
  const backend = await startBackend(options.backend ?? "auto");
  onEvent?.({ type: "backend", ...factsOf(backend) });
  return explainPredictions({
    results,
    predictions,
    openModel: () => loadUsableModel(runPaths(run).model, backend),
    openDataset: () => openDataset(isDatasetFile(source) ? source : runPaths(run).dataset),
    signal,
    onBatch: (done, total) => onEvent?.({ type: "evaluated", done, total }),
  });
}
