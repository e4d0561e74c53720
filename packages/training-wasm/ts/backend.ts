// One call that makes TensorFlow.js' WASM backend train convolutional networks.

import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

import { onDisposal } from "./disposal.ts";
import { canRun, canShareMemory, KERNEL_SETS, type KernelSet } from "./engine.ts";
import { TrainingWasmError } from "./errors.ts";
import { LEAST_DEFERRED, type Evaluator } from "./expressions/expression.ts";
import { Heap } from "./heap.ts";
import { Kernels } from "./kernels.ts";
import { checkOptionNames } from "./option-names.ts";
import { registerKernels } from "./registration.ts";
import { memoryLimit, startBackend } from "./tensorflow-backend.ts";
import { logicalCores } from "./threads.ts";

/** Options for {@link enableTraining}. */
export interface EnableTrainingOptions {
  /**
   * Which kernels run. `simd128` gives the same bytes in every engine; `relaxed` is faster, and rounds a product and
   * its sum once if the processor can, so that results may differ between processors. Both give the same bytes for any
   * number of threads. Default: `relaxed` if the engine supports it.
   */
  readonly kernelSet?: KernelSet;
  /** Number of threads, 1 or more. Default: the number of cores. */
  readonly threads?: number;
}

/** The backend that {@link enableTraining} set up. */
export interface TrainingBackend {
  /** The kernels in use. */
  readonly kernelSet: KernelSet;
  /** Number of threads. */
  readonly threads: number;
  /** Why there is only one thread although more were asked for, as a sentence; null otherwise. */
  readonly oneThreadBecause: string | null;
  /** Bytes that the WASM heap can grow to. */
  readonly heapLimit: number;
  /** Bytes of the WASM heap now: it has grown to the peak of what was in use, and never shrinks. */
  heapBytes(): number;
  /**
   * The most bytes of the heap that `run` takes at the same time, beyond those taken before it.
   *
   * @param share part of a batch that `run` computes, 0 to 1: tensors are deferred as those of the whole batch would be
   */
  readonly peakBytes: (run: () => void, share?: number) => number;
}

/** The kernels and result of a backend that training is enabled on. */
interface Enabled {
  readonly evaluator: Evaluator;
  readonly training: TrainingBackend;
}

const enabled = new WeakMap<BackendWasm, Enabled>();

/** The latest call: the next one waits for it. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Makes TensorFlow.js' `wasm` backend the current one, and registers the kernels that training needs and that the
 * backend lacks, gets wrong, or runs slowly. `tf.layers` models then train unchanged. A second call returns the same
 * backend, or switches its kernels or threads, on the same memory, if the options differ. The binaries come with this
 * package: nothing is fetched, and `setWasmPaths` is not needed. Nothing falls back to the `cpu` backend: if `wasm`
 * cannot run, this throws.
 *
 * Call it before `tf.setBackend("wasm")`: the memory of a backend that is already running cannot be shared by threads.
 *
 * @throws {TrainingWasmError} `UNSUPPORTED_ENGINE`, `BACKEND_UNAVAILABLE`, `KERNELS_UNAVAILABLE`, `OUT_OF_MEMORY`
 * @throws {RangeError} for an invalid number of threads, an unknown set of kernels, or an unknown option
 * @example
 * import { oneHot, randomNormal } from "@tensorflow/tfjs-core";
 * import { layers, sequential } from "@tensorflow/tfjs-layers";
 * import { enableTraining } from "@silhouette/training-wasm";
 *
 * await enableTraining();
 * const model = sequential();
 * model.add(layers.conv2d({ inputShape: [32, 32, 1], filters: 8, kernelSize: 3, activation: "relu" }));
 * model.add(layers.maxPooling2d({ poolSize: 2 }));
 * model.add(layers.flatten());
 * model.add(layers.dense({ units: 2, activation: "softmax" }));
 * model.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
 * await model.fit(randomNormal([4, 32, 32, 1]), oneHot([0, 1, 0, 1], 2), { epochs: 2, verbose: 0 });
 */
