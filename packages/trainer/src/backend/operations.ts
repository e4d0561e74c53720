// The interface of backends: TensorFlow.js with the operations that each backend implements differently.

import type { adamStep, areFinite, batchNormInTraining, convReluMaxPool } from "@silhouette/training-wasm";

import type { BackendName } from "./names.ts";

/** Facts about a backend that are reported to users. */
export interface BackendFacts {
  /** Name of the backend. */
  readonly name: BackendName;
  /**
   * The kernels that run. The same set and the same inputs give the same bytes on `wasm` (with `relaxed`, on processors of one
   * kind), and nearly the same on `node`.
   */
  readonly kernelSet: string;
  /** Why this backend was chosen, as a sentence. */
  readonly reason: string;
}

/** A started backend: TensorFlow.js computes on it until another one is started. */
export interface Backend extends BackendFacts {
  /** Maximum memory in bytes. */
  readonly memoryLimitBytes: number;
  /** Memory in bytes without any tensors: libraries, workspaces of kernels. */
  readonly baseBytes: number;
  /** The network operations that backends implement differently. @internal */
  readonly operations: NetworkOperations;
}

/** The operations that `@silhouette/training-wasm` adds to TensorFlow.js, on any backend. */
export interface NetworkOperations {
  /** Convolution, bias, ReLU and 2 x 2 max pooling. */
  readonly convReluMaxPool: typeof convReluMaxPool;
  /** Batch normalization with the batch's own statistics. */
  readonly batchNormInTraining: typeof batchNormInTraining;
  /** An Adam step for one weight tensor. */
  readonly adamStep: typeof adamStep;
  /** Whether all values of some tensors are finite. */
  readonly areFinite: typeof areFinite;
  /** Number of maps of the size before pooling, including gradients, that `convReluMaxPool` keeps until the end of a step. */
  readonly mapsBeforePooling: number;
}

/** The facts about `backend`. */
export function factsOf({ name, kernelSet, reason }: Backend): BackendFacts {
  return { name, kernelSet, reason };
}
