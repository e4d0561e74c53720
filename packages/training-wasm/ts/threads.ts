// Threads that share TensorFlow.js' memory: workers, each with an instance of the kernels, that compute the parts of a
// kernel's work together with the calling thread.
//
// A job is in the shared memory itself. Each free thread takes the next part; no part writes what another one writes,
// so the results do not depend on which thread took which part. WORKER_SOURCE is the workers' side, and uses the same
// words.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { TrainingWasmError } from "./errors.ts";
import type { Heap } from "./heap.ts";

/** Indices of a job's 32-bit words. */
const JOB = {
  /** Counts jobs: workers wait for it to change. */
  number: 0,
  function: 1,
  parts: 2,
  /** The next part that no thread has taken. */
  next: 3,
  /** Workers that have not noticed yet that no parts are left. */
  busy: 4,
  /** Not 0 if a worker's kernel trapped. */
  trapped: 5,
  workspace: 6,
  /** Bytes of workspace for each thread. */
  workspaceBytes: 7,
  arguments: 8,
  words: 10,
} as const;

/** The arguments follow the words, as doubles: these hold every address, and every number in f32. */
const MOST_ARGUMENTS = 16;

const JOB_BYTES = JOB.words * 4 + MOST_ARGUMENTS * 8;

/** Times to check for the end of a job before a thread sleeps: waking up takes longer than many jobs. */
const SPINS = 20_000;

/** Kernels keep pointers to at most 1,024 rows on their stack, and a few frames. */
export const STACK_BYTES = 64 * 1024;

/** The message that starts a worker. */
interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the job. */
  readonly job: number;
  readonly stack: number;
  /** Index of this worker among the threads, from 1. */
  readonly thread: number;
}

/**
 * A worker's program, for Node.js and browsers. As text, so that bundlers and servers need not handle another file.
 */
const WORKER_SOURCE = `
const run = ({ module, memory, job, stack, thread }, post) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.__stack_pointer.value = stack;
  const functions = Object.values(exports);
  const words = new Int32Array(memory.buffer, job, ${JOB.words});
  const args = new Float64Array(memory.buffer, job + ${JOB.words * 4}, ${MOST_ARGUMENTS});
  let seen = Atomics.load(words, ${JOB.number});
  post("ready");
  for (;;) {
    for (let spin = 0; spin < ${SPINS} && Atomics.load(words, ${JOB.number}) === seen; spin++);
    Atomics.wait(words, ${JOB.number}, seen);
    if (Atomics.load(words, ${JOB.number}) === seen) continue;
    seen = Atomics.load(words, ${JOB.number});
    const kernel = functions[words[${JOB.function}]];
    const parts = words[${JOB.parts}];
    const workspace = (words[${JOB.workspace}] >>> 0) + thread * words[${JOB.workspaceBytes}];
    const rest = args.slice(0, words[${JOB.arguments}]);
    try {
      for (let part; (part = Atomics.add(words, ${JOB.next}, 1)) < parts;) kernel(part, parts, workspace, ...rest);
    } catch {
      Atomics.store(words, ${JOB.trapped}, 1);
    }
    if (Atomics.sub(words, ${JOB.busy}, 1) === 1) Atomics.notify(words, ${JOB.busy});
  }
};
if (typeof WorkerGlobalScope === "undefined") {
  const { parentPort } = require("node:worker_threads");
  parentPort.once("message", (start) => run(start, (text) => parentPort.postMessage(text)));
} else {
  addEventListener("message", ({ data }) => run(data, (text) => postMessage(text)), { once: true });
}
`;

/** A worker of Node.js or of a browser. */
interface AnyWorker {
  postMessage(message: WorkerStart): void;
  terminate(): unknown;
  /** Node.js: no longer keeps the process alive. */
  unref?(): void;
  /** Node.js: reports that it has ended. Browsers do not report it. */
  once?(event: "exit", listener: () => void): void;
}

/** Time limit of a worker's last part: parts take a millisecond, but a busy machine may suspend the worker. */
const WORKER_MILLISECONDS = 60_000;

/** The workers besides the calling thread. */
export class Threads {
  readonly #words: Int32Array;
  readonly #arguments: Float64Array;
  readonly #workers: readonly AnyWorker[];
  #hasEnded = false;

  private constructor(memory: WebAssembly.Memory, job: number, workers: readonly AnyWorker[]) {
    this.#words = new Int32Array(memory.buffer, job, JOB.words);
    this.#arguments = new Float64Array(memory.buffer, job + JOB.words * 4, MOST_ARGUMENTS);
    this.#workers = workers;
    for (const worker of workers) {
      worker.once?.("exit", () => {
        this.#hasEnded = true;
      });
    }
  }

  /** Whether all workers are alive. */
  get areAlive(): boolean {
    return !this.#hasEnded;
  }

