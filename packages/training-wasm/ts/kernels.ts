// The compiled kernels, instantiated on TensorFlow.js' memory, on one or several threads.

import { kernelsBinary, type KernelSet } from "./engine.ts";
import type { Heap } from "./heap.ts";
import { STACK_BYTES, Threads } from "./threads.ts";

/**
 * Functions of `src/abi`, which documents each. Every number is an unsigned 32-bit word, except `epsilon` and `factor`,
 * the bounds of `clip` and the constants of `adam`; addresses are offsets into the memory.
 */
interface Functions {
  conv2d_packed_bytes(convolution: number, turned: number): number;
  conv2d_pack_filter_parts(convolution: number, turned: number): number;
  conv2d_parts(convolution: number, turned: number): number;
  conv2d_workspace(convolution: number, turned: number): number;
  conv2d_filter_gradient_parts(convolution: number): number;
  conv2d_filter_gradient_sums_parts(convolution: number): number;
  conv2d_filter_gradient_sums(convolution: number): number;
  conv2d_filter_gradient_workspace(convolution: number): number;
  conv_pool_panels(convolution: number): number;
  conv_pool_workspace(convolution: number): number;
  conv_pool_pack_filter(convolution: number, filter: number, bias: number, panels: number): void;
  conv_pool_turned_filter(convolution: number): number;
  conv_pool_turn_filter(convolution: number, filter: number, panels: number): void;
  conv_pool_input_gradient_workspace(convolution: number): number;
  conv_pool_filter_gradient_parts(convolution: number): number;
  conv_pool_filter_gradient_workspace(convolution: number): number;
  winograd_fits(convolution: number): number;
  winograd_filter_bytes(convolution: number, turned: number): number;
  winograd_filter_parts(convolution: number, turned: number): number;
  winograd_workspace(convolution: number, turned: number): number;
  winograd_parts(convolution: number, turned: number): number;
  winograd_pool_parts(convolution: number): number;
  winograd_filter_gradient_parts(convolution: number): number;
  winograd_filter_gradient_sums(convolution: number): number;
  winograd_filter_gradient_workspace(convolution: number): number;
  winograd_filter_gradient_total_workspace(convolution: number): number;
  depthwise_workspace(convolution: number): number;
  depthwise_filter_gradient_parts(convolution: number): number;
  depthwise_filter_gradient_total(parts: number, size: number, sums: number, filter: number): void;
  transpose_items(rank: number, axes: number): number;
  resample_workspace(resize: number): number;
  matmul_parts(count: number, columns: number): number;
  matmul_workspace(depth: number): number;
  row_sums_parts(rows: number): number;
  row_sums_total(parts: number, channels: number, factor: number, sums: number, out: number): void;
  batch_norm_workspace(channels: number): number;
  batch_norm_total_statistics(
    parts: number,
    rows: number,
    channels: number,
    moments: number,
    mean: number,
    variance: number,
  ): void;
  batch_norm_coefficients(
    parts: number,
    rows: number,
    channels: number,
    sums: number,
    variance: number,
    scale: number,
    epsilon: number,
    coefficients: number,
    dScale: number,
    dOffset: number,
  ): void;
  expression_workspace(expression: number): number;
  expression_row_sums_workspace(expression: number, channels: number): number;
  expression_axis_sums_workspace(expression: number, inner: number): number;
  segment_sum_float(rows: number, width: number, segments: number, x: number, ids: number, sums: number): void;
  segment_sum_int(rows: number, width: number, segments: number, x: number, ids: number, sums: number): void;
}

