// Public API of `@silhouette/trainer/datasets`: makes and reads datasets without loading TensorFlow.js. index.ts exports the same and the
// rest.

export { discover } from "./node/photographs/discover.ts";
export { prepare } from "./node/photographs/prepare.ts";
export { DatasetWriter } from "./node/files/dataset-writer.ts";
export { openDataset } from "./node/files/open-dataset.ts";
