// One call that makes TensorFlow.js' WASM backend train convolutional networks.

import { BackendWasm, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import {
  _FusedMatMul,
  Abs,
  ArgMax,
  ArgMin,
  backend,
  BatchMatMul,
  Bincount,
  Cast,
  Conv2D,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  CropAndResize,
  Cumprod,
  Cumsum,
  DepthwiseConv2dNative,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  env,
  engine,
  findBackendFactory,
  FusedBatchNorm,
  FusedConv2D,
  FusedDepthwiseConv2D,
  GatherV2,
  getBackend,
  getGradient,
  getKernel,
  Mean,
  PadV2,
  registerBackend,
  registerGradient,
  registerKernel,
  ResizeNearestNeighbor,
  Reverse,
  RotateWithOffset,
  Select,
  setBackend,
  Slice,
  Sum,
  TopK,
  Transform,
  unregisterKernel,
  type GradConfig,
  type KernelConfig,
} from "@tensorflow/tfjs-core";

import { registerChainedOperations } from "./chained-operations.ts";
import {
  backendBinary,
  canRun,
  canShareMemory,
  GIBIBYTE,
  KERNEL_SETS,
  largestSharedMemory,
  type Gibibytes,
  type KernelSet,
} from "./engine.ts";
import { TrainingWasmError } from "./errors.ts";
import { Heap } from "./heap.ts";
import { Kernels } from "./kernels.ts";
import { adam, areFinite } from "./kernels/adam.ts";
import { batchNorm, batchNormGradient, fusedBatchNorm } from "./kernels/batch-norm.ts";
import { conv2dFilterGradient, conv2dInputGradient } from "./kernels/conv2d-gradients.ts";
import { conv3dGradients } from "./kernels/conv3d-gradients.ts";
import { conv3dTransposeGradient } from "./kernels/conv3d-transpose-gradient.ts";
import { convolution } from "./kernels/convolutions.ts";
import { convPool, convPoolGradient } from "./kernels/conv-pool.ts";
import { depthwiseGradients } from "./kernels/depthwise-gradients.ts";
import { dilatedGradient } from "./kernels/dilated-gradient.ts";
import { dilation2d } from "./kernels/dilation2d.ts";
import { einsum } from "./kernels/einsum.ts";
import {
  abs,
  bincount,
  cast,
  clipByValue,
  cumulative,
  gather,
  oneHot,
  pad,
  rectifiers,
  resizeNearestNeighbor,
  reverse,
  select,
  slice,
  topK,
} from "./kernels/elements.ts";
import { hasRightActivation, withAnyBias } from "./kernels/fused.ts";
import { FUNCTIONS, FUNCTIONS_OF_TWO, ofOne, ofTwo, prelu } from "./kernels/functions.ts";
import { identity } from "./kernels/identity.ts";
import { cropAndResize, rotateWithOffset, transform } from "./kernels/image-transforms.ts";
import { guardInputs } from "./kernels/inputs.ts";
import type { Kernel } from "./kernels/kernel.ts";
import { batchMatMul, fusedMatMul, isOneProduct } from "./kernels/matmul.ts";
import { maxPoolWithArgmax } from "./kernels/max-pool-with-argmax.ts";
import { pooling } from "./kernels/pooling.ts";
import { pooling3d } from "./kernels/pooling3d.ts";
import { indexed } from "./kernels/indices.ts";
import { placeOfExtreme, reduction, REDUCTIONS } from "./kernels/reductions.ts";
import { resizeGradients } from "./kernels/resize-gradients.ts";
import { mean, sum } from "./kernels/row-sums.ts";
import { segmentSum } from "./kernels/segment-sum.ts";
import { stridedSlice } from "./kernels/strided.ts";
import { winogradForward } from "./kernels/winograd.ts";
import { checkOptionNames } from "./option-names.ts";
import { keepProcessListeners } from "./process-listeners.ts";
import { logicalCores } from "./threads.ts";

/** What {@link enableTraining} can be told. */
export interface EnableTrainingOptions {
  /**
   * Which kernels run. `simd128` gives the same bytes in every engine; `relaxed` is faster, and rounds a product and its sum
   * once where the processor can, so that two kinds of processors may differ. Either gives the same bytes for any number of
   * threads. Default: `relaxed` where the engine has it.
   */
  readonly kernelSet?: KernelSet;
  /** Threads that compute, 1 or more. Default: as many as the machine has cores. */
  readonly threads?: number;
}

/** The backend that {@link enableTraining} made ready. */
export interface TrainingBackend {
  /** The kernels in use. */
  readonly kernelSet: KernelSet;
  /** Threads that compute. */
  readonly threads: number;
  /** Why there is only one thread, where more were to be had: a sentence; null otherwise. */
  readonly oneThreadBecause: string | null;
  /** Bytes of the largest WASM heap. */
  readonly heapLimit: number;
  /** Bytes of the WASM heap so far: it grows to what was needed at once, and never shrinks. */
  heapBytes(): number;
}

/** A backend of TensorFlow.js, and what was made of it. */
interface Enabled {
  readonly heap: Heap;
  readonly kernels: Kernels;
  readonly training: TrainingBackend;
}

const enabled = new WeakMap<BackendWasm, Enabled>();

/** Backends that were disposed of. */
const disposed = new WeakSet<BackendWasm>();

/** How TensorFlow.js starts the backend, for when it has been removed; null where another copy of TensorFlow.js has it. */
const factory = findBackendFactory("wasm") as ReturnType<typeof findBackendFactory> | null;

/** What the memory of the binary that TensorFlow.js was told of may grow to. */
let served: Gibibytes | undefined;

/** The call that is under way: the next one waits for it. */
let last: Promise<unknown> = Promise.resolve();

/** Kernels as TensorFlow.js registered them: a second backend needs them, when the first one's stand in their places. */
const stock = new Map<string, KernelConfig>();

const CONV2D = { forward: Conv2D, inputGradient: Conv2DBackpropInput, filterGradient: Conv2DBackpropFilter };
const DEPTHWISE = {
  forward: DepthwiseConv2dNative,
  inputGradient: DepthwiseConv2dNativeBackpropInput,
  filterGradient: DepthwiseConv2dNativeBackpropFilter,
};

/** Gradients as TensorFlow.js registered them, if it did. */
let usualGradients: { readonly conv2d?: GradConfig; readonly depthwise?: GradConfig } | undefined;

/**
 * Makes TensorFlow.js' `wasm` backend the current one, and registers the kernels that training needs and that it lacks,
 * has wrong, or has slow. After it, `tf.layers` models fit as they are. A second call gives the same backend, and with other
 * options other kernels or threads on the same memory. The binaries come with this package: nothing is fetched, and
 * `setWasmPaths` is not needed. Nothing falls back to the `cpu` backend: where `wasm` cannot run, this throws.
 *
 * Call it before `tf.setBackend("wasm")`: a backend that runs already has memory that threads cannot share.
 *
 * @throws {TrainingWasmError} `UNSUPPORTED_ENGINE`, `BACKEND_UNAVAILABLE`, `KERNELS_UNAVAILABLE`, `OUT_OF_MEMORY`
 * @throws {RangeError} for another number of threads, an unknown set of kernels, or an unknown option
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
  // One after the other: of two starts of the backend at once, TensorFlow.js reports the first as failed.
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
  if (!canRun("simd128")) {
    throw new TrainingWasmError(
      "UNSUPPORTED_ENGINE",
      "Expected an engine with WebAssembly SIMD, but this one has none. Use Node 20 or later, or a browser of 2023 or later.",
    );
  }
  const set = kernelSet ?? (canRun("relaxed") ? "relaxed" : "simd128");
  if (!canRun(set)) {
    throw new TrainingWasmError(
      "KERNELS_UNAVAILABLE",
      `Expected an engine that runs the ${set} kernels, but this one does not. Leave kernelSet away, or use Node 22 or later.`,
    );
  }
  checkAddressSpace();
  const current = await startBackend();
  const before = enabled.get(current);
  const isSame = (threads ?? before?.training.threads) === before?.training.threads;
  if (
    before !== undefined &&
    before.kernels.areAlive &&
    isSame &&
    (kernelSet ?? before.training.kernelSet) === before.training.kernelSet
  )
    return before.training;

  const heap = before?.heap ?? new Heap(current);
  if (before === undefined) endWith(current);
  const { kernels, oneThreadBecause } = await startKernels(set, heap, threads ?? before?.training.threads);
  register(kernels, heap);
  registerChainedOperations();
  // Not before: if others do not start, those that are registered go on.
  before?.kernels.stop();
  const training: TrainingBackend = {
    kernelSet: set,
    threads: kernels.threads,
    oneThreadBecause,
    heapLimit: Math.min(heap.limit, (served ?? 4) * GIBIBYTE),
    heapBytes: () => heap.memory.buffer.byteLength,
  };
  enabled.set(current, { heap, kernels, training });
  return training;
}

/**
 * Engines reserve some 10 GB of addresses for each WebAssembly memory. Where these cannot be had, TensorFlow.js' start ends
 * the process instead of failing.
 *
 * @throws {TrainingWasmError} `OUT_OF_MEMORY`
 */
function checkAddressSpace(): void {
  try {
    Reflect.construct(WebAssembly.Memory, [{ initial: 1 }]);
  } catch (cause) {
    throw new TrainingWasmError(
      "OUT_OF_MEMORY",
      `Expected address space for WebAssembly's memory, but there is none left (${String(cause)}). Raise the limit of ` +
        "memory (ulimit -v), or close other programs.",
      { cause },
    );
  }
}

/** The backend that runs, or a new one, with memory that threads share where it can be had. */
async function startBackend(): Promise<BackendWasm> {
  // Null, against its type, where there is none: where another copy of TensorFlow.js has it.
  const isKnown =
    (findBackendFactory("wasm") as unknown) !== null || (factory !== null && registerBackend("wasm", factory));
  // Not by findBackend, which would start it.
  const { registry } = engine();
  // What was disposed of stays there, and would be taken for one that runs.
  if (registry["wasm"] instanceof BackendWasm && disposed.has(registry["wasm"])) delete registry["wasm"];
  const isRunning = "wasm" in registry;
  let isSet = false;
  if (isRunning) {
    isSet = await setBackend("wasm");
  } else if (isKnown) {
    // Its own threads serve stock kernels alone; ours serve those that training spends its time with.
    env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    env().set("WASM_HAS_SIMD_SUPPORT", true);
    const putBackListeners = keepProcessListeners();
    await serveBinary();
    isSet = await setBackend("wasm");
    putBackListeners();
  }
  const current = isSet ? backend() : undefined;
  if (!(current instanceof BackendWasm)) {
    throw new TrainingWasmError(
      "BACKEND_UNAVAILABLE",
      `Expected TensorFlow.js' wasm backend to start, but the backend is ${isSet ? getBackend() : "none"}. Is there only one ` +
        "copy of @tensorflow/tfjs-core, and does the page's content policy allow 'wasm-unsafe-eval'?",
    );
  }
  return current;
}

/**
 * Tells TensorFlow.js where its binary is: in a blob, which it fetches each time that it starts the backend.
 *
 * @throws {TrainingWasmError} `BACKEND_UNAVAILABLE` where a blob cannot be fetched, at which TensorFlow.js would wait for ever
 */
async function serveBinary(): Promise<void> {
  // After a crash of a backend TensorFlow.js takes no other paths.
  if (served !== undefined) return;
  const shared = largestSharedMemory();
  const gibibytes = shared ?? 4;
  const binary = backendBinary(shared !== undefined, gibibytes);
  const url = URL.createObjectURL(new Blob([binary], { type: "application/wasm" }));
  try {
    await fetch(url);
  } catch (cause) {
    throw new TrainingWasmError(
      "BACKEND_UNAVAILABLE",
      `Expected to fetch a blob of this page's own, but that failed (${String(cause)}). Does the page's content policy allow ` +
        "blob: in connect-src?",
      { cause },
    );
  }
  const files = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];
  setWasmPaths(Object.fromEntries(files.map((file) => [file, url])), true);
  served = gibibytes;
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

function register(kernels: Kernels, heap: Heap): void {
  const forward = (name: string, isDepthwise: boolean): Kernel =>
    convolution(heap, name, stockKernel(name).kernelFunc, isDepthwise);
  const fused = (name: string, isDepthwise: boolean): Kernel =>
    withAnyBias(heap, name, forward(name, isDepthwise).kernelFunc, hasRightActivation);
  const replaced = [
    identity(heap),
    ...pooling(kernels, heap),
    ...pooling3d(heap),
    maxPoolWithArgmax(heap),
    ...conv3dGradients(heap),
    ...dilation2d(heap),
    conv2dInputGradient(kernels, heap),
    batchMatMul(kernels, heap, stockKernel(BatchMatMul).kernelFunc),
    withAnyBias(heap, _FusedMatMul, fusedMatMul(heap, stockKernel(_FusedMatMul).kernelFunc), isOneProduct),
    winogradForward(kernels, heap, Conv2D, forward(Conv2D, false).kernelFunc),
    forward(DepthwiseConv2dNative, true),
    withAnyBias(
      heap,
      FusedConv2D,
      winogradForward(kernels, heap, FusedConv2D, fused(FusedConv2D, false).kernelFunc).kernelFunc,
    ),
    fused(FusedDepthwiseConv2D, true),
    fusedBatchNorm(kernels, heap, stockKernel(FusedBatchNorm).kernelFunc),
    sum(kernels, heap, stockKernel(Sum).kernelFunc),
    cast(kernels, heap, stockKernel(Cast).kernelFunc),
    clipByValue(kernels, heap),
    ...rectifiers(heap),
    abs(heap, stockKernel(Abs).kernelFunc),
    resizeNearestNeighbor(heap, stockKernel(ResizeNearestNeighbor).kernelFunc),
    ...REDUCTIONS.map((name) => reduction(heap, name, stockKernel(name).kernelFunc)),
    ...([ArgMax, ArgMin] as const).map((name) => placeOfExtreme(heap, name, stockKernel(name).kernelFunc)),
    mean(kernels, heap, stockKernel(Mean).kernelFunc),
    ...indexed(heap, (name) => {
      const { kernelFunc } = stockKernel(name);
      if (name === Bincount) return bincount(heap, kernelFunc).kernelFunc;
      return name === CropAndResize ? cropAndResize(heap, kernelFunc).kernelFunc : kernelFunc;
    }),
    oneHot(heap),
    topK(heap, stockKernel(TopK).kernelFunc),
    ...([Cumsum, Cumprod] as const).map((name) => cumulative(heap, name, stockKernel(name).kernelFunc)),
    gather(heap, stockKernel(GatherV2).kernelFunc),
    stridedSlice(heap),
    transform(heap, stockKernel(Transform).kernelFunc),
    rotateWithOffset(heap, stockKernel(RotateWithOffset).kernelFunc),
    ...resizeGradients(heap),
    pad(heap, stockKernel(PadV2).kernelFunc),
    reverse(heap, stockKernel(Reverse).kernelFunc),
    select(heap, stockKernel(Select).kernelFunc),
    slice(kernels, heap, stockKernel(Slice).kernelFunc),
    ...Object.keys(FUNCTIONS).map((name) => ofOne(heap, name, stockKernel(name).kernelFunc)),
    ...Object.keys(FUNCTIONS_OF_TWO).map((name) => ofTwo(heap, name, stockKernel(name).kernelFunc)),
    prelu(heap),
  ];
  const added = [
    conv2dFilterGradient(kernels, heap),
    ...depthwiseGradients(kernels, heap),
    segmentSum(kernels, heap),
    einsum(heap),
    ...convPool(kernels, heap),
    ...batchNorm(kernels, heap),
    adam(kernels, heap),
    areFinite(kernels, heap),
  ];
  for (const each of [...replaced, ...added]) {
    const { kernelName } = each;
    const kernelFunc = heap.allOrNothing(each.kernelFunc);
    if (isRegistered(kernelName)) unregisterKernel(kernelName, "wasm");
    // What a stock kernel sets up for a backend is set up for ours, which may call it.
    registerKernel({ ...stock.get(kernelName), kernelName, kernelFunc, backendName: "wasm" });
  }
  guardInputs();
  usualGradients ??= { conv2d: getGradient(Conv2D), depthwise: getGradient(DepthwiseConv2dNative) };
  registerGradient(dilatedGradient(CONV2D, usualGradients.conv2d));
  registerGradient(dilatedGradient(DEPTHWISE, usualGradients.depthwise));
  registerGradient(conv3dTransposeGradient);
  registerGradient(convPoolGradient);
  registerGradient(batchNormGradient);
}

/** When the backend is disposed of, threads end, and the process' listeners stay. */
function endWith(wasm: BackendWasm): void {
  const dispose = wasm.dispose.bind(wasm);
  wasm.dispose = () => {
    if (disposed.has(wasm)) return;
    const putBackListeners = keepProcessListeners();
    enabled.get(wasm)?.kernels.stop();
    disposed.add(wasm);
    dispose();
    wasm.wasm = gone();
    putBackListeners();
  };
}

/** What stands for the module of a backend that was disposed of. TensorFlow.js leaves null, of which kernels read properties. */
function gone(): BackendWasm["wasm"] {
  return new Proxy({} as BackendWasm["wasm"], {
    get: () => {
      throw new TrainingWasmError(
        "BACKEND_UNAVAILABLE",
        "Expected a wasm backend that runs, but it was disposed of. Call enableTraining() again, and make tensors and " +
          "models anew.",
      );
    },
  });
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
