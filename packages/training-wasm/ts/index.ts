// The exports of `@silhouette/training-wasm`.

export { enableTraining, type EnableTrainingOptions, type TrainingBackend } from "./backend.ts";
export { canRun, kernelsBinary, type KernelSet } from "./engine.ts";
export { TrainingWasmError, type TrainingWasmErrorCode } from "./errors.ts";
export { checkBatch, stepBytes, type PlannedInput, type PlannedModel, type PlannedWeight } from "./memory-plan.ts";
export {
  adamStep,
  areFinite,
  batchNormInTraining,
  convReluMaxPool,
  type AdamSettings,
  type AdamStepped,
  type BatchNormalized,
} from "./operations.ts";
