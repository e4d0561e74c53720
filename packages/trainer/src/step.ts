// What `@silhouette/trainer/step` offers: the parts of a training, for programs with a loop of their own, such as benchmarks.

export {
  startBackend,
  type Backend,
  type BackendChoice,
  type BackendFacts,
  type BackendName,
} from "./node/backends/start.ts";
export { withBatch, type Batch } from "./network/batch.ts";
export { Classifier, type BatchEvaluation, type BatchResult } from "./network/classifier.ts";
export { networkCost, type NetworkCost } from "./network/reference-network.ts";
export { PictureSet, type PackedPicture } from "./dataset/picture-set.ts";
export { readTensorFile, writeTensorFile, type FileTensor, type TensorFile } from "./node/files/tensor-file.ts";
