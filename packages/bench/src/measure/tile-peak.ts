// The register tile of @silhouette/training-wasm, on operands that stay in the first cache: the peak of
// this processor in WebAssembly, as a reference for kernels. One thread, or several at once.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** Multiply-adds along the tile's depth: 4 + 8 rows of operands are 12 KB. */
export const TILE_DEPTH = 256;

/** Repetitions of the same products per call, which then takes some 10 ms. */
export const TILE_REPETITIONS = 30_000;

/** Floating-point operations per call and thread: 4 x 8 sums, a product and a sum each. */
export const TILE_FLOPS = 2 * 4 * 8 * TILE_DEPTH * TILE_REPETITIONS;

/** Threads that wait. */
export interface TileThreads {
  /** Computes {@link TILE_FLOPS} on each thread at the same time. */
  readonly compute: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts `count` threads. */
export async function tileThreads(count: number): Promise<TileThreads> {
  const workers = Array.from({ length: count }, () => new Worker(new URL("./tile-worker.js", import.meta.url)));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  return {
    compute: async () => {
      await Promise.all(
        workers.map((worker) => {
          worker.postMessage("compute");
          return once(worker, "message");
        }),
      );
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