  /**
   * Starts `count` workers.
   *
   * @throws the worker's error if one does not start; all are then ended
   */
  static async start(module: WebAssembly.Module, heap: Heap, count: number): Promise<Threads> {
    const { memory } = heap;
    const job = heap.allocate(JOB_BYTES);
    new Uint8Array(memory.buffer, job, JOB_BYTES).fill(0);
    const workers: AnyWorker[] = [];
    try {
      const ready = Array.from({ length: count }, (_, index) => {
        const stack = heap.allocate(STACK_BYTES) + STACK_BYTES;
        const { worker, started } = startWorker({ module, memory, job, stack: stack | 0, thread: index + 1 });
        workers.push(worker);
        return started;
      });
      await Promise.all(ready);
    } catch (error) {
      for (const worker of workers) worker.terminate();
      throw error;
    }
    for (const worker of workers) worker.unref?.();
    return new Threads(memory, job, workers);
  }

  /** Number of threads, including the calling one. */
  get count(): number {
    return 1 + this.#workers.length;
  }

  /**
   * Runs all parts of a kernel, and returns when they are done.
   *
   * @param kernel the kernel of this thread's instance
   * @param index index of the same kernel among the exports
   * @param workspace address of {@link Threads.count} workspaces of `workspaceBytes` bytes
   * @throws {WebAssembly.RuntimeError} if the kernel traps
   * @throws {TrainingWasmError} `KERNELS_UNAVAILABLE` if a worker has ended
   */
  run(
    kernel: (...words: number[]) => void,
    index: number,
    parts: number,
    workspace: number,
    workspaceBytes: number,
    args: readonly number[],
  ): void {
    if (this.#hasEnded) throw workerEnded();
    const words = this.#words;
    words[JOB.function] = index;
    words[JOB.parts] = parts;
    words[JOB.next] = 0;
    words[JOB.busy] = this.#workers.length;
    words[JOB.trapped] = 0;
    words[JOB.workspace] = workspace;
    words[JOB.workspaceBytes] = workspaceBytes;
    words[JOB.arguments] = args.length;
    this.#arguments.set(args);
    Atomics.add(words, JOB.number, 1);
    Atomics.notify(words, JOB.number);
    try {
      for (let part; (part = Atomics.add(words, JOB.next, 1)) < parts;) kernel(part, parts, workspace, ...args);
    } finally {
      this.#join();
    }
    if (words[JOB.trapped] !== 0) throw new WebAssembly.RuntimeError("a kernel trapped in a worker");
  }

  /** Waits until no worker is busy with the job. */
  #join(): void {
    let [before, since] = [-1, 0];
    for (let spin = 0; ; spin++) {
      const busy = Atomics.load(this.#words, JOB.busy);
      if (busy === 0) return;
      if (spin < SPINS) continue;
      // A browser's main thread may not sleep.
      if (canSleep) Atomics.wait(this.#words, JOB.busy, busy, WORKER_MILLISECONDS);
      if (busy !== before) [before, since] = [busy, performance.now()];
      else if (performance.now() - since > WORKER_MILLISECONDS) {
        // The worker died during the job: its end is reported only when this thread is idle.
        this.#hasEnded = true;
        throw workerEnded();
      }
    }
  }

  /** Ends the workers. */
  stop(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

function workerEnded(): TrainingWasmError {
  return new TrainingWasmError(
    "KERNELS_UNAVAILABLE",
    "Expected all threads to be running, but one has ended. Call enableTraining() again to start others.",
  );
}

/** Number of threads that the machine runs in parallel. */
export function logicalCores(): number {
  return nodeModule("node:os")?.availableParallelism() ?? navigator.hardwareConcurrency;
}

/**
 * Time limit for a browser to run a worker. It takes a tenth of a second, but in Firefox 140 that WebDriver BiDi drives, some workers that
 * another worker starts never run, nor does another one that is started instead. Firefox 153 then blocks in `new Worker` itself, which only
 * whoever started this worker can notice.
 */
const STARTING_SECONDS = 20;

const canSleep = typeof document === "undefined";

function startWorker(start: WorkerStart): { readonly worker: AnyWorker; readonly started: Promise<void> } {
  const node = nodeModule("node:worker_threads");
  if (node !== undefined) {
    // Not with this process' flags: some of them, such as --input-type, change how the program is parsed.
    const worker = new node.Worker(WORKER_SOURCE, { eval: true, execArgv: [] });
    const started = new Promise<void>((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("error", reject);
    });
    worker.postMessage(start);
    return { worker, started };
  }
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
  const worker = new Worker(url);
  const started = new Promise<void>((resolve, reject) => {
    worker.addEventListener("message", () => resolve(), { once: true });
    worker.addEventListener("error", (event) => reject(new Error(event.message || "the worker did not start")), {
      once: true,
    });
    setTimeout(
      () => reject(new Error(`the worker did not run within ${STARTING_SECONDS} seconds`)),
      1000 * STARTING_SECONDS,
    );
  }).finally(() => URL.revokeObjectURL(url));
  worker.postMessage(start);
  return { worker, started };
}

/** A module of Node.js, undefined elsewhere. Not imported, so that bundlers do not resolve it. */
function nodeModule<Name extends "node:os" | "node:worker_threads">(name: Name) {
  const { process } = globalThis as { process?: { getBuiltinModule?: NodeJS.Process["getBuiltinModule"] } };
  return process?.getBuiltinModule?.(name);
}
