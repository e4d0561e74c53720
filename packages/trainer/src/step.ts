// Public API of `@silhouette/trainer/step`: the parts of a training loop, for programs with their own loop, such as benchmarks.

export { startBackend } from "./node/backends/start.ts";
export type { Backend, BackendFacts } from "./backend/operations.ts";
export type { BackendChoice, BackendName } from "./backend/names.ts";
export { withBatch, type Batch, type BatchChanges } from "./network/batch.ts";
export { Classifier, type BatchEvaluation, type BatchResult } from "./network/classifier.ts";
export type { OptimizerState } from "./training/variable-optimizer.ts";
export type { NamedValues } from "./network/weights.ts";
export { Learner, type LearnerRecipe, type StepOptions } from "./training/learner.ts";
export type { LearnerState } from "./training/state.ts";
export { compactNetworkCost } from "./network/compact-network.ts";
export { networkCost, type NetworkCost } from "./network/reference-network.ts";
export { drawView } from "./dataset/augmentation.ts";
export { LoadedPictures, type LabeledPixels, type Shown } from "./dataset/loaded-pictures.ts";
export type { KnownPicture } from "./dataset/picture-index.ts";
export { PictureSet } from "./dataset/picture-set.ts";
export { readTensorFile, writeTensorFile } from "./node/files/tensor-file.ts";
export type { FileTensor, TensorFile } from "./values/safetensors.ts";
