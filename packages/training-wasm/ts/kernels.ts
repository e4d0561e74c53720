// The compiled kernels, instantiated on memory that TensorFlow.js owns.

import { TrainingWasmError } from "./errors.ts";

/**
 * The functions of `src/abi.rs`, which documents each. Every number is an unsigned 32-bit word, `epsilon` excepted;
 * addresses are offsets into the memory.
 */
export interface Kernels {
  conv2d_filter_gradient_workspace(convolution: number): number;
  conv2d_filter_gradient(convolution: number, x: number, dy: number, filter: number, workspace: number): void;
  conv2d_input_gradient_workspace(convolution: number): number;
  conv2d_input_gradient(convolution: number, filter: number, dy: number, dx: number, workspace: number): void;
  conv_pool_workspace(convolution: number): number;
  conv_pool(
    convolution: number,
    x: number,
    filter: number,
    bias: number,
    output: number,
    places: number,
    workspace: number,
  ): void;
  conv_pool_filter_gradient(
    convolution: number,
    x: number,
    dy: number,
    output: number,
    places: number,
    filter: number,
    workspace: number,
  ): void;
  conv_pool_input_gradient(
    convolution: number,
    filter: number,
    dy: number,
    output: number,
    places: number,
    dx: number,
    workspace: number,
  ): void;
  conv_pool_bias_gradient(
    rows: number,
    channels: number,
    dy: number,
    output: number,
    bias: number,
    workspace: number,
  ): void;
  max_pool_gradient(pooling: number, x: number, dy: number, dx: number): void;
  matmul(
    rows: number,
    depth: number,
    columns: number,
    transposeA: number,
    transposeB: number,
    a: number,
    b: number,
    out: number,
    workspace: number,
  ): void;
  batch_norm_workspace(channels: number): number;
  batch_norm_statistics(
    rows: number,
    channels: number,
    x: number,
    mean: number,
    variance: number,
    workspace: number,
  ): void;
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
    workspace: number,
  ): void;
  batch_norm_gradient(
    rows: number,
    channels: number,
    x: number,
    dy: number,
    mean: number,
    variance: number,
    scale: number,
    epsilon: number,
    dx: number,
    dScale: number,
    dOffset: number,
    workspace: number,
  ): void;
}

/** The kernels keep pointers to at most 1,024 rows on their stack, and a few frames. */
const STACK_BYTES = 64 * 1024;

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * An instance on `memory`, with a stack of its own in a block that `allocate` gives it for good.
 *
 * @throws {TrainingWasmError} `KERNELS_UNAVAILABLE`
 */
export async function instantiateKernels(
  memory: WebAssembly.Memory,
  allocate: (bytes: number) => number,
): Promise<Kernels> {
  // Compiled once a process; a failure is tried again on the next call.
  compiled ??= compileFile(new URL("../wasm/training.simd128.wasm", import.meta.url)).catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  const { exports } = await WebAssembly.instantiate(await compiled, { env: { memory } });
  // The stack grows downwards.
  (exports["__stack_pointer"] as WebAssembly.Global<"i32">).value = (allocate(STACK_BYTES) + STACK_BYTES) | 0;
  // src/abi.rs exports exactly this interface.
  return exports as unknown as Kernels;
}

async function compileFile(url: URL): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readFile(url));
  } catch (cause) {
    throw new TrainingWasmError(
      "KERNELS_UNAVAILABLE",
      `Expected the kernels of @silhouette/training-wasm at ${url.href}, but they could not be loaded ` +
        `(${String(cause)}). Reinstall the package, or in a clone run: npx turbo build`,
      { cause },
    );
  }
}

async function readFile(url: URL): Promise<BufferSource> {
  if (url.protocol === "file:") {
    const files = await import("node:fs/promises");
    return files.readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}
