// The heap of TensorFlow.js' WASM backend: tensors by their addresses, and blocks that are lent for one call.

import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { util, type BackendValues, type DataType, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";

import { computationOf, DeferredData, type Computation, type Place, type TensorData } from "./deferred.ts";
import { TrainingWasmError } from "./errors.ts";
import { KeptForms } from "./kept-forms.ts";

/** Fields of the backend that its types do not declare. */
interface BackendInternals {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    readonly tfjs: { registerTensor(id: number, size: number, address: number): void; disposeData(id: number): void };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: {
    get(dataId: object): TensorData;
    has(dataId: object): boolean;
    set(dataId: object, data: TensorData): void;
    delete(dataId: object): boolean;
  };
  dataIdNextNumber: number;
}

/** Bytes that 32-bit addresses reach. */
const ADDRESSES = 2 ** 32;

/** Bytes at which the heap stops growing: see {@link Heap}'s constructor. */
const MOST_BYTES = ADDRESSES - 2 ** 28;

/** Bytes of a page of WebAssembly's memory. */
const PAGE_BYTES = 2 ** 16;

/** Words that most kernels need at most. */
const FEW_WORDS = 1024;

/** The backend's memory, with allocation that cannot fail silently. */
export class Heap {
  readonly backend: BackendWasm;
  /** Filters as the kernels read them. */
  readonly forms: KeptForms;
  readonly #internals: BackendInternals;
  readonly #wasm: BackendInternals["wasm"];
  readonly #tensors: BackendInternals["dataIdMap"];
  /** Tensors that the running kernel has created, including those of kernels that it runs. */
  readonly #made: TensorInfo[] = [];
  /** Depth of nested running kernels. */
  #depth = 0;
  /** The block of {@link Heap.lendWords}, once it was needed. */
  #words: Int32Array | undefined;
  #areWordsLent = false;
  /** What {@link Heap.peakBytes} counts. */
  #use: Use | undefined;

  constructor(backend: BackendWasm) {
    this.backend = backend;
    this.#internals = backend as unknown as BackendInternals;
    const { wasm, dataIdMap } = this.#internals;
    this.#wasm = wasm;
    this.#tensors = dataIdMap;
    // Emscripten's function is a stub that replaces itself, and anything else in its place, when it is first called.
    wasm._free(wasm._malloc(1));
    // The backend itself does not check whether it received a block: it would write to address 0 and beyond.
    const allocate = wasm._malloc.bind(wasm);
    this.forms = new KeptForms({
      allocate: (bytes) => this.allocate(bytes),
      free: (address) => {
        wasm._free(address);
      },
    });
    wasm._malloc = (bytes) => {
      // If a free block's address plus `bytes` exceeds the last address, Emscripten's allocator considers it large
      // enough, and overwrites the start of the heap.
      const isSafe = this.memory.buffer.byteLength + bytes < ADDRESSES;
      let address = isSafe ? allocate(bytes) : 0;
      if (address === 0 && isSafe && this.forms.bytes > 0) {
        this.forms.clear();
        address = allocate(bytes);
      }
      if (address === 0 && bytes > 0) throw outOfMemory(bytes, this.memory.buffer.byteLength);
      if (this.#use !== undefined) take(this.#use, address >>> 0, bytes);
      return address;
    };
    const free = wasm._free.bind(wasm);
    wasm._free = (address) => {
      if (this.#use !== undefined) give(this.#use, address >>> 0);
      free(address);
    };
    // The backend copies bytes of any type: values that another backend stores as integers would become numbers near 0.
    const move = backend.move.bind(backend);
    backend.move = (dataId, values, shape, dtype, refCount) => {
      move(dataId, valuesAs(dtype, values), shape, dtype, refCount);
    };
    this.#outliveTensors();
    // So that blocks of up to 256 MiB are always safe, even after the heap was full and was emptied.
    const { memory } = this;
    memory.grow = (pages) => {
      if (memory.buffer.byteLength + pages * PAGE_BYTES > MOST_BYTES) throw new RangeError("The heap is at its limit");
      return WebAssembly.Memory.prototype.grow.call(memory, pages);
    };
  }

  /** The memory, which grows and never shrinks. */
  get memory(): WebAssembly.Memory {
    return this.#wasm.asm.memory;
  }

  /** Bytes that the heap can grow to. */
  get limit(): number {
    return MOST_BYTES;
  }

  /** Whether threads can share the memory. */
  get isShared(): boolean {
    // Without this class, nothing is shared.
    return typeof SharedArrayBuffer === "function" && this.memory.buffer instanceof SharedArrayBuffer;
  }

  /** Address of the values of `tensor`. */
  address({ dataId }: TensorInfo): number {
    return this.#tensors.get(dataId).memoryOffset;
  }

  /** A new tensor with undefined values. */
  output(shape: readonly number[], dtype: DataType = "float32"): TensorInfo {
    const tensor = this.backend.makeOutput([...shape], dtype);
    this.#made.push(tensor);
    return tensor;
  }

  /** What the backend keeps of `tensor`. Nothing is computed. */
  data({ dataId }: TensorInfo): TensorData {
    return this.#tensors.get(dataId);
  }

  /**
   * A new tensor whose values are computed when they are first read. Holds the inputs until then.
   *
   * @throws {TrainingWasmError} `OUT_OF_MEMORY` if it is larger than the heap can be
   */
  deferred(shape: readonly number[], computation: Computation): TensorInfo {
    const bytes = util.sizeFromShape([...shape]) * Float32Array.BYTES_PER_ELEMENT;
    if (bytes > MOST_BYTES) throw outOfMemory(bytes, this.memory.buffer.byteLength);
    for (const input of computation.inputs) hold(input);
    const dataId = { id: this.#internals.dataIdNextNumber++ };
    this.#tensors.set(dataId, new DeferredData(shape, computation, (data) => this.#compute(data, computation)));
    const tensor: TensorInfo = { dataId, shape: [...shape], dtype: "float32" };
    this.#made.push(tensor);
    return tensor;
  }

  /** Another tensor with the values of `tensor`. They are freed with the last one. */
  share({ dataId, dtype }: TensorInfo, shape: readonly number[]): TensorInfo {
    this.#tensors.get(dataId).refCount++;
    return { dataId, shape: [...shape], dtype };
  }

  /** The values of a tensor, which is no more, for a computation that holds and {@link release}s them. */
  taken({ dataId }: TensorInfo): TensorData {
    const data = this.#tensors.get(dataId);
    hold(data);
    this.backend.disposeData(dataId);
    return data;
  }

  /** Ends a computation's hold of values, which are freed if they belong to no tensor either. */
  release(data: TensorData): void {
    data.holds = (data.holds ?? 0) - 1;
    if (data.holds === 0 && data.refCount <= 0) this.#free(data);
  }

  #compute(data: DeferredData, computation: Computation): Place {
    const size = util.sizeFromShape([...data.shape]);
    const memoryOffset = this.allocate(size * Float32Array.BYTES_PER_ELEMENT);
    try {
      computation.compute(memoryOffset);
    } catch (error) {
      this.#wasm._free(memoryOffset);
      throw error;
    }
    const id = this.#internals.dataIdNextNumber++;
    this.#wasm.tfjs.registerTensor(id, size, memoryOffset);
    for (const input of computation.inputs) this.release(input);
    return { id, memoryOffset };
  }

  #free(data: TensorData): void {
    const computation = computationOf(data);
    if (computation !== undefined) {
      for (const input of computation.inputs) this.release(input);
      return;
    }
    this.forms.free(data);
    const { wasm } = this.#internals;
    wasm._free(data.memoryOffset);
    wasm.tfjs.disposeData(data.id);
  }

  /** Lets values live as long as a computation holds them, and computes those that TensorFlow.js is about to keep. */
  #outliveTensors(): void {
    const { backend } = this;
    backend.disposeData = (dataId, force = false) => {
      if (!this.#tensors.has(dataId)) return true;
      const data = this.#tensors.get(dataId);
      data.refCount--;
      if (!force && data.refCount > 0) return false;
      data.refCount = 0;
      if (data.dtype !== "string" && (data.holds ?? 0) === 0) this.#free(data);
      this.#tensors.delete(dataId);
      return true;
    };
    // Called for variables, whose values would otherwise depend on those of all steps before.
    backend.incRef = (dataId) => {
      const data = this.#tensors.get(dataId);
      if (data.dtype !== "string") void data.memoryOffset;
      data.refCount++;
    };
    const view = backend.typedArrayFromHeap.bind(backend);
    backend.typedArrayFromHeap = (tensor) => {
      // First: the memory may grow, and its old buffer end.
      void this.address(tensor);
      return view(tensor);
    };
  }

  /** The same kernel, but tensors that it created are freed if it fails. */
  allOrNothing(kernelFunc: KernelFunc): KernelFunc {
    return (call) => {
      if (call.backend !== this.backend) {
        throw new TrainingWasmError(
          "BACKEND_UNAVAILABLE",
          "Expected the backend that enableTraining() set up, but TensorFlow.js has started another one since. Call " +
            "enableTraining() again, and create tensors and models anew.",
        );
      }
      const before = this.#made.length;
      this.#depth++;
      try {
        return kernelFunc(call);
      } catch (error) {
        for (const { dataId } of this.#made.splice(before)) this.backend.disposeData(dataId);
        throw error;
      } finally {
        this.#depth--;
        if (this.#depth === 0) this.#made.length = 0;
      }
    };
  }

  /**
   * A block that is never freed.
   *
   * @throws {TrainingWasmError} `OUT_OF_MEMORY`
   */
  allocate(bytes: number): number {
    return this.#wasm._malloc(bytes) >>> 0;
  }

  /**
   * Lends a block of `bytes` bytes for one call.
   *
   * @throws {TrainingWasmError} `OUT_OF_MEMORY`
   */
  lend<Result>(bytes: number, use: (address: number) => Result): Result {
    const address = this.allocate(bytes);
    try {
      return use(address);
    } finally {
      this.#wasm._free(address);
    }
  }

  /** The most bytes that `run` takes at the same time, beyond those that were taken before. */
  peakBytes(run: () => void): number {
    const use: Use = { sizes: new Map(), bytes: 0, most: 0 };
    this.#use = use;
    try {
      run();
    } finally {
      this.#use = undefined;
    }
    return use.most;
  }

  /** Lends a block with 32-bit words for one call. */
  lendWords<Result>(words: readonly number[], use: (address: number) => Result): Result {
    // A block that is kept, unless it is lent: for small tensors, an allocation takes longer than the work.
    if (words.length <= FEW_WORDS && !this.#areWordsLent) {
      if (this.#words === undefined || this.#words.buffer !== this.memory.buffer) {
        const address = this.#words?.byteOffset ?? this.allocate(FEW_WORDS * Int32Array.BYTES_PER_ELEMENT);
        this.#words = new Int32Array(this.memory.buffer, address, FEW_WORDS);
      }
      this.#words.set(words);
      this.#areWordsLent = true;
      try {
        return use(this.#words.byteOffset);
      } finally {
        this.#areWordsLent = false;
      }
    }
    return this.lend(words.length * Int32Array.BYTES_PER_ELEMENT, (address) => {
      new Int32Array(this.memory.buffer, address, words.length).set(words);
      return use(address);
    });
  }
}

/** Blocks that were taken and not given back, by their addresses. */
interface Use {
  readonly sizes: Map<number, number>;
  bytes: number;
  /** Most bytes so far. */
  most: number;
}

function take(use: Use, address: number, bytes: number): void {
  use.sizes.set(address, bytes);
  use.bytes += bytes;
  use.most = Math.max(use.most, use.bytes);
}

function give(use: Use, address: number): void {
  use.bytes -= use.sizes.get(address) ?? 0;
  use.sizes.delete(address);
}

/** Keeps values for a computation, also if their tensors are disposed of. */
function hold(data: TensorData): void {
  data.holds = (data.holds ?? 0) + 1;
}

/** @throws {TrainingWasmError} `UNSUPPORTED_OPERATION` unless all are float32 */
export function checkFloats(operation: string, tensors: readonly TensorInfo[]): void {
  const other = tensors.find(({ dtype }) => dtype !== "float32");
  if (other !== undefined) {
    throw new TrainingWasmError(
      "UNSUPPORTED_OPERATION",
      `Expected float32 tensors for ${operation}, but received ${other.dtype}. Cast them with tf.cast(x, "float32").`,
    );
  }
}

/** Number of values of a tensor. */
export function sizeOf({ shape }: TensorInfo): number {
  return util.sizeFromShape(shape);
}

function outOfMemory(bytes: number, heapBytes: number): TrainingWasmError {
  const megabytes = (count: number): string => `${Math.ceil(count / 2 ** 20)} MiB`;
  return new TrainingWasmError(
    "OUT_OF_MEMORY",
    `Expected ${megabytes(bytes)} more for a tensor, but the WASM heap has ${megabytes(heapBytes)} and cannot grow so ` +
      `far (its limit is ${megabytes(MOST_BYTES)}). Use a smaller batch or smaller pictures.`,
  );
}

/** `values` in the array type of `dtype`: a cast on the cpu backend keeps the array that it had. */
function valuesAs(dtype: DataType, values: BackendValues | null): BackendValues | null {
  // For an empty list of strings the backend has null, which it cannot read.
  if (dtype === "string") return values ?? [];
  if (values === null || dtype === "complex64") return values;
  const numbers = values as unknown as ArrayLike<number>;
  if (dtype === "float32") return values instanceof Float32Array ? values : Float32Array.from(numbers);
  if (dtype === "int32") return values instanceof Int32Array ? values : Int32Array.from(numbers);
  return values instanceof Uint8Array ? values : Uint8Array.from(numbers, (value) => (value === 0 ? 0 : 1));
}
