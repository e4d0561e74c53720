// One worker of a pool, seen from the pool: a thread of Node.js or a web worker. Batches in, promises of answers out.

import { PreprocessError } from "../errors.ts";
import type { Batch, BatchDone, WorkerReady, WorkerStart } from "./messages.ts";

/** What the two kinds of workers have in common. */
interface Thread {
  post(message: WorkerStart | Batch, transfer: ArrayBuffer[]): void;
  /** Whether the program goes on as long as the thread is there. */
  hold(held: boolean): void;
  terminate(): unknown;
}

/** Who waits for an answer. */
interface Waiting {
  readonly resolve: (answer: WorkerReady | BatchDone) => void;
  readonly reject: (error: PreprocessError) => void;
}

/** A worker that has kernels and answers batches in their order. */
export class PoolThread {
  readonly #thread: Thread;
  readonly #waiting: Waiting[] = [];
  #ended: PreprocessError | undefined;

  private constructor() {
    this.#thread = startThread(
      (answer) => {
        this.#waiting.shift()?.resolve(answer);
        // An answer that was on its way when the worker was ended must not let the program go before the worker has.
        if (this.#waiting.length === 0 && this.#ended === undefined) this.#thread.hold(false);
      },
      (cause) => this.end(lost(cause)),
    );
  }

  /**
   * A worker that is ready for batches.
   *
   * @throws {PreprocessError} `WORKER_LOST`, or what the worker could not do
   */
  static async start(message: WorkerStart): Promise<PoolThread> {
    let thread: PoolThread;
    try {
      thread = new PoolThread();
    } catch (cause) {
      throw lost(cause);
    }
    const { error } = (await thread.#ask(message, [])) as WorkerReady;
    if (error === undefined) return thread;
    const refusal = new PreprocessError(error.code, error.message);
    await thread.end(refusal);
    throw refusal;
  }

  /** Why it takes no batches any more. */
  get ended(): PreprocessError | undefined {
    return this.#ended;
  }

  /** Batches that are not answered yet. */
  get load(): number {
    return this.#waiting.length;
  }

  /**
   * Has the worker compute a batch. Its buffers become the worker's at once.
   *
   * @throws {DOMException} if a buffer cannot be moved; then none is
   * @throws {PreprocessError} `WORKER_LOST`, or what the worker was ended with
   */
  async send(batch: Batch): Promise<BatchDone> {
    const buffers = new Set(batch.pictures.map(({ data }) => data.buffer as ArrayBuffer));
    return (await this.#ask(batch, [...buffers])) as BatchDone;
  }

  /** Ends the worker; whoever waits gets `error`. */
  async end(error: PreprocessError): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    await this.#thread.terminate();
  }

  #ask(message: WorkerStart | Batch, transfer: ArrayBuffer[]): Promise<WorkerReady | BatchDone> {
    return new Promise((resolve, reject) => {
      this.#thread.post(message, transfer);
      this.#waiting.push({ resolve, reject });
      this.#thread.hold(true);
    });
  }
}

function lost(cause: unknown): PreprocessError {
  return new PreprocessError(
    "WORKER_LOST",
    `Expected a worker of the pool to work, but it ended (${String(cause)}). ` +
      "Its pictures can be tried again, by another pool if this one has no worker left.",
    { cause },
  );
}

/** Node.js' workers stand in a module of its own; elsewhere they are global. */
function startThread(onAnswer: (answer: WorkerReady | BatchDone) => void, onEnd: (cause: unknown) => unknown): Thread {
  if (typeof Worker === "undefined") return startNodeThread(onAnswer, onEnd);
  // Bundlers look for exactly this form.
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<WorkerReady | BatchDone>) => onAnswer(data));
  worker.addEventListener("error", ({ message }) => onEnd(new Error(message || "its script could not be loaded")));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    hold: () => undefined,
    terminate: () => worker.terminate(),
  };
}

/**
 * The worker as one script, which scripts/bundle.mjs puts here. In Node.js it needs no file: bundlers move none of those
 * that a thread is started from, or do so each in its own way.
 */
declare const WORKER_SCRIPT: string;

function startNodeThread(
  onAnswer: (answer: WorkerReady | BatchDone) => void,
  onEnd: (cause: unknown) => unknown,
): Thread {
  const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads");
  if (threads === undefined) throw new Error("this engine has no workers");
  // Not with this process' flags: some of them, such as --input-type, change what the script is read as.
  const worker = new threads.Worker(WORKER_SCRIPT, { eval: true, execArgv: [] });
  worker.on("message", onAnswer);
  worker.on("error", onEnd);
  worker.on("exit", (code) => onEnd(new Error(`exit code ${code}`)));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    hold: (held) => (held ? worker.ref() : worker.unref()),
    terminate: () => worker.terminate(),
  };
}
