// Everything that `@silhouette/trainer` offers.

export { BATCH_ROWS, packedBytes, type DatasetDescription, type DatasetRow } from "./dataset-format.ts";
export { Dataset } from "./dataset-reader.ts";
export { DatasetWriter } from "./dataset-writer.ts";
export { discover, type Discovery, type Photograph, type Skip, type SkipReason } from "./discover.ts";
export { TrainerError, type TrainerErrorCode } from "./errors.ts";
export {
  prepare,
  PREPARE_DEFAULTS,
  type PrepareOptions,
  type PrepareProgress,
  type PrepareSummary,
} from "./prepare.ts";
export { SPLITS, type Split, type SplitFractions } from "./split.ts";
