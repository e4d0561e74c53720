// Threads that read, decode and preprocess ordinary JPEGs. Each does all of it, so that only results are handed over.
//
//   files ─▶ batches ─▶ the least loaded thread (picture-worker.ts) ─▶ pictures for a dataset, or none if the file is for sharp

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

import type { DatasetPicture, DatasetPictureOptions } from "../../dataset/dataset-picture.ts";
import { pictureBytes, type StoredSize } from "../../dataset/format.ts";
import { TrainerError } from "../../values/errors.ts";

/** What the threads make. */
export interface WorkerOptions extends DatasetPictureOptions {
  /** Size and format of the pictures in the dataset. */
  readonly stored: StoredSize;
}

/** What a thread is sent. */
export interface Batch {
  readonly files: readonly string[];
  /** Where the results may be put. */
  readonly room: ArrayBuffer | undefined;
}

/** What a thread answers. */
export interface Answers {
  /** What was made of each file; undefined if it is for sharp. */
  readonly answers: readonly (DatasetPicture | undefined)[];
  /** Where the results are. */
  readonly room: ArrayBuffer;
}

/** What was made of a file. */
export interface Answer {
  /** Valid until {@link Answer.release}; undefined if the file is for sharp. */
  readonly made: DatasetPicture | undefined;
  /** To be called once the result is not needed any more: its memory serves other files. */
  readonly release: () => void;
}

/** Pixels of a batch: messages are expensive compared to small pictures. */
const BATCH_BYTES = 2 ** 20;
/** Most files of a batch. */
const BATCH_FILES = 16;
/** Batches per thread: the one in progress, and the next. */
const BATCHES = 2;

/** A file that waits for a thread. */
interface Waiting {
  readonly file: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Batches that were sent and not answered, in order. */
  readonly sent: Waiting[][];
}

/** See the top of the file. Always {@link PictureWorkers.close} it. */
export class PictureWorkers {
  /** Number of files to ask for at a time, so that no thread has to wait. */
  readonly inFlight: number;
  readonly #batchFiles: number;
  readonly #threads: readonly Thread[];
  #waiting: Waiting[] = [];
  /** Rooms for the results of a batch. */
  readonly #rooms: ArrayBuffer[] = [];
  #failure: TrainerError | undefined;

  /** @param threads number of threads */
  constructor(threads: number, options: WorkerOptions) {
    this.#batchFiles = Math.max(1, Math.min(BATCH_FILES, Math.floor(BATCH_BYTES / pictureBytes(options.stored))));
    this.inFlight = (BATCHES * threads + 1) * this.#batchFiles;
    this.#threads = Array.from({ length: threads }, () => this.#started(options));
  }

  /**
   * What a thread makes of a file.
   *
   * @throws {TrainerError} `MACHINE_EXHAUSTED` if a thread has ended
   */
  prepare(file: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ file, resolve, reject });
      // After the files that are asked for at the same time.
      if (this.#waiting.length === 1) queueMicrotask(() => this.#dispatch());
      else if (this.#waiting.length >= this.#batchFiles) this.#dispatch();
    });
  }

  /** Ends the threads; answers that are still due never come. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #started(options: WorkerOptions): Thread {
    // The same file from the sources and from the build.
    const file = createRequire(import.meta.url).resolve("#picture-worker");
    const workerData = { ...options, batchFiles: this.#batchFiles };
    const thread: Thread = { worker: new Worker(file, { workerData }), sent: [] };
    thread.worker.on("message", ({ answers, room }: Answers) => {
      let left = answers.length;
      const release = (): void => {
        if (--left === 0) this.#rooms.push(room);
      };
      for (const [index, { resolve }] of (thread.sent.shift() ?? []).entries())
        resolve({ made: answers[index], release });
      this.#dispatch();
    });
    thread.worker.on("error", (cause) => this.#fail(cause));
    return thread;
  }

  /** Sends full batches to threads that have room, and any batch to a thread that would wait. */
  #dispatch(): void {
    if (this.#failure !== undefined) {
      for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
      return;
    }
    for (;;) {
      const [first] = this.#threads.toSorted((one, other) => one.sent.length - other.sent.length);
      const isWorthIt = first?.sent.length === 0 || this.#waiting.length >= this.#batchFiles;
      if (first === undefined || this.#waiting.length === 0 || first.sent.length >= BATCHES || !isWorthIt) return;
      const batch = this.#waiting.splice(0, this.#batchFiles);
      first.sent.push(batch);
      const room = this.#rooms.pop();
      const message: Batch = { files: batch.map(({ file }) => file), room };
      first.worker.postMessage(message, room === undefined ? [] : [room]);
    }
  }

  #fail(cause: unknown): void {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    this.#failure ??= new TrainerError(
      "MACHINE_EXHAUSTED",
      `Expected to prepare pictures in threads, but one has ended (${reason})`,
      "Free memory, or try again on a machine with more; a lower concurrency needs less.",
      { cause },
    );
    for (const { sent } of this.#threads) for (const { reject } of sent.splice(0).flat()) reject(this.#failure);
    this.#dispatch();
  }
}
