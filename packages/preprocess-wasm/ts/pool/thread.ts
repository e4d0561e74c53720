// One worker of a pool, seen from the pool: a Node.js thread or a web worker. Batches in, promises of answers out.

import { PreprocessError } from "../errors.ts";
import type { Batch, BatchDone, WorkerReady, WorkerStart } from "./messages.ts";

/** The interface that both kinds of workers share. */
interface Thread {
  post(message: WorkerStart | Batch, transfer: ArrayBuffer[]): void;
  /** Sets whether the thread keeps the process alive. */
  hold(held: boolean): void;
  terminate(): unknown;
}

/** A caller that waits for an answer. */
interface Waiting {
  readonly resolve: (answer: WorkerReady | BatchDone) => void;
  readonly reject: (error: PreprocessError) => void;
}

/** A worker with kernels, which answers batches in order. */
export class PoolThread {
  readonly #thread: Thread;
  readonly #waiting: Waiting[] = [];
  #ended: PreprocessError | undefined;

  private constructor() {
    this.#thread = startThread(
      (answer) => {
        this.#waiting.shift()?.resolve(answer);
        // An answer that arrives while the worker is being ended must not let the process exit before the worker has.
        if (this.#waiting.length === 0 && this.#ended === undefined) this.#thread.hold(false);
      },
      (cause) => this.end(lost(cause)),
    );
  }

  /**
   * A worker that is ready for batches.
   *
   * @throws {PreprocessError} `WORKER_LOST`, or the worker's own error
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

  /** Why the worker takes no more batches; undefined while it does. */
  get ended(): PreprocessError | undefined {
    return this.#ended;
  }

  /** Number of batches that are not answered yet. */
  get load(): number {
    return this.#waiting.length;
  }

  /**
   * Sends a batch to the worker. Its buffers are transferred at once.
   *
   * @throws {DOMException} if a buffer cannot be moved; then none is moved
   * @throws {PreprocessError} `WORKER_LOST`, or the error that the worker was ended with
   */
  async send(batch: Batch): Promise<BatchDone> {
    const buffers = new Set(batch.pictures.map(({ data }) => data.buffer as ArrayBuffer));
    return (await this.#ask(batch, [...buffers])) as BatchDone;
  }

  /** Ends the worker; pending batches fail with `error`. */
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
    `Expected a worker of the pool to keep running, but it ended (${String(cause)}). ` +
      "Retry its pictures, with another pool if this one has no workers left.",
    { cause },
  );
}

/** Node.js has its workers in a module; elsewhere they are global. */
function startThread(onAnswer: (answer: WorkerReady | BatchDone) => void, onEnd: (cause: unknown) => unknown): Thread {
  // In Node.js, programs that Emscripten compiled for threads, such as ONNX Runtime Web, make its own class global.
  const isWeb = typeof Worker !== "undefined" && "addEventListener" in Worker.prototype;
  if (!isWeb) return startNodeThread(onAnswer, onEnd);
  // Bundlers recognize exactly this form.
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
 * The worker as one script, which scripts/bundle.mjs inserts. So it needs no file in Node.js: bundlers do not copy the
 * files that threads are started from, or each does it differently.
 */
declare const WORKER_SCRIPT: string;

function startNodeThread(
  onAnswer: (answer: WorkerReady | BatchDone) => void,
  onEnd: (cause: unknown) => unknown,
): Thread {
  const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads");
  if (threads === undefined) throw new Error("this engine has no workers");
  // Not with this process' flags: some of them, such as --input-type, change how the script is parsed.
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