/** Functions of `src/abi` that do a part of the work, without the three arguments that select it. */
interface PartFunctions {
  conv2d_pack_filter(convolution: number, turned: number, filter: number, bias: number, packed: number): void;
  conv2d(
    convolution: number,
    turned: number,
    x: number,
    packed: number,
    normalization: number,
    activation: number,
    y: number,
  ): void;
  conv2d_filter_gradient(convolution: number, x: number, dy: number, sums: number): void;
  conv2d_filter_gradient_total(convolution: number, sumsParts: number, sums: number, filter: number): void;
  conv_pool(
    convolution: number,
    x: number,
    panels: number,
    bias: number,
    relu: number,
    output: number,
    places: number,
  ): void;
  conv_pool_filter_gradient(convolution: number, x: number, dy: number, places: number, sums: number): void;
  conv_pool_input_gradient(convolution: number, panels: number, dy: number, places: number, dx: number): void;
  conv_pool_bias_gradient(rows: number, channels: number, dy: number, places: number, sums: number): void;
  winograd_filter(convolution: number, turned: number, filter: number, transformed: number): void;
  winograd_conv2d(
    convolution: number,
    x: number,
    transformed: number,
    bias: number,
    normalization: number,
    activation: number,
    y: number,
  ): void;
  winograd_pool(
    convolution: number,
    x: number,
    transformed: number,
    bias: number,
    relu: number,
    output: number,
    places: number,
  ): void;
  winograd_input_gradient(convolution: number, transformed: number, dy: number, dx: number): void;
  winograd_pool_input_gradient(convolution: number, transformed: number, dy: number, places: number, dx: number): void;
  winograd_filter_gradient(convolution: number, x: number, dy: number, sums: number): void;
  winograd_pool_filter_gradient(convolution: number, x: number, dy: number, places: number, sums: number): void;
  winograd_filter_gradient_total(convolution: number, sums: number, filter: number): void;
  depthwise_conv2d(
    convolution: number,
    x: number,
    filter: number,
    bias: number,
    normalization: number,
    activation: number,
    y: number,
  ): void;
  depthwise_filter_gradient(convolution: number, x: number, dy: number, sums: number): void;
  depthwise_input_gradient(convolution: number, filter: number, dy: number, dx: number): void;
  max_pool(pooling: number, x: number, y: number): void;
  average_pool(pooling: number, x: number, y: number): void;
  max_pool_gradient(pooling: number, x: number, dy: number, dx: number): void;
  average_pool_gradient(pooling: number, dy: number, dx: number): void;
  matmul(
    count: number,
    rows: number,
    depth: number,
    columns: number,
    transposeA: number,
    transposeB: number,
    a: number,
    b: number,
    bias: number,
    activation: number,
    out: number,
  ): void;
  adam(
    size: number,
    beta1: number,
    beta2: number,
    rate: number,
    correction: number,
    epsilon: number,
    value: number,
    m: number,
    v: number,
    gradient: number,
    nextValue: number,
    nextM: number,
    nextV: number,
  ): void;
  widen(size: number, x: number, y: number): void;
  are_finite(size: number, x: number, finite: number): void;
  clip(size: number, least: number, most: number, x: number, y: number): void;
  cut(rank: number, axes: number, width: number, value: number, x: number, y: number): void;
  concat(rows: number, count: number, pieces: number, y: number): void;
  gather(gather: number, x: number, indices: number, y: number): void;
  transpose(rank: number, axes: number, width: number, x: number, y: number): void;
  softmax(rows: number, width: number, x: number, y: number): void;
  resample(resize: number, rows: number, columns: number, x: number, y: number): void;
  evaluate(expression: number, y: number): void;
  expression_row_sums(expression: number, channels: number, sums: number): void;
  expression_axis_sums(
    expression: number,
    outer: number,
    count: number,
    inner: number,
    factor: number,
    out: number,
  ): void;
  expression_axis_max(expression: number, outer: number, count: number, inner: number, out: number): void;
  batch_norm_statistics(rows: number, channels: number, x: number, moments: number): void;
  batch_norm(
    rows: number,
    channels: number,
    x: number,
    mean: number,
    variance: number,
    scale: number,
    offset: number,
    epsilon: number,
    y: number,
  ): void;
  batch_norm_gradient_sums(rows: number, channels: number, x: number, dy: number, mean: number, sums: number): void;
  batch_norm_input_gradient(
    rows: number,
    channels: number,
    x: number,
    dy: number,
    mean: number,
    coefficients: number,
    dx: number,
  ): void;
}

