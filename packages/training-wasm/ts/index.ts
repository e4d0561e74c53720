// Everything that `@silhouette/training-wasm` offers.

export { enableTraining, type KernelSet, type TrainingBackend } from "./backend.ts";
export { TrainingWasmError, type TrainingWasmErrorCode } from "./errors.ts";
export { batchNormInTraining, convReluMaxPool, type BatchNormalized } from "./operations.ts";
