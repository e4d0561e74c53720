// Everything that `@silhouette/trainer` offers.

export { BACKEND_CHOICES, BACKEND_NAMES, type BackendChoice, type BackendFacts, type BackendName } from "./backend.ts";
export {
  BATCH_ROWS,
  packedBytes,
  type DatasetDescription,
  type DatasetRow,
  type PictureSize,
} from "./dataset-format.ts";
export type { Copies, CopyGroup } from "./copies.ts";
export { Dataset } from "./dataset-reader.ts";
export { DatasetWriter } from "./dataset-writer.ts";
export { PREPARE_DEFAULTS, TRAIN_DEFAULTS } from "./defaults.ts";
export { diagnose, type Finding, type FindingSubject, type Outcome } from "./diagnose.ts";
export {
  discover,
  type DiscoverOptions,
  type Discovery,
  type Photograph,
  type Skip,
  type SkipReason,
} from "./discover.ts";
export { TrainerError, type TrainerErrorCode } from "./errors.ts";
export type { Estimate } from "./estimate.ts";
export type { LabeledPrediction } from "./evaluate-pictures.ts";
export { evaluate, type Chosen, type EvaluateEvent, type EvaluateOptions, type Evaluation } from "./evaluate.ts";
export type { StepReport } from "./fit.ts";
export { Generator } from "./generator.ts";
export { wilsonInterval, type ClassMetrics, type Metrics } from "./metrics.ts";
export { labelList } from "./label-list.ts";
export type { LeftOut } from "./left-out.ts";
export { loadModel, saveModel, type LoadedModel, type ModelDescription } from "./model-file.ts";
export { referenceNetwork, seedWeights, SHORTEST_SIDE, type NetworkShape } from "./network.ts";
export type { NetworkBuilder } from "./own-network.ts";
export { predict, type Prediction, type PredictOptions } from "./predict.ts";
export { Predictor, type Classification, type ClassProbability, type PictureSource } from "./predictor.ts";
export {
  prepare,
  type PrepareEvent,
  type PrepareOptions,
  type PrepareProgress,
  type PrepareSummary,
} from "./prepare.ts";
export type { EpochRecord, Fingerprints, RunConfig } from "./run-folder.ts";
export { SPLITS, type Split, type SplitFractions } from "./split.ts";
export type { Example, TrainEvent, TrainOptions, TrainSummary } from "./train-options.ts";
export { train } from "./train.ts";
export { writeWhole } from "./whole-file.ts";
