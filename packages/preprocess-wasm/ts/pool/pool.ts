// `@silhouette/preprocess-wasm/pool`: many pictures on all cores. An iterable of pictures in, results in the same order
// out.
//
//   pictures ─▶ PoolRun: an open batch ─▶ the least loaded worker ─▶ results waiting for their turn ─▶ consumer
//
// A worker has at most two batches, so that it never waits for the next. A picture is sent at once if a worker is idle;
// while all are busy, pictures are gathered into a batch. They are pulled only while there is room.

import { checkChoice, checkInteger, readOptions } from "../check.ts";
import { PreprocessError } from "../errors.ts";
import { KERNELS } from "../kernels.ts";
import { styleOf, type MaskOptions } from "../mask-style.ts";
import type { Picture } from "../picture.ts";
import { Preprocessor, type PreprocessorOptions } from "../preprocessor.ts";
import { PoolRun, type PoolResult } from "./run.ts";
import { PoolThread } from "./thread.ts";

export type { BinarizedPicture, FailedPicture, PoolResult } from "./run.ts";

/** Options for {@link PreprocessorPool.start}. */
export interface PoolOptions extends PreprocessorOptions {
  /** Number of workers, 1 to 256. Default: the number of cores. */
  readonly workers?: number;
}

/** Options for {@link PreprocessorPool.binarize}. */
export interface PoolBinarizeOptions extends MaskOptions {
  /**
   * Whether to move the buffers of pictures to the workers, and back in the results, instead of copying them. In
   * between, the caller cannot read them. Default false.
   */
  readonly transfer?: boolean;
}

/** Most batches per worker: the one that it computes, and the next. */
const BATCHES = 2;

/**
 * Workers that binarize pictures of any size to outputs of one size. Each has its own WebAssembly memory; shared memory
 * is not needed.
 *
 * In Node.js, an idle pool does not keep the process alive.
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
  /** Pixels per row of the output. */
  readonly width: number;
  /** Rows of the output. */
  readonly height: number;
  readonly #threads: readonly PoolThread[];
  /** Active runs, the next to be served first. */
  readonly #runs = new Set<PoolRun<Picture>>();
  /** Why the pool takes no more pictures. */
  #over: PreprocessError | undefined;

  private constructor({ width, height }: Preprocessor, threads: readonly PoolThread[]) {
    this.width = width;
    this.height = height;
    this.#threads = threads;
  }

  /**
   * Starts workers with the kernels that `init` or `initSync` initialized: they compile nothing.
   *
   * @param options those of a {@link Preprocessor}, and the number of workers
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `NOT_INITIALIZED`, `OUT_OF_MEMORY`, `WORKER_LOST`
   */
  static async start(options: PoolOptions = {}): Promise<PreprocessorPool> {
    const read = readOptions(options, "workers", "width", "height", "filter", "instructionSet");
    const { workers = cores(), ...others } = read;
    checkInteger("workers", workers, 1, 256);
    // Checks the options, and chooses the kernels.
    const preprocessor = new Preprocessor(others);
    const { module } = KERNELS.ready(preprocessor.instructionSet);
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
   * {@link Preprocessor.binarize} of each picture, on the least loaded worker.
   *
   * Pictures are sent to the workers in batches of about 4 MiB and at most 32 pictures. `pictures` is pulled only while
   * there is room: for three batches per worker plus one, or for two pictures per worker plus one if they are large. A
   * picture that fails is a result, too. An error that `pictures` throws is rethrown after the results of the pictures
   * before it. Several calls may run at once.
   *
   * @param pictures an iterable or async iterable; it is closed when the caller stops reading results
   * @param options how masks are written, by default 1 bit per pixel, and whether buffers are moved or copied
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

  /** Ends the workers. Pending results fail with `POOL_CLOSED`. Closing twice has no effect. */
  async close(): Promise<void> {
    const closed = new PreprocessError("POOL_CLOSED", "Expected an open pool, but it was closed. Start another.");
    this.#over ??= closed;
    await Promise.all(this.#threads.map((thread) => thread.end(closed)));
    this.#dispatch();
  }

  /** Sends the batches that can be sent, the runs in turn. */
  #dispatch(): void {
    const threads = this.#threads.filter(({ ended }) => ended === undefined);
    if (threads.length === 0) this.#over ??= this.#threads.at(-1)?.ended;
    for (const run of this.#runs) {
      if (this.#over !== undefined) run.end(this.#over);
      const load = Math.min(...threads.map((thread) => thread.load));
      const thread = threads.find((each) => each.load === load);
      if (thread === undefined || load >= BATCHES || !run.has(load === 0 ? "any" : "full")) continue;
      void run.send(thread).finally(() => this.#dispatch());
      // To the end of the set, where this loop visits it again.
      this.#runs.delete(run);
      this.#runs.add(run);
    }
  }
}

function cores(): number {
  return globalThis.process?.getBuiltinModule?.("node:os")?.availableParallelism() ?? navigator.hardwareConcurrency;
}
