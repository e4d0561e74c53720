// What `@silhouette/trainer/step` offers: the parts of a training, for programs with a loop of their own, such as benchmarks.

export { startBackend, type Backend, type BackendChoice, type BackendFacts, type BackendName } from "./backend.ts";
export { withBatch, type Batch } from "./batch.ts";
export { Classifier, type BatchEvaluation, type BatchResult } from "./classifier.ts";
export { networkCost, type NetworkCost } from "./network.ts";
export { PictureSet, type PackedPicture } from "./picture-set.ts";
export { readTensorFile, writeTensorFile, type FileTensor, type TensorFile } from "./tensor-file.ts";
