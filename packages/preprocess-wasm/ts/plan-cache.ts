// Resize plans, kept between calls: photographs of one camera share their plans.

import { Arena, newBytes } from "./arena.ts";
import type { ResizeKernels } from "./kernels.ts";

/** Bytes of plans to keep; the least recently used go first. A plan from 500 to 300 pixels has 12 KB. */
const MOST_BYTES = 4 * 2 ** 20;

/** Plans of one filter between two lengths, as the bytes that `resize_plan` writes. */
export class PlanCache {
  readonly #plans = new Map<string, Uint8Array>();
  #bytes = 0;

  /** Number of the filter in src/abi. */
  readonly #filter: number;

  constructor(filter: number) {
    this.#filter = filter;
  }

  /** The plan from `source` to `target` pixels. May use all of the WebAssembly memory to compute it. */
  plan(kernels: ResizeKernels, source: number, target: number): Uint8Array {
    const key = `${source}>${target}`;
    const kept = this.#plans.get(key);
    const plan = kept ?? computePlan(kernels, this.#filter, source, target);
    if (kept === undefined) this.#bytes += plan.length;
    // The map is in order of last use.
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    for (const [oldest, { length }] of this.#plans) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#plans.delete(oldest);
      this.#bytes -= length;
    }
    return plan;
  }
}

function computePlan(kernels: ResizeKernels, filter: number, source: number, target: number): Uint8Array {
  const arena = new Arena(kernels);
  const bytes = kernels.resize_plan_bytes(filter, source, target) >>> 0;
  const address = arena.reserve(bytes);
  const memory = arena.commit();
  kernels.resize_plan(filter, source, target, address);
  const plan = newBytes(bytes);
  plan.set(memory.subarray(address, address + bytes));
  return plan;
}
