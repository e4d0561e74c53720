// What computes: a backend of TensorFlow.js, with the operations that each has in a way of its own.

import type { adamStep, areFinite, batchNormInTraining, convReluMaxPool } from "@silhouette/training-wasm";

import type { BackendName } from "./names.ts";

/** What people are told of a backend. */
export interface BackendFacts {
  /** Which one it is. */
  readonly name: BackendName;
  /**
   * Which kernels run: with the same set, the same inputs give the same bytes on `wasm` (with `relaxed`, on processors of
   * one kind), and nearly the same on `node`.
   */
  readonly kernelSet: string;
  /** Why this one, as a sentence. */
  readonly reason: string;
}

/** A backend that is ready: TensorFlow.js computes on it until another one is started. */
export interface Backend extends BackendFacts {
  /** Bytes that it may take. */
  readonly memoryLimitBytes: number;
  /** Bytes that it takes without any tensors: libraries, workspaces of kernels. */
  readonly baseBytes: number;
  /** The operations of a network that backends have in ways of their own. @internal */
  readonly operations: NetworkOperations;
}

/** What `@silhouette/training-wasm` adds to TensorFlow.js, on any backend. */
export interface NetworkOperations {
  /** Convolution, bias, ReLU and maximum over 2 x 2 windows. */
  readonly convReluMaxPool: typeof convReluMaxPool;
  /** Batch normalization by the batch's own statistics. */
  readonly batchNormInTraining: typeof batchNormInTraining;
  /** A step of Adam for one weight tensor. */
  readonly adamStep: typeof adamStep;
  /** Whether no number of some tensors is NaN or infinite. */
  readonly areFinite: typeof areFinite;
  /** How many maps of the size before pooling, gradients included, `convReluMaxPool` keeps until the end of a step. */
  readonly mapsBeforePooling: number;
}

/** What is told of `backend`. */
export function factsOf({ name, kernelSet, reason }: Backend): BackendFacts {
  return { name, kernelSet, reason };
}
