// Runs kernels: lays out the memory of a call, copies in, computes, copies out. Arguments are checked before, by
// ./preprocessor.ts.
//
// A picture is copied in some rows at a time, which its first pass consumes at once: as a rule, the memory it takes is
// a small part of its bytes.

import { Arena, type Address } from "./arena.ts";
import { instantiateKernels, type Kernels } from "./kernels.ts";
import type { MaskStyle } from "./mask-style.ts";
import type { PictureSource, Size } from "./picture.ts";
import { PlanCache } from "./plan-cache.ts";

/** Bytes of a picture's rows that are in WebAssembly memory at once: they stay in the processor's caches. */
const BAND_BYTES = 2 ** 17;

/** Rows that the kernels process together: fewer at once are slower. `STRIPE` of src/resize/mod.rs. */
const STRIPE_ROWS = 16;

/** An instance whose memory has grown beyond this is replaced after the call: WebAssembly memory never shrinks. */
const RESTING_BYTES = 64 * 2 ** 20;

/** Bytes of 256 counts. */
const HISTOGRAM_BYTES = 256 * 4;

/** 32-bit words of `Job` in src/abi. */
const JOB_WORDS = 12;

/** A picture's gray levels in WebAssembly memory. */
export interface Resized {
  readonly kernels: Kernels;
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly levels: Address;
  readonly pixels: number;
  /** Room for 256 counts. */
  readonly counts: Address;
  /** Room for the requested output. */
  readonly output: Address;
}

const NOTHING = new Uint8Array(0);

/** Kernels of one filter, with WebAssembly memory of their own. */
export class KernelRunner {
  readonly #module: WebAssembly.Module;
  readonly #filter: number;
  readonly #plans: PlanCache;
  /** Undefined while they compute, and after they failed or grew: see {@link KernelRunner.#compute}. */
  #kernels: Kernels | undefined;

  /**
   * @param module the compiled kernels
   * @param filter number of the filter in src/abi
   * @throws {PreprocessError} `OUT_OF_MEMORY`
   */
  constructor(module: WebAssembly.Module, filter: number) {
    this.#module = module;
    this.#filter = filter;
    this.#plans = new PlanCache(filter);
    this.#kernels = instantiateKernels(module) as unknown as Kernels;
  }

  /** The result of `use` of the source's gray levels at `target` size, with room for `outputBytes` bytes. */
  resized<Result>(source: PictureSource, target: Size, outputBytes: number, use: (resized: Resized) => Result): Result {
    return this.#compute((kernels) => use(this.#resize(kernels, source, target, outputBytes)));
  }

  /** Writes the mask of 0 and 1 that `call` computes of `levels`, in the style `style`. */
  writeMask(
    levels: Uint8Array | Uint16Array,
    mask: Uint8Array,
    style: MaskStyle,
    call: (kernels: Kernels, source: Address, marked: Address, workspace: Address) => void,
    workspaceBytes: (kernels: Kernels) => number = () => 0,
  ): void {
    const pixels = levels.length;
    const markedBytes = Math.ceil(pixels / 16) * 16;
    this.map(
      rawBytesOf(levels),
      mask,
      (kernels, source, target, marked) => {
        call(kernels, source, marked, marked + markedBytes);
        kernels.write_mask(marked, pixels, 0, style.format, style.inverted, target);
      },
      (kernels) => markedBytes + workspaceBytes(kernels),
    );
  }

  /** A number that one kernel computes of a histogram. */
  measure(counts: Uint32Array, call: (kernels: Kernels, source: Address) => number): number {
    let measured = 0;
    this.map(rawBytesOf(counts), NOTHING, (kernels, source) => (measured = call(kernels, source)));
    return measured;
  }

