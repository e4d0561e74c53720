// The compiled kernels: which of the two binaries, from where, and their functions. Compiled once a process.

import { PreprocessError } from "./errors.ts";

/** `simd128` where the engine has WebAssembly SIMD; both give the same bytes. */
export type InstructionSet = "simd128" | "scalar";

/**
 * The functions of `src/abi.rs` and `src/abi/thresholds.rs`, which document each. Every number is an unsigned 32-bit
 * word unless said otherwise; addresses are offsets into `memory`.
 */
export interface Kernels {
  readonly memory: WebAssembly.Memory;
  arena_start(): number;
  resize_plan_bytes(source: number, target: number): number;
  resize_plan(source: number, target: number, plan: number): void;
  workspace_bytes(
    sourceWidth: number,
    sourceHeight: number,
    channels: number,
    targetWidth: number,
    targetHeight: number,
  ): number;
  gray(source: number, pixels: number, channels: number, levels: number): void;
  resize(job: number): void;
  histogram(levels: number, pixels: number, counts: number): void;
  otsu_threshold(counts: number): number;
  threshold_mask(levels: number, pixels: number, threshold: number, mask: number): void;
  pack_bits(mask: number, pixels: number, bits: number): void;
  unpack_bits(bits: number, pixels: number, mask: number): void;
  binarize(jobs: number, count: number): void;
  multi_otsu_thresholds(counts: number, classes: number, table: number, thresholds: number): void;
  /** Signed. */
  triangle_threshold(counts: number): number;
  /** A double. */
  li_threshold(counts: number): number;
  histogram_16(levels: number, pixels: number, counts: number): void;
  otsu_threshold_16(counts: number): number;
  threshold_mask_16(levels: number, pixels: number, threshold: number, mask: number): void;
  local_workspace_bytes(width: number, height: number, window: number): number;
  /** `offset` is signed. */
  local_mean_mask(
    levels: number,
    width: number,
    height: number,
    window: number,
    offset: number,
    workspace: number,
    mask: number,
  ): void;
  /** `k` is a double. */
  sauvola_mask(
    levels: number,
    width: number,
    height: number,
    window: number,
    k: number,
    workspace: number,
    mask: number,
  ): void;
}

/** A module of one function that returns the vector `i8x16.splat(0)`: valid only where SIMD is. */
// prettier-ignore
const SIMD_PROBE = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x41, 0, 0xfd, 0x0f, 0x0b,
);

const compiled = new Map<InstructionSet, Promise<WebAssembly.Module>>();

/**
 * The compiled module for `requested`, or for the best this engine runs. Compiles on the first call only; a failure is
 * tried again on the next.
 *
 * @throws {PreprocessError} `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`
 */
export async function compileKernels(
  requested: InstructionSet | undefined,
): Promise<{ module: WebAssembly.Module; instructionSet: InstructionSet }> {
  const hasSimd = WebAssembly.validate(SIMD_PROBE);
  if (requested === "simd128" && !hasSimd) {
    throw new PreprocessError(
      "UNSUPPORTED_ENGINE",
      'Expected an engine with WebAssembly SIMD for instructionSet "simd128", but this one has none. ' +
        "Leave the option out to let the preprocessor choose.",
    );
  }
  const instructionSet = requested ?? (hasSimd ? "simd128" : "scalar");
  let module = compiled.get(instructionSet);
  if (module === undefined) {
    module = compileFile(new URL(`../wasm/preprocess.${instructionSet}.wasm`, import.meta.url));
    compiled.set(instructionSet, module);
    module.catch(() => compiled.delete(instructionSet));
  }
  return { module: await module, instructionSet };
}

/**
 * A new instance with memory of its own.
 *
 * @throws {PreprocessError} `OUT_OF_MEMORY`
 */
export function instantiateKernels(module: WebAssembly.Module): Kernels {
  try {
    // src/abi.rs exports exactly this interface.
    return new WebAssembly.Instance(module).exports as unknown as Kernels;
  } catch (cause) {
    throw new PreprocessError(
      "OUT_OF_MEMORY",
      `Expected memory for the kernels, but there is none (${String(cause)})`,
      {
        cause,
      },
    );
  }
}

async function compileFile(url: URL): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readFile(url));
  } catch (cause) {
    throw new PreprocessError(
      "KERNELS_UNAVAILABLE",
      `Expected the kernels of @silhouette/preprocess-wasm at ${url.href}, but they could not be loaded ` +
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
