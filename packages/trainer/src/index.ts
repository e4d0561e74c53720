// Public API of `@silhouette/trainer`.

export { BACKEND_CHOICES, BACKEND_NAMES, type BackendChoice, type BackendName } from "./backend/names.ts";
export type { BackendFacts } from "./backend/operations.ts";
export {
  BATCH_ROWS,
  packedBytes,
  pictureBytes,
  type DatasetDescription,
  type DatasetRow,
  type PictureSize,
  type StoredSize,
} from "./dataset/format.ts";
export { isDatasetFile } from "./dataset/dataset-name.ts";
export type { Duplicates, DuplicateGroup } from "./dataset/duplicates.ts";
export { Dataset } from "./dataset/reader.ts";
export { openDataset } from "./node/files/open-dataset.ts";
export { DatasetWriter } from "./node/files/dataset-writer.ts";
export { CROSS_VALIDATE_DEFAULTS, PREPARE_DEFAULTS, TRAIN_DEFAULTS } from "./training/defaults.ts";
export { diagnose, type Finding, type FindingSubject, type Outcome } from "./node/doctor/diagnose.ts";
export type { DiscoverOptions, Discovery } from "./dataset/photographs/find-photographs.ts";
export type { Photograph, Photographs } from "./dataset/photographs/photographs.ts";
export { discover } from "./node/photographs/discover.ts";
export type { Skip, SkipReason } from "./dataset/skip.ts";
export { TrainerError, type TrainerErrorCode } from "./values/errors.ts";
export type { Estimate } from "./training/estimate.ts";
export type { ExamplePrediction, LabeledPrediction } from "./training/example-predictions.ts";
export { evaluate, type Chosen, type EvaluateEvent, type EvaluateOptions, type Evaluation } from "./node/evaluate.ts";
export { compare, type CompareOptions } from "./node/compare.ts";
export { comparisonOf, type Answered, type RunComparison } from "./training/paired-test.ts";
export { explain, type ExplainEvent, type ExplainOptions } from "./node/explain.ts";
export type { Explained, Explanation } from "./model/explain-predictions.ts";
export {
  exportedFiles,
  exportModel,
  writeExported,
  type ExportedFilesOptions,
  type ExportOptions,
  type WrittenFile,
} from "./node/export.ts";
export { exportedDescription } from "./model/export/exported-description.ts";
export { PictureViews, type PixelValues } from "./model/picture-views.ts";
export type { ExportedFile } from "./model/export/exported-file.ts";
export { importModel, type ImportOptions, type ImportSummary } from "./node/import-model.ts";
export { EXPORT_FORMATS, type ExportFormat } from "./model/export/format-names.ts";
export type { ReadingEvent } from "./node/reading-event.ts";
export { readResults } from "./node/run-results.ts";
export type { RunResults, RunTest } from "./model/run-reader.ts";
export type { RecordedPrediction } from "./training/predictions-table.ts";
export type { AttentionMap } from "./network/attention.ts";
export { BLANK_SHARE, type MaskStatistics } from "./dataset/mask-statistics.ts";
export { separability } from "./dataset/separability.ts";
export {
  crossValidate,
  type CrossValidateEvent,
  type CrossValidateOptions,
  type CrossValidation,
  type FoldResult,
  type RareClass,
} from "./node/cross-validate.ts";
export {
  findLearningRate,
  type FindLearningRateEvent,
  type FindLearningRateOptions,
  type LearningRates,
} from "./node/find-learning-rate.ts";
export { checkLearningRatesFolder, writeLearningRates } from "./node/files/learning-rates-file.ts";
export type { RatePoint, RateRange } from "./training/rate-range.ts";
export type { StepReport } from "./training/fit.ts";
export { Generator } from "./values/generator.ts";
export { wilsonInterval, type ClassMetrics, type Metrics } from "./training/metrics.ts";
export { labelList } from "./values/label-list.ts";
export type { Ignored } from "./dataset/photographs/ignored.ts";
export { loadModel, saveModel } from "./node/files/model-folder.ts";
export type { LoadedModel } from "./model/codec.ts";
export type { ModelDescription } from "./model/description.ts";
export { referenceNetwork, seedWeights, SHORTEST_SIDE, type NetworkShape } from "./network/reference-network.ts";
export type { BuiltInName } from "./network/built-in-network.ts";
export { compactNetwork, SHORTEST_COMPACT_SIDE } from "./network/compact-network.ts";
export type { NetworkBuilder } from "./network/custom-network.ts";
export { predict, type Prediction, type PredictEvent, type PredictOptions } from "./node/predict.ts";
export { Predictor, type PictureSource } from "./node/predictor.ts";
export type { Calibration } from "./training/calibration.ts";
export type { Unlikeness } from "./training/unlikeness.ts";
export type { Classification, Classified, ClassProbability, Unusable } from "./model/picture-classifier.ts";
export { prepare } from "./node/photographs/prepare.ts";
export type { PrepareOptions, PrepareSummary } from "./node/photographs/preparation.ts";
export type { PrepareEvent } from "./node/photographs/prepare-events.ts";
export type { Augmentation } from "./dataset/augmentation.ts";
export { INPUT_KINDS, PIXEL_RANGE_NAMES, type InputKind, type PixelRange } from "./dataset/input-kinds.ts";
export { seenShape, type NetworkInput } from "./dataset/network-input.ts";
export type { PixelFormat, Preprocessing } from "./dataset/preprocessing.ts";
export type { ViewCount } from "./dataset/view.ts";
export type { ClassWeights } from "./training/class-weights.ts";
export type { Sampling } from "./training/sampling.ts";
export type { InitEvent } from "./node/initial-run.ts";
export type { LearningRate } from "./training/learning-rate.ts";
export type { Recipe } from "./training/recipe.ts";
export type { RecipeChoice } from "./training/recipe-choice.ts";
export { RECIPE_NAMES, type RecipeName } from "./training/recipe-names.ts";
export { RECIPES, type NamedRecipe } from "./training/recipes.ts";
export type { Optimizer } from "./training/optimizer.ts";
export { isOverfitted } from "./training/overfitting.ts";
export { RANGES, type WholeRange, type WholeSetting } from "./values/ranges.ts";
export type { Stopping } from "./training/stopping.ts";
export { bestEpoch, type EpochRecord } from "./training/state.ts";
export type { RateEvent, SessionEvent, TrainingResult } from "./training/session.ts";
export type { Fingerprints, ImportedFrom, InitialModel, RunConfig } from "./training/run-config.ts";
export { SPLITS, type Split, type SplitFractions } from "./dataset/split.ts";
export type { Example } from "./training/examples.ts";
export type { TrainEvent, TrainOptions, TrainSummary } from "./node/train-options.ts";
export type { SilhouetteConfig, TrainingSettings } from "./node/training-settings.ts";
export type { ExamplePicture } from "./dataset/inspected-pictures.ts";
export { inspect, type InspectEvent, type InspectOptions, type Inspection } from "./node/inspect.ts";
export {
  exampleIssues,
  ISSUE_KINDS,
  type DataIssue,
  type DataWarning,
  type IssueKind,
  type IssuePicture,
  type IssueSeverity,
} from "./dataset/issues.ts";
export { leftOutOf, type LeaveOut, type LeftOut, type Unmatched } from "./dataset/leave-out.ts";
export { writeLeaveOut } from "./node/files/leave-out-list.ts";
export { listRuns, type RunSummary, type RunSummarySettings, type UnreadableRun } from "./node/list-runs.ts";
export { settingsOfRun, type RunSettings } from "./node/run-settings.ts";
export { planTraining, type TrainingPlan } from "./node/plan-training.ts";
export { train } from "./node/train.ts";
export { VERSION } from "./values/version.ts";
export { writeWhole } from "./node/files/whole-file.ts";
