// The features of the JavaScript engine, and the binaries in the form that it can run.

import { relaxed, simd128, tensorflow } from "../wasm/binaries.js";

/** Which kernels run: see {@link EnableTrainingOptions.kernelSet}. */
export type KernelSet = "simd128" | "relaxed";

/** All sets of kernels. */
export const KERNEL_SETS: readonly KernelSet[] = ["simd128", "relaxed"];

/** Bytes of a gibibyte, and of a page of WebAssembly memory. */
export const GIBIBYTE = 2 ** 30;
const PAGE_BYTES = 2 ** 16;

/** Gibibytes that a memory may grow to. */
export type Gibibytes = 4 | 2 | 1;

/** The largest memory that threads can share: it is reserved at once, and phones refuse 4 GiB. */
export function largestSharedMemory(): Gibibytes | undefined {
  if (!canShareMemory()) return undefined;
  return ([4, 2, 1] as const).find((gibibytes) => {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum: (gibibytes * GIBIBYTE) / PAGE_BYTES, shared: true });
    } catch {
      return false;
    }
  });
}

/** Whether threads can share memory: in browsers, only on cross-origin isolated pages. */
export function canShareMemory(): boolean {
  return (
    typeof SharedArrayBuffer === "function" &&
    (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false
  );
}

/**
 * Whether this engine can run a set of kernels: never without WebAssembly, as in React Native.
 *
 * @param set the set of kernels
 */
export function canRun(set: KernelSet): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(kernelsBinary(set, false));
}

/**
 * The kernels as a WebAssembly module, which imports only its memory: to compile them for another use, such as a
 * benchmark. `src/abi` documents its functions.
 *
 * @param set the set of kernels
 * @param isShared whether the imported memory is shared by threads
 */
export function kernelsBinary(set: KernelSet, isShared: boolean): Uint8Array<ArrayBuffer> {
  return withMemory(set === "relaxed" ? relaxed : simd128, isShared);
}

/** TensorFlow.js' own backend with SIMD, which has the memory. */
export function backendBinary(isShared: boolean, gibibytes: Gibibytes): Uint8Array<ArrayBuffer> {
  const bytes = withMemory(tensorflow, isShared);
  bytes[tensorflow.maximumAt] = gibibytes;
  return bytes;
}

/** Flags of a memory with a maximum in the WebAssembly specification (core, 5.3.7). */
const FLAGS = { unshared: 1, shared: 3 };

function withMemory(binary: typeof tensorflow, isShared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = binary.bytes();
  bytes[binary.flagAt] = isShared ? FLAGS.shared : FLAGS.unshared;
  return bytes;
}
