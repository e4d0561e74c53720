// Public API of `@silhouette/trainer/browser`, for pages and their workers: everything that needs neither files nor Node.js.
// index.ts exports the parts that a Node.js program needs, and everything that works on files.

export { startWasm, type WasmOptions } from "./backend/wasm.ts";
export type { Backend, BackendFacts } from "./backend/operations.ts";
export { binarized, type Binarized } from "./dataset/binarized.ts";
export type { FileTree, Listing } from "./dataset/photographs/file-tree.ts";
export { Names } from "./dataset/photographs/names.ts";
export {
  findAnyPhotographs,
  findPhotographs,
  type DiscoverOptions,
  type Discovery,
} from "./dataset/photographs/find-photographs.ts";
export type { Photograph, Photographs } from "./dataset/photographs/photographs.ts";
export { GivenFiles, type GivenFile } from "./dataset/photographs/given-files.ts";
export type { Ignored } from "./dataset/photographs/ignored.ts";
export {
  DatasetBuilder,
  describeDataset,
  type BuildOptions,
  type BuiltDataset,
  type DividedPictures,
  type DatasetBuilderOptions,
  type NewPicture,
} from "./dataset/builder.ts";
export type { DatasetPicture, Rejection } from "./dataset/dataset-picture.ts";
export type { SplitDraw } from "./dataset/draw-splits.ts";
export {
  DuplicateFinder,
  duplicatesAmong,
  Sketcher,
  type Candidates,
  type DuplicateGroup,
  type Duplicates,
  type Known,
  type Seen,
  type Sighting,
  type Sketch,
} from "./dataset/duplicates.ts";
export {
  examplePictures,
  surveyPictures,
  type ExamplePicture,
  type SurveyOptions,
} from "./dataset/inspected-pictures.ts";
export { PictureSurvey } from "./dataset/picture-survey.ts";
export {
  bySeverity,
  exampleIssues,
  inspectedIssues,
  ISSUE_KINDS,
  issuesAmong,
  wrongLabelIssues,
  type ClassCounts,
  type DataIssue,
  type InspectedPictures,
  type IssueKind,
  type LookedAt,
  type LookedAtSet,
  type Measured,
  type PredictedPicture,
  type Surveyed,
} from "./dataset/issues.ts";
export { leftOutOf, type LeftOut } from "./dataset/leave-out.ts";
export { meanSilhouettes } from "./dataset/mean-silhouette.ts";
export { BLANK_SHARE, maskStatistics, sauvolaMask, type MaskStatistics } from "./dataset/mask-statistics.ts";
export { encodeDataset } from "./dataset/encoder.ts";
export {
  packedBytes,
  pictureBytes,
  type DatasetDescription,
  type DatasetRow,
  type PictureSize,
  type StoredSize,
} from "./dataset/format.ts";
export { HEAD_BYTES, recognise, type Recognised } from "./dataset/picture-formats.ts";
export { INPUT_KINDS, PIXEL_RANGE_NAMES, type InputKind, type PixelRange } from "./dataset/input-kinds.ts";
export { networkInput, seenShape, storedSize, type DividedLevels, type NetworkInput } from "./dataset/network-input.ts";
export { PLAIN, viewsOf, type Affine, type View, type ViewCount } from "./dataset/view.ts";
export { separability, storedSeparability } from "./dataset/separability.ts";
export { LoadedPictures, type LabeledPixels, type Shown } from "./dataset/loaded-pictures.ts";
export type { KnownPicture, StoredPicture } from "./dataset/picture-index.ts";
export { PictureSet, type LoadOptions } from "./dataset/picture-set.ts";
export { Dataset } from "./dataset/reader.ts";
export { MemoryPictureStore, type PictureStore } from "./dataset/picture-store.ts";
export type { Skip, SkipReason } from "./dataset/skip.ts";
export { SPLITS, type Split, type SplitFractions } from "./dataset/split.ts";
export {
  decodeModel,
  encodeModel,
  verifyModel,
  type LoadedModel,
  type ModelFiles,
  type VerifiedModel,
} from "./model/codec.ts";
export {
  PictureClassifier,
  type Classification,
  type Classified,
  type ClassProbability,
  type PictureAnswer,
  type PictureOptions,
  type PreparedPicture,
  type Unusable,
} from "./model/picture-classifier.ts";
export { exportedDescription } from "./model/export/exported-description.ts";
export { PictureViews, type PixelValues } from "./model/picture-views.ts";
export { EXPORTERS } from "./model/export/exporters.ts";
export { importedModel, type ImportedModel, type ImportSettings } from "./model/import/imported-model.ts";
export type { ExportedFile, Exporter } from "./model/export/exported-file.ts";
export { EXPORT_FORMATS, type ExportFormat } from "./model/export/format-names.ts";
export { describeModel, type ModelDescription } from "./model/description.ts";
export {
  explainPredictions,
  type Explained,
  type ExplainPredictions,
  type Explanation,
  type ExplainedModel,
} from "./model/explain-predictions.ts";
export { RunEncoder, type RunFile } from "./model/run-files.ts";
export { RUN_FILES } from "./model/run-paths.ts";
export { RunReader, type RunResults, type RunSource, type RunTest } from "./model/run-reader.ts";
export type { Batch } from "./network/batch.ts";
export type { AttentionMap } from "./network/attention.ts";
export { Classifier, type AnswerOptions, type BatchAnswer, type BatchResult } from "./network/classifier.ts";
export type { BuiltInName } from "./network/built-in-network.ts";
export { compactNetwork, SHORTEST_COMPACT_SIDE } from "./network/compact-network.ts";
export type { NetworkBuilder } from "./network/custom-network.ts";
export { referenceNetwork, SHORTEST_SIDE, type NetworkShape } from "./network/reference-network.ts";
export { calibrated, noveltyOf, type Calibration } from "./training/calibration.ts";
export { featuresAt, type Unlikeness } from "./training/unlikeness.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./training/checkpoint.ts";
export { PREPARE_DEFAULTS, TRAIN_DEFAULTS } from "./training/defaults.ts";
export type { Estimate } from "./training/estimate.ts";
export {
  evaluatePictures,
  type EvaluateBatches,
  type PictureResults,
  type PredictBatches,
} from "./training/evaluate-pictures.ts";
export type { ExamplePrediction, LabeledPrediction } from "./training/example-predictions.ts";
export { isOverfitted } from "./training/overfitting.ts";
export { comparisonOf, type Answered, type RunComparison } from "./training/paired-test.ts";
export type { RatePoint, RateRange } from "./training/rate-range.ts";
export { LearnedPictures } from "./training/learned-pictures.ts";
export type { RecordedPrediction } from "./training/predictions-table.ts";
export type { StepReport } from "./training/fit.ts";
export { metricsOf, wilsonInterval, type ClassMetrics, type Confusion, type Metrics } from "./training/metrics.ts";
export type { ClassWeights } from "./training/class-weights.ts";
export type { Sampling } from "./training/sampling.ts";
export type { TrainedNetwork } from "./network/initial-weights.ts";
export type { LearningRate } from "./training/learning-rate.ts";
export type { Optimizer } from "./training/optimizer.ts";
export type { Stopping } from "./training/stopping.ts";
export type { Recipe } from "./training/recipe.ts";
export { RECIPE_NAMES, type RecipeName } from "./training/recipe-names.ts";
export { chosenRecipe, chosenRecipeFor, type RecipeChoice } from "./training/recipe-choice.ts";
export { storedFor } from "./training/recipe-pictures.ts";
export { ARTICLE, recipeFor, RECIPES, type NamedRecipe } from "./training/recipes.ts";
export { configOf, type ImportedFrom, type InitialModel, type NewRun, type RunConfig } from "./training/run-config.ts";
export {
  TrainingSession,
  type EpochResult,
  type Pictures,
  type RateEvent,
  type RateRangeRun,
  type RunOptions,
  type SessionEvent,
  type TrainingResult,
  type TrainingSink,
} from "./training/session.ts";
export type { OptimizerState } from "./training/variable-optimizer.ts";
export { Learner, type LearnerRecipe, type StepOptions } from "./training/learner.ts";
export type { NamedValues } from "./network/weights.ts";
export type { PixelFormat, Preprocessing } from "./dataset/preprocessing.ts";
export type { Augmentation } from "./dataset/augmentation.ts";
export { bestEpoch, type Checkpoint, type EpochRecord, type LearnerState, type Position } from "./training/state.ts";
export { TrainerError, type TrainerErrorCode } from "./values/errors.ts";
export type { ReadFile } from "./values/files.ts";
export { Generator } from "./values/generator.ts";
export { decodeSafetensors, type FileTensor, type TensorFile } from "./values/safetensors.ts";
export { VERSION } from "./values/version.ts";
