// Resize plans, kept between calls: photographs of one camera share theirs, and computing one costs as much as using it.

import { Arena } from "./arena.ts";
import type { Kernels } from "./kernels.ts";

/** Plans kept at most; the one unused for longest goes first. A plan for 300 pixels has about 12 KB. */
const PLANS = 64;

/** Plans between two lengths, as the bytes that `resize_plan` writes. */
export class PlanCache {
  readonly #plans = new Map<string, Uint8Array>();

  /** The plan from `source` to `target` pixels. May use all of the WebAssembly memory to compute it. */
  plan(kernels: Kernels, source: number, target: number): Uint8Array {
    const key = `${source}>${target}`;
    const plan = this.#plans.get(key) ?? computePlan(kernels, source, target);
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > PLANS && oldest !== undefined) this.#plans.delete(oldest);
    return plan;
  }
}

function computePlan(kernels: Kernels, source: number, target: number): Uint8Array {
  const arena = new Arena(kernels);
  const bytes = kernels.resize_plan_bytes(source, target) >>> 0;
  const address = arena.reserve(bytes);
  const memory = arena.commit();
  kernels.resize_plan(source, target, address);
  return memory.slice(address, address + bytes);
}