  /** Runs one kernel from `input` to `output`, with the workspace that it needs. */
  map(
    input: Uint8Array,
    output: Uint8Array,
    call: (kernels: Kernels, source: Address, target: Address, workspace: Address) => void,
    workspaceBytes: (kernels: Kernels) => number = () => 0,
  ): void {
    this.#compute((kernels) => {
      const arena = new Arena(kernels);
      const source = arena.reserve(input.length);
      const target = arena.reserve(output.length);
      const workspace = arena.reserve(workspaceBytes(kernels));
      const memory = arena.commit();
      memory.set(input, source);
      call(kernels, source, target, workspace);
      output.set(memory.subarray(target, target + output.length));
    });
  }

  /** Writes what `warping` makes of `levels`, of size `source`, to `warped`, of size `target`. */
  warp(levels: Uint8Array, source: Size, warping: Uint8Array, target: Size, warped: Uint8Array): void {
    this.#compute((kernels) => {
      const arena = new Arena(kernels);
      const how = arena.reserve(warping.length);
      const input = arena.reserve(levels.length);
      const output = arena.reserve(warped.length);
      const workspace = arena.reserve(kernels.warp_workspace_bytes(target.width) >>> 0);
      const memory = arena.commit();
      memory.set(warping, how);
      memory.set(levels, input);
      kernels.warp(input, source.width, source.height, how, target.width, target.height, workspace, output);
      warped.set(memory.subarray(output, output + warped.length));
    });
  }

  /**
   * The result of `computation`. Its kernels are reused after it, unless they have grown large, since their memory
   * never shrinks, or it failed: a kernel that is interrupted, as by a stack overflow, does not unwind its own stack.
   */
  #compute<Result>(computation: (kernels: Kernels) => Result): Result {
    const kernels = this.#kernels ?? (instantiateKernels(this.#module) as unknown as Kernels);
    this.#kernels = undefined;
    const result = computation(kernels);
    if (kernels.memory.buffer.byteLength <= RESTING_BYTES) this.#kernels = kernels;
    return result;
  }

  #resize(kernels: Kernels, source: PictureSource, target: Size, outputBytes: number): Resized {
    const { data, first, width, height, channels, stride } = source;
    // Before anything is reserved: computing a plan uses the arena from its start.
    const horizontal = width === target.width ? NOTHING : this.#plans.plan(kernels, width, target.width);
    const vertical = height === target.height ? NOTHING : this.#plans.plan(kernels, height, target.height);
    const workspaceBytes = kernels.workspace_bytes(width, height, channels, target.width, target.height) >>> 0;
    const pixels = target.width * target.height;
    const bandRows = Math.max(1, Math.floor(BAND_BYTES / stride / STRIPE_ROWS)) * STRIPE_ROWS;

    const arena = new Arena(kernels);
    const job = arena.reserve(JOB_WORDS * 4);
    const horizontalPlan = arena.reserve(horizontal.length);
    const verticalPlan = arena.reserve(vertical.length);
    const counts = arena.reserve(HISTOGRAM_BYTES);
    const rows = arena.reserve((Math.min(height, bandRows + STRIPE_ROWS) - 1) * stride + width * channels);
    const workspace = arena.reserve(workspaceBytes);
    const levels = arena.reserve(pixels);
    const output = arena.reserve(outputBytes);
    const memory = arena.commit();

    memory.set(horizontal, horizontalPlan);
    memory.set(vertical, verticalPlan);
    const sizes = [stride, channels, width, height, target.width, target.height, this.#filter];
    const addresses = [horizontalPlan, verticalPlan, workspace, levels];
    new Uint32Array(memory.buffer, job, JOB_WORDS).set([rows, ...sizes, ...addresses]);
    for (let y = 0; y < height;) {
      // Rows fewer than a stripe go with those before.
      const count = height - y < bandRows + STRIPE_ROWS ? height - y : bandRows;
      const start = first + y * stride;
      memory.set(data.subarray(start, start + (count - 1) * stride + width * channels), rows);
      kernels.resize_rows(job, y, count);
      y += count;
    }
    kernels.finish_resize(job);
    // The kernels never grow their memory: the view is still valid.
    return { kernels, memory, levels, pixels, counts, output };
  }
}

/** The bytes of an array. */
export function rawBytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