/** Most parts of a kernel's work: `MOST_PARTS` in `src/parts.rs`. */
const MOST_PARTS = 64;

/** Number of parts of `total` items: `parts_of` in `src/parts.rs`. */
export function partsOf(total: number): number {
  return Math.min(Math.max(total, 1), MOST_PARTS);
}

/** Elements that are worth a separate part. */
const PART_ELEMENTS = 4096;

/** Number of parts of `size` elements with equal work. */
export function partsOfElements(size: number): number {
  return partsOf(Math.ceil(size / PART_ELEMENTS));
}

/** Alignment of workspaces, in bytes. */
const ALIGNMENT = 16;

/** The kernels of a set on a heap. */
export class Kernels {
  /** The functions that are not divided into parts. */
  readonly functions: Functions;
  readonly #exports: Readonly<Record<string, (...words: number[]) => void>>;
  readonly #names: readonly string[];
  readonly #heap: Heap;
  readonly #threads: Threads | undefined;

  private constructor(exports: WebAssembly.Exports, heap: Heap, threads: Threads | undefined) {
    // src/abi exports exactly these.
    this.functions = exports as unknown as Functions;
    this.#exports = exports as unknown as Readonly<Record<string, (...words: number[]) => void>>;
    this.#names = Object.keys(exports);
    this.#heap = heap;
    this.#threads = threads;
  }

  /**
   * Instantiates the kernels on `heap`, once per thread, each with its own stack in a block that is never freed.
   *
   * @param threads 1 or more; more than 1 only if the heap's memory is shared
   * @throws the engine's error if a worker does not start
   */
  static async start(set: KernelSet, heap: Heap, threads: number): Promise<Kernels> {
    const module = await WebAssembly.compile(kernelsBinary(set, heap.isShared));
    const { exports } = await WebAssembly.instantiate(module, { env: { memory: heap.memory } });
    // The stack grows downwards.
    const stack = heap.allocate(STACK_BYTES) + STACK_BYTES;
    (exports["__stack_pointer"] as WebAssembly.Global<"i32">).value = stack | 0;
    return new Kernels(exports, heap, threads > 1 ? await Threads.start(module, heap, threads - 1) : undefined);
  }

  /** Number of threads, including the calling one. */
  get threads(): number {
    return this.#threads?.count ?? 1;
  }

  /**
   * Runs all parts of a kernel, on all threads, and returns when they are done.
   *
   * @param parts number of parts of its work
   * @param workspaceBytes bytes of workspace per thread
   * @param args the arguments after the three that select the part
   * @throws {TrainingWasmError} `OUT_OF_MEMORY`
   */
  run<Name extends keyof PartFunctions>(
    name: Name,
    parts: number,
    workspaceBytes: number,
    ...args: Parameters<PartFunctions[Name]>
  ): void {
    const kernel = this.#exports[name];
    if (kernel === undefined) throw new RangeError(`Expected a kernel, but received ${name}`);
    // Small tensors: one part, without anything to prepare.
    if (parts === 1 && workspaceBytes === 0) {
      kernel(0, 1, 0, ...args);
      return;
    }
    const threads = parts > 1 ? this.#threads : undefined;
    const bytes = Math.ceil(workspaceBytes / ALIGNMENT) * ALIGNMENT;
    const runWith = (workspace: number): void => {
      if (threads !== undefined) {
        threads.run(kernel, this.#names.indexOf(name), parts, workspace, bytes, args);
      } else {
        for (let part = 0; part < parts; part++) kernel(part, parts, workspace, ...args);
      }
    };
    // For small tensors, an allocation takes longer than the work.
    if (bytes === 0) runWith(0);
    else this.#heap.lend(bytes * (threads?.count ?? 1), runWith);
  }

  /** Whether all threads are alive. */
  get areAlive(): boolean {
    return this.#threads?.areAlive ?? true;
  }

  /** Ends the threads. */
  stop(): void {
    this.#threads?.stop();
  }
}
