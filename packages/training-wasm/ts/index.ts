// Everything that `@silhouette/training-wasm` offers.

export { enableTraining, type EnableTrainingOptions, type TrainingBackend } from "./backend.ts";
export { canRun, kernelsBinary, type KernelSet } from "./engine.ts";
export { TrainingWasmError, type TrainingWasmErrorCode } from "./errors.ts";
export { checkBatch, stepBytes, type PlannedModel } from "./memory-plan.ts";
export { batchNormInTraining, convReluMaxPool, type BatchNormalized } from "./operations.ts";
