// What a pool and its workers say to each other, and the two kinds of workers that carry it.
//
//   pool ── WorkerStart ─▶ worker ── WorkerReady ─▶ pool
//   pool ── Batch ──────▶ worker ── BatchDone ───▶ pool      any number of times, answered in order

import type { PreprocessErrorCode } from "../errors.ts";
import type { MaskOptions } from "../mask-style.ts";
import type { Picture } from "../picture.ts";
import type { PreprocessorOptions } from "../preprocessor.ts";

/** The first message: kernels, compiled once by the pool's thread, and what to make of pictures. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly options: PreprocessorOptions;
}

/** The answer to it. */
export interface WorkerReady {
  /** What was thrown, if the worker cannot work. */
  readonly error?: MessageError;
}

/** Pictures whose buffers have become the worker's. */
export interface Batch {
  readonly pictures: readonly Picture[];
  /** How masks are written. */
  readonly masks: MaskOptions;
  /** Whether the buffers come back. */
  readonly giveBack: boolean;
}

/** The answer to a batch. */
export interface BatchDone {
  /** `[pictures]` masks in a row, undefined where there is an error. */
  readonly masks: Uint8Array<ArrayBuffer>;
  /** `[pictures]`. */
  readonly thresholds: Uint8Array;
  /** `[pictures]`: what was thrown, if anything was. */
  readonly errors: readonly (MessageError | undefined)[];
  /** `[pictures]` if they are to come back, else none. */
  readonly data: readonly Picture["data"][];
}

/** A `PreprocessError` without its class, which messages do not keep. */
export interface MessageError {
  readonly code: PreprocessErrorCode;
  readonly message: string;
}
