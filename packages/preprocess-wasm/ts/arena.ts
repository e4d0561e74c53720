// The memory of one call: regions are reserved one after the other, then WebAssembly memory is grown once to hold them.

import { PreprocessError } from "./errors.ts";
import type { AnyKernels } from "./kernels.ts";

const PAGE_BYTES = 65_536;
const ALIGNMENT = 16;

/** Largest region, in bytes: `isize::MAX`, the limit of a slice in Rust. */
export const MOST_BYTES = 2 ** 31 - 1;

/** An offset into the WebAssembly memory, a multiple of 16. */
export type Address = number;

/** Regions of WebAssembly memory for one call. They overwrite those of earlier calls. */
export class Arena {
  readonly #memory: WebAssembly.Memory;
  #end: number;

  constructor(kernels: AnyKernels) {
    this.#memory = kernels.memory;
    this.#end = aligned(kernels.arena_start());
  }

  /**
   * A region of `bytes` bytes. Its content is undefined, and it exists only after {@link Arena.commit}.
   *
   * @throws {PreprocessError} `OUT_OF_MEMORY` beyond the limit of a Rust slice
   */
  reserve(bytes: number): Address {
    if (bytes > MOST_BYTES) {
      throw new PreprocessError(
        "OUT_OF_MEMORY",
        `Expected regions of at most ${MOST_BYTES} bytes, but one of ${bytes} is needed. Shrink the picture first.`,
      );
    }
    const address = this.#end;
    this.#end = aligned(address + bytes);
    return address;
  }

  /**
   * Grows the memory to hold all reserved regions.
   *
   * @returns the whole memory; valid until the next commit, which may grow it
   * @throws {PreprocessError} `OUT_OF_MEMORY`
   */
  commit(): Uint8Array<ArrayBuffer> {
    const missing = this.#end - this.#memory.buffer.byteLength;
    try {
      if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
      // Engines may refuse arrays of more than 2 GiB, too.
      return new Uint8Array(this.#memory.buffer);
    } catch (cause) {
      throw refused(this.#end, "WebAssembly memory", cause);
    }
  }
}

/**
 * An array of zeros.
 *
 * @throws {PreprocessError} `OUT_OF_MEMORY`
 */
export function newBytes(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw refused(length, "memory", cause);
  }
}

function refused(bytes: number, kind: string, cause: unknown): PreprocessError {
  return new PreprocessError(
    "OUT_OF_MEMORY",
    `Expected ${Math.ceil(bytes / 2 ** 20)} MiB of ${kind} to be available, but the engine refused them. ` +
      "Shrink the picture first, or pass fewer at once.",
    { cause },
  );
}

function aligned(address: number): Address {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