export async function enableTraining(options: EnableTrainingOptions = {}): Promise<TrainingBackend> {
  // One after the other: if the backend is started twice at once, TensorFlow.js reports the first start as failed.
  const training = last.catch(() => undefined).then(() => enable(options));
  last = training;
  return training;
}

async function enable(options: EnableTrainingOptions): Promise<TrainingBackend> {
  checkOptionNames("enableTraining", options, ["kernelSet", "threads"]);
  const { kernelSet, threads } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new RangeError(`Expected threads to be a whole number of 1 or more, but received ${threads}`);
  if (kernelSet !== undefined && !KERNEL_SETS.includes(kernelSet))
    throw new RangeError(`Expected kernelSet to be ${KERNEL_SETS.join(" or ")}, but received ${kernelSet}`);
  if (!KERNEL_SETS.some(canRun)) {
    throw new TrainingWasmError(
      "UNSUPPORTED_ENGINE",
      "Expected an engine with WebAssembly SIMD, but this one has none. Use Node 20 or later, or a browser of 2023 or later.",
    );
  }
  const set = kernelSet ?? (canRun("relaxed") ? "relaxed" : "simd128");
  if (!canRun(set)) {
    throw new TrainingWasmError(
      "KERNELS_UNAVAILABLE",
      `Expected an engine that runs the ${set} kernels, but this one does not. Leave kernelSet out, or use Node 22 or later.`,
    );
  }
  const current = await startBackend();
  const before = enabled.get(current);
  const isSame = (threads ?? before?.training.threads) === before?.training.threads;
  if (
    before !== undefined &&
    before.evaluator.kernels.areAlive &&
    isSame &&
    (kernelSet ?? before.training.kernelSet) === before.training.kernelSet
  )
    return before.training;

  const heap = before?.evaluator.heap ?? new Heap(current);
  if (before === undefined) onDisposal(current, () => enabled.get(current)?.evaluator.kernels.stop());
  const { kernels, oneThreadBecause } = await startKernels(set, heap, threads ?? before?.training.threads);
  const former = before?.evaluator.kernels;
  // What is deferred is computed by the new ones.
  const evaluator = Object.assign(before?.evaluator ?? { heap, kernels, leastDeferred: LEAST_DEFERRED }, { kernels });
  // They may be laid out for the former ones.
  heap.forms.clear();
  registerKernels(evaluator);
  // Not before: if the new ones do not start, those that are registered go on.
  former?.stop();
  const training: TrainingBackend = {
    kernelSet: set,
    threads: kernels.threads,
    oneThreadBecause,
    heapLimit: Math.min(heap.limit, memoryLimit()),
    heapBytes: () => heap.memory.buffer.byteLength,
    peakBytes: (run, share = 1) => {
      evaluator.leastDeferred = LEAST_DEFERRED * share;
      try {
        return heap.peakBytes(run);
      } finally {
        evaluator.leastDeferred = LEAST_DEFERRED;
      }
    },
  };
  enabled.set(current, { evaluator, training });
  return training;
}

async function startKernels(
  set: KernelSet,
  heap: Heap,
  threads: number | undefined,
): Promise<{ readonly kernels: Kernels; readonly oneThreadBecause: string | null }> {
  const wanted = threads ?? logicalCores();
  let reason = null;
  if (wanted > 1 && heap.isShared) {
    try {
      return { kernels: await Kernels.start(set, heap, wanted), oneThreadBecause: null };
    } catch (error) {
      if (error instanceof TrainingWasmError) throw error;
      reason = `Workers do not start here: ${String(error)}.`;
    }
  } else if (wanted > 1) {
    reason = canShareMemory()
      ? "The wasm backend ran already, with memory that threads cannot share: call enableTraining first."
      : "The page is not cross-origin isolated: serve it with the headers Cross-Origin-Opener-Policy: same-origin and " +
        "Cross-Origin-Embedder-Policy: require-corp.";
  }
  return { kernels: await Kernels.start(set, heap, 1), oneThreadBecause: reason };
}
