// Runs the kernels of a resize, which two binaries have: lays out the memory of a call, copies in, computes, copies out. Arguments are
// checked before.
//
// A picture is copied in some rows at a time, which its first pass consumes at once: as a rule, the memory it takes is
// a small part of its bytes.

import { Arena, type Address } from "./arena.ts";
import { FILTERS, type Filter } from "./filters.ts";
import { instantiateKernels, type ResizeKernels } from "./kernels.ts";
import type { PictureSource, Size } from "./picture.ts";
import { PlanCache } from "./plan-cache.ts";

/** Bytes of a picture's rows that are in WebAssembly memory at once: they stay in the processor's caches. */
const BAND_BYTES = 2 ** 17;

/** Rows that the kernels process together: fewer at once are slower. `STRIPE` of src/resize/mod.rs. */
const STRIPE_ROWS = 32;

/** An instance whose memory has grown beyond this is replaced after the call: WebAssembly memory never shrinks. */
const RESTING_BYTES = 64 * 2 ** 20;

/** Bytes of 256 counts. */
const HISTOGRAM_BYTES = 256 * 4;

/** 32-bit words of `Job` in src/abi. */
const JOB_WORDS = 13;

/** What a picture becomes. */
export interface Target extends Size {
  /** 1 for gray levels; 3 for red, green and blue, of a picture with colors. */
  readonly planes: 1 | 3;
}

/** A picture's levels in WebAssembly memory. */
export interface Resized<Kernels extends ResizeKernels> {
  readonly kernels: Kernels;
  readonly memory: Uint8Array<ArrayBuffer>;
  /** `[planes, height, width]` */
  readonly levels: Address;
  /** Pixels of a plane. */
  readonly pixels: number;
  /** Room for 256 counts. */
  readonly counts: Address;
  /** Room for the requested output. */
  readonly output: Address;
}

const NOTHING = new Uint8Array(0);

/** Kernels of one filter, with WebAssembly memory of their own. */
export class ResizeRunner<Kernels extends ResizeKernels> {
  readonly #module: WebAssembly.Module;
  readonly #filter: number;
  readonly #plans: PlanCache;
  /** Undefined while they compute, and after they failed or grew: see {@link ResizeRunner.compute}. */
  #kernels: Kernels | undefined;

  /**
   * @param module the compiled kernels
   * @throws {PreprocessError} `OUT_OF_MEMORY`
   */
  constructor(module: WebAssembly.Module, filter: Filter) {
    this.#module = module;
    this.#filter = FILTERS.indexOf(filter);
    this.#plans = new PlanCache(this.#filter);
    this.#kernels = instantiateKernels(module) as unknown as Kernels;
  }

  /** The result of `use` of the source's levels at `target` size, with room for as many bytes as `outputBytes` says. */
  resized<Result>(
    source: PictureSource,
    target: Target,
    outputBytes: (kernels: Kernels) => number,
    use: (resized: Resized<Kernels>) => Result,
  ): Result {
    return this.compute((kernels) => use(this.#resize(kernels, source, target, outputBytes(kernels))));
  }

  /**
   * The result of `computation`. Its kernels are reused after it, unless they have grown large, since their memory
   * never shrinks, or it failed: a kernel that is interrupted, as by a stack overflow, does not unwind its own stack.
   */
  protected compute<Result>(computation: (kernels: Kernels) => Result): Result {
    const kernels = this.#kernels ?? (instantiateKernels(this.#module) as unknown as Kernels);
    this.#kernels = undefined;
    const result = computation(kernels);
    if (kernels.memory.buffer.byteLength <= RESTING_BYTES) this.#kernels = kernels;
    return result;
  }

  #resize(kernels: Kernels, source: PictureSource, target: Target, outputBytes: number): Resized<Kernels> {
    const { data, first, width, height, channels, stride } = source;
    // Before anything is reserved: computing a plan uses the arena from its start.
    const horizontal = width === target.width ? NOTHING : this.#plans.plan(kernels, width, target.width);
    const vertical = height === target.height ? NOTHING : this.#plans.plan(kernels, height, target.height);
    const workspaceBytes =
      kernels.workspace_bytes(width, height, channels, target.width, target.height, target.planes) >>> 0;
    const pixels = target.width * target.height;
    const bandRows = Math.max(1, Math.floor(BAND_BYTES / stride / STRIPE_ROWS)) * STRIPE_ROWS;

    const arena = new Arena(kernels);
    const job = arena.reserve(JOB_WORDS * 4);
    const horizontalPlan = arena.reserve(horizontal.length);
    const verticalPlan = arena.reserve(vertical.length);
    const counts = arena.reserve(HISTOGRAM_BYTES);
    const rows = arena.reserve((Math.min(height, bandRows + STRIPE_ROWS) - 1) * stride + width * channels);
    const workspace = arena.reserve(workspaceBytes);
    const levels = arena.reserve(target.planes * pixels);
    const output = arena.reserve(outputBytes);
    const memory = arena.commit();

    memory.set(horizontal, horizontalPlan);
    memory.set(vertical, verticalPlan);
    const sizes = [stride, channels, width, height, target.width, target.height, this.#filter];
    const rest = [horizontalPlan, verticalPlan, workspace, target.planes, levels];
    new Uint32Array(memory.buffer, job, JOB_WORDS).set([rows, ...sizes, ...rest]);
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
