// One call that makes TensorFlow.js' WASM backend train convolutional networks.

import { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import {
  _FusedMatMul,
  backend,
  BatchMatMul,
  env,
  findBackendFactory,
  getBackend,
  getKernel,
  registerGradient,
  registerKernel,
  setBackend,
  unregisterKernel,
  type KernelConfig,
} from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "./errors.ts";
import { Heap, MOST_BYTES } from "./heap.ts";
import { instantiateKernels } from "./kernels.ts";
import { batchNorm, batchNormGradient } from "./kernels/batch-norm.ts";
import { conv2dFilterGradient, conv2dInputGradient } from "./kernels/conv2d-gradients.ts";
import { convPool, convPoolGradient } from "./kernels/conv-pool.ts";
import { identity } from "./kernels/identity.ts";
import { batchMatMul, fusedMatMul } from "./kernels/matmul.ts";
import { maxPoolGradient } from "./kernels/max-pool-gradient.ts";

/** Which kernels run. A set rounds in its own way: the same inputs give the same bytes with the same set. */
export type KernelSet = "simd128";

/** The backend that {@link enableTraining} made ready. */
export interface TrainingBackend {
  /** The kernels in use. */
  readonly kernelSet: KernelSet;
  /** Bytes of the largest WASM heap. */
  readonly heapLimit: number;
  /** Bytes of the WASM heap so far: it grows to what was needed at once, and never shrinks. */
  heapBytes(): number;
}

const enabled = new WeakMap<BackendWasm, Promise<TrainingBackend>>();

let starting: Promise<TrainingBackend> | undefined;

/** Kernels as TensorFlow.js registered them: a second backend needs them, when the first one's stand in their places. */
const stock = new Map<string, KernelConfig>();

/**
 * Makes TensorFlow.js' `wasm` backend the current one, and registers the kernels that training needs and that it lacks,
 * has wrong, or has slow. After it, `tf.layers` models fit as they are. A second call gives the same backend. Nothing falls
 * back to the `cpu` backend: where `wasm` cannot run, this throws.
 *
 * @throws {TrainingWasmError} `UNSUPPORTED_ENGINE`, `BACKEND_UNAVAILABLE`, `KERNELS_UNAVAILABLE`
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
export async function enableTraining(): Promise<TrainingBackend> {
  // Of two starts of the backend at once, TensorFlow.js reports the first as failed.
  starting ??= start().finally(() => {
    starting = undefined;
  });
  return starting;
}

async function start(): Promise<TrainingBackend> {
  if (!(await env().getAsync("WASM_HAS_SIMD_SUPPORT"))) {
    throw new TrainingWasmError(
      "UNSUPPORTED_ENGINE",
      "Expected an engine with WebAssembly SIMD, but this one has none. Use Node 20 or later, or a browser of 2023 or later.",
    );
  }
  // Null, against its type, where @tensorflow/tfjs-backend-wasm registered itself with another copy of TensorFlow.js.
  const isKnown = (findBackendFactory("wasm") as unknown) !== null;
  const isSet = isKnown && (await setBackend("wasm"));
  const current = isSet ? backend() : undefined;
  if (!(current instanceof BackendWasm)) {
    throw new TrainingWasmError(
      "BACKEND_UNAVAILABLE",
      `Expected TensorFlow.js' wasm backend to start, but the backend is ${isSet ? getBackend() : "none"}. Is there only one ` +
        "copy of @tensorflow/tfjs-core, and can its .wasm files be read?",
    );
  }
  let ready = enabled.get(current);
  if (ready === undefined) {
    ready = register(current);
    enabled.set(current, ready);
    ready.catch(() => enabled.delete(current));
  }
  return ready;
}

async function register(wasm: BackendWasm): Promise<TrainingBackend> {
  const heap = new Heap(wasm);
  const kernels = await instantiateKernels(heap.memory, (bytes) => heap.allocate(bytes));
  const replaced = [
    identity(heap),
    maxPoolGradient(kernels, heap),
    conv2dInputGradient(kernels, heap),
    batchMatMul(kernels, heap, stockKernel(BatchMatMul).kernelFunc),
    fusedMatMul(heap, stockKernel(_FusedMatMul).kernelFunc),
  ];
  const added = [conv2dFilterGradient(kernels, heap), ...convPool(kernels, heap), ...batchNorm(kernels, heap)];
  for (const each of [...replaced, ...added]) {
    const { kernelName } = each;
    const kernelFunc = heap.allOrNothing(each.kernelFunc);
    if (isRegistered(kernelName)) unregisterKernel(kernelName, "wasm");
    // What a stock kernel sets up for a backend is set up for ours, which may call it.
    registerKernel({ ...stock.get(kernelName), kernelName, kernelFunc, backendName: "wasm" });
  }
  registerGradient(convPoolGradient);
  registerGradient(batchNormGradient);
  return { kernelSet: "simd128", heapLimit: MOST_BYTES, heapBytes: () => heap.memory.buffer.byteLength };
}

function stockKernel(kernelName: string): KernelConfig {
  const kernel = stock.get(kernelName) ?? getKernel(kernelName, "wasm");
  stock.set(kernelName, kernel);
  return kernel;
}

function isRegistered(kernelName: string): boolean {
  // Its type does not tell that it may be undefined.
  return (getKernel(kernelName, "wasm") as KernelConfig | undefined) !== undefined;
}
