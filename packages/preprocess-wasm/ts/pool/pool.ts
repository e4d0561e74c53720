// `@silhouette/preprocess-wasm/pool`: many pictures by all cores. An iterable of pictures in, results in its order out.
//
//   pictures ─▶ PoolRun: an open batch ─▶ the worker with least to do ─▶ results that wait for their turn ─▶ consumer
//
// A worker has at most two batches, so that it never waits for the next. A picture is sent at once if a worker is idle;
// while all are busy, pictures gather to a batch. They are pulled only as there is room.

import { checkChoice, checkInteger, readOptions } from "../check.ts";
import { PreprocessError } from "../errors.ts";
import { readyKernels } from "../kernels.ts";
import { styleOf, type MaskOptions } from "../mask-style.ts";
import type { Picture } from "../picture.ts";
import { Preprocessor, type PreprocessorOptions } from "../preprocessor.ts";
import { PoolRun, type PoolResult } from "./run.ts";
import { PoolThread } from "./thread.ts";

export type { BinarizedPicture, FailedPicture, PoolResult } from "./run.ts";

/** What {@link PreprocessorPool.start} can be told. */
export interface PoolOptions extends PreprocessorOptions {
  /** Workers, 1 to 256. Default: as many as the machine has cores. */
  readonly workers?: number;
}

/** What {@link PreprocessorPool.binarize} can be told. */
export interface PoolBinarizeOptions extends MaskOptions {
  /**
   * Whether the buffers of pictures are moved to the workers, and come back in the results, instead of being copied. Until
   * then the caller cannot read them. Default false.
   */
  readonly transfer?: boolean;
}

/** Batches that a worker has at most: one that it computes, and the next. */
const BATCHES = 2;

/**
 * Workers that binarize pictures of any size to outputs of one size. Each has WebAssembly memory of its own; shared memory
 * is not needed.
 *
 * In Node.js a pool that has nothing to do does not keep the program running.
 *
 * @example
 * import { init } from "@silhouette/preprocess-wasm";
 * import { PreprocessorPool } from "@silhouette/preprocess-wasm/pool";
 *
 * await init();
 * const pool = await PreprocessorPool.start({ width: 300, height: 300 });
 * const pictures = Array.from({ length: 10 }, () => {
 *   return { data: new Uint8Array(640 * 480 * 4).fill(200), width: 640, height: 480, channels: 4 as const };
 * });
 * for await (const result of pool.binarize(pictures, { transfer: true })) {
 *   if ("error" in result) console.log(result.index, result.error.code);
 *   else console.log(result.index, result.threshold, result.mask.length);
 * }
 * await pool.close();
 */
export class PreprocessorPool {
  /** Pixels a row of the output. */
  readonly width: number;
  /** Rows of the output. */
  readonly height: number;
  readonly #threads: readonly PoolThread[];
  /** Runs that are not over, next first. */
  readonly #runs = new Set<PoolRun<Picture>>();
  /** Why there is nothing more to be had. */
  #over: PreprocessError | undefined;

  private constructor({ width, height }: Preprocessor, threads: readonly PoolThread[]) {
    this.width = width;
    this.height = height;
    this.#threads = threads;
  }

  /**
   * Starts workers with the kernels that `init` or `initSync` made ready: they compile nothing.
   *
   * @param options as a {@link Preprocessor} takes them, and the number of workers
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `NOT_INITIALIZED`, `OUT_OF_MEMORY`, `WORKER_LOST`
   */
  static async start(options: PoolOptions = {}): Promise<PreprocessorPool> {
    const read = readOptions(options, "workers", "width", "height", "filter", "instructionSet");
    const { workers = cores(), ...others } = read;
    checkInteger("workers", workers, 1, 256);
    // It checks the options, and chooses the kernels.
    const preprocessor = new Preprocessor(others);
    const { module } = readyKernels(preprocessor.instructionSet);
    const starts = Array.from({ length: workers }, () => PoolThread.start({ module, options: others }));
    const started = await Promise.allSettled(starts);
    const threads = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const pool = new PreprocessorPool(preprocessor, threads);
    const failed = started.find((each) => each.status === "rejected");
    if (failed === undefined) return pool;
    await pool.close();
    throw failed.reason;
  }

  /**
   * {@link Preprocessor.binarize} of each picture, by whichever worker is free.
   *
   * Pictures go to the workers in batches of some 4 MiB, at most 32 of them. `pictures` is pulled only as there is room:
   * for three batches a worker and one more, or for two pictures a worker and one more if they are large. A picture that
   * fails is a result, too. What `pictures` throws is thrown after the results of the pictures before. Several calls may
   * run at once.
   *
   * @param pictures an iterable, or an async one; whoever stops reading results ends it
   * @param options how masks are written: 1 bit a pixel if nothing is told; and whether buffers are moved or copied
   * @returns the results in the order of `pictures`
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WORKER_LOST` if the last worker has ended, `POOL_CLOSED`
   */
  async *binarize<P extends Picture>(
    pictures: Iterable<P> | AsyncIterable<P>,
    options: PoolBinarizeOptions = {},
  ): AsyncGenerator<PoolResult<P>, void, undefined> {
    const { transfer = false, ...masks } = readOptions(options, "transfer", "format", "invert");
    styleOf(masks);
    checkChoice("transfer", transfer, [true, false]);
    const run = new PoolRun(pictures, { transfer, masks, workers: this.#threads.length }, () => this.#dispatch());
    this.#runs.add(run);
    try {
      run.start();
      this.#dispatch();
      for (let result = await run.next(); result !== undefined; result = await run.next()) yield result;
    } finally {
      this.#runs.delete(run);
      await run.stop();
    }
  }

  /** Ends the workers. Results that are still awaited end with `POOL_CLOSED`. Closing twice does nothing. */
  async close(): Promise<void> {
    const closed = new PreprocessError("POOL_CLOSED", "Expected an open pool, but it was closed. Start another.");
    this.#over ??= closed;
    await Promise.all(this.#threads.map((thread) => thread.end(closed)));
    this.#dispatch();
  }

  /** Sends what can be sent, the runs in turn. */
  #dispatch(): void {
    const threads = this.#threads.filter(({ ended }) => ended === undefined);
    if (threads.length === 0) this.#over ??= this.#threads.at(-1)?.ended;
    for (const run of this.#runs) {
      if (this.#over !== undefined) run.end(this.#over);
      const load = Math.min(...threads.map((thread) => thread.load));
      const thread = threads.find((each) => each.load === load);
      if (thread === undefined || load >= BATCHES || !run.has(load === 0 ? "any" : "full")) continue;
      void run.send(thread).finally(() => this.#dispatch());
      // To the end of the row, where this loop comes by again.
      this.#runs.delete(run);
      this.#runs.add(run);
    }
  }
}

function cores(): number {
  return globalThis.process?.getBuiltinModule?.("node:os")?.availableParallelism() ?? navigator.hardwareConcurrency;
}
