// Where the files of a run are: names alone, for readers, which need nothing of what writes the files.

/** TensorBoard reads files that have `tfevents` in their name, usually followed by a time and a host. */
const EVENTS = "events.out.tfevents.silhouette";

/** Paths in a run folder, with `/`. */
export const RUN_FILES = {
  /** Network, pictures and settings. */
  config: "config.json",
  /** Results of the completed epochs. */
  history: "history.json",
  /** The same as a table. */
  historyTable: "history.csv",
  /** The same for TensorBoard: training. */
  trainEvents: `tensorboard/train/${EVENTS}`,
  /** The same for TensorBoard: validation. */
  validationEvents: `tensorboard/validation/${EVENTS}`,
  /** Results of the test. */
  metrics: "metrics.json",
  /** Predictions for the test pictures. */
  predictions: "predictions.csv",
  /** Folder of the model that is tested. */
  model: "model",
  /** Folder of the model of the best epoch. */
  bestModel: "model-best",
  /** The state to continue from. */
  checkpoint: "checkpoints/last.safetensors",
  /** The dataset of a run whose source is no dataset file. */
  dataset: "dataset.arrow",
  /** Hashes of the pictures that the run has learned from. */
  learned: "learned.safetensors",
} as const;

/** Name of the file that describes a model, in its folder. */
export const MODEL_JSON = "model.json";
