// Which backend computes. The only file that knows backends by their names.

import {
  adamStep,
  areFinite,
  batchNormInTraining,
  convReluMaxPool,
  canRun,
  enableTraining,
  TrainingWasmError,
  type TrainingBackend,
} from "@silhouette/training-wasm";
import { setBackend } from "@tensorflow/tfjs-core";

import { BACKEND_NAMES, type BackendChoice, type BackendName } from "../../backend/names.ts";
import { TrainerError } from "../../values/errors.ts";
import { totalMemory } from "./machine-memory.ts";
import { tensorflowNodeOperations } from "./tensorflow-node-operations.ts";
import { loadTensorflowNode, type TensorflowNode } from "./tensorflow-node.ts";

export { BACKEND_CHOICES, BACKEND_NAMES, type BackendChoice, type BackendName } from "../../backend/names.ts";

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

/**
 * Starts a backend. Of `auto`, the reason tells what was taken and why; a backend that was named and cannot run is an error.
 *
 * @param choice what is asked for
 * @param recorded what a run began with: `auto` takes it, and WebAssembly the same kernels, if they can run
 * @throws {TrainerError} `BACKEND_UNAVAILABLE`
 */
export async function startBackend(
  choice: BackendChoice,
  recorded?: { readonly backend: BackendName; readonly kernelSet: string },
): Promise<Backend> {
  const kernelSet = recorded?.kernelSet;
  if (choice !== "auto") return STARTERS[choice]("as it was asked for", kernelSet);
  const [first, second] = recorded?.backend === "node" ? (["node", "wasm"] as const) : BACKEND_NAMES;
  const why = recorded === undefined ? "which runs on every machine" : "as the run began with it";
  try {
    return await STARTERS[first](why, kernelSet);
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
    // If the other cannot run either, what is wrong with the first is what people have to know.
    return STARTERS[second](`since the other backend cannot run here: ${error.message}`, kernelSet).catch(() => {
      throw error;
    });
  }
}

/** What is told of `backend`. */
export function factsOf({ name, kernelSet, reason }: Backend): BackendFacts {
  return { name, kernelSet, reason };
}

/** Runs `compute`; a tensor that memory cannot hold becomes an error of this package, whatever the plan was. */
export function computeOrExplain<Result>(compute: () => Result): Result {
  try {
    return compute();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const isOutOfMemory =
      cause instanceof TrainingWasmError ? cause.code === "OUT_OF_MEMORY" : message.includes("OOM when allocating");
    if (!isOutOfMemory) throw cause;
    throw new TrainerError("BATCH_TOO_LARGE", message, "Use smaller batches, or smaller pictures.", { cause });
  }
}

const STARTERS: Readonly<Record<BackendName, (why: string, kernelSet?: string) => Promise<Backend>>> = {
  wasm: startWasm,
  node: startNode,
};

async function startWasm(why: string, kernelSet?: string): Promise<Backend> {
  let backend: TrainingBackend;
  try {
    const isKnown = kernelSet === "simd128" || kernelSet === "relaxed";
    backend = await enableTraining(isKnown && canRun(kernelSet) ? { kernelSet } : {});
  } catch (cause) {
    if (!(cause instanceof TrainingWasmError)) throw cause;
    throw new TrainerError(
      "BACKEND_UNAVAILABLE",
      cause.message,
      cause.code === "OUT_OF_MEMORY"
        ? "Raise the limit of memory (ulimit -v), or close other programs."
        : "Run it with Node 20.19 or later on a machine with SIMD; in a clone, build it with: npx turbo build",
      { cause },
    );
  }
  return {
    name: "wasm",
    kernelSet: backend.kernelSet,
    reason: `WebAssembly on ${threadsText(backend)}, ${why}.`,
    memoryLimitBytes: Math.min(backend.heapLimit, totalMemory()),
    // Sums that the parts of a kernel keep, and each thread's workspace.
    baseBytes: (48 + 2 * backend.threads) * 2 ** 20,
    operations: { convReluMaxPool, batchNormInTraining, adamStep, areFinite, mapsBeforePooling: 0 },
  };
}

function threadsText({ threads, oneThreadBecause }: TrainingBackend): string {
  const count = threads === 1 ? "1 thread" : `${threads} threads`;
  return oneThreadBecause === null ? count : `${count} (${oneThreadBecause})`;
}

async function startNode(why: string): Promise<Backend> {
  let native: TensorflowNode;
  try {
    native = await loadTensorflowNode();
  } catch (cause) {
    throw new TrainerError(
      "BACKEND_UNAVAILABLE",
      `Expected @tensorflow/tfjs-node to load, but it did not (${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)})`,
      "In a clone run: npm run setup -- --backend node; elsewhere: npm install @tensorflow/tfjs-node@4.22.0",
      { cause },
    );
  }
  await setBackend(native.backendName);
  return {
    name: "node",
    kernelSet: `tensorflow-${native.tensorflowVersion}`,
    reason: `tfjs-node with TensorFlow ${native.tensorflowVersion}, ${why}.`,
    memoryLimitBytes: totalMemory(),
    baseBytes: 512 * 2 ** 20,
    operations: tensorflowNodeOperations,
  };
}
