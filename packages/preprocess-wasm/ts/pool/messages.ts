// The messages between a pool and its workers.
//
//   pool ── WorkerStart ─▶ worker ── WorkerReady ─▶ pool
//   pool ── Batch ──────▶ worker ── BatchDone ───▶ pool      any number of times, answered in order

import type { PreprocessErrorCode } from "../errors.ts";
import type { MaskOptions } from "../mask-style.ts";
import type { Picture } from "../picture.ts";
import type { PreprocessorOptions } from "../preprocessor.ts";

/** The first message: the kernels, compiled once by the pool's thread, and the options of the outputs. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly options: PreprocessorOptions;
}

/** The answer to it. */
export interface WorkerReady {
  /** The error, if the worker could not start. */
  readonly error?: MessageError;
}

/** Pictures, whose buffers are transferred to the worker. */
export interface Batch {
  readonly pictures: readonly Picture[];
  /** How masks are written. */
  readonly masks: MaskOptions;
  /** Whether the buffers are transferred back. */
  readonly giveBack: boolean;
}

/** The answer to a batch. */
export interface BatchDone {
  /** `[pictures]` masks, one after the other; undefined content for those with an error. */
  readonly masks: Uint8Array<ArrayBuffer>;
  /** `[pictures]`. */
  readonly thresholds: Uint8Array;
  /** `[pictures]`: the error, if the picture failed. */
  readonly errors: readonly (MessageError | undefined)[];
  /** `[pictures]` if `giveBack`, else empty. */
  readonly data: readonly Picture["data"][];
}

/** A `PreprocessError` without its class, which messages do not preserve. */
export interface MessageError {
  readonly code: PreprocessErrorCode;
  readonly message: string;
}
