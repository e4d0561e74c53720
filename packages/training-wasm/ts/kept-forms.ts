// Values in the forms that kernels read, such as packed filters, kept as long as the values: a network that is not
// trained has the same filters in every call.

import type { TensorData } from "./deferred.ts";

/** Most bytes of all forms. */
const MOST_BYTES = 2 ** 28;

/** Where blocks come from. */
interface Memory {
  /** @throws {TrainingWasmError} `OUT_OF_MEMORY` */
  allocate(bytes: number): number;
  free(address: number): void;
}

/** Values in another form. */
interface Form {
  readonly sources: readonly TensorData[];
  readonly kind: string;
  readonly address: number;
  readonly bytes: number;
}

/**
 * Forms that were used twice. The first use alone keeps nothing: in training, each filter is used once and replaced.
 * Those that were not used for longest make room for others.
 */
export class KeptForms {
  readonly #memory: Memory;
  /** The forms of the values by their kinds; undefined if one was used, and is not kept. */
  readonly #used = new WeakMap<TensorData, Map<string, Form | undefined>>();
  /** Those that are kept, the last used one last. */
  readonly #kept = new Set<Form>();
  #bytes = 0;
  /** The form that a kernel is reading. */
  #lent: Form | undefined;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /**
   * Lends a form for one call.
   *
   * @param sources the values that it is made of, and kept with the first of: a bias may change
   * @param kind says all else that the form depends on
   * @param write makes it, at an address
   * @throws {TrainingWasmError} `OUT_OF_MEMORY`
   */
  lend(
    sources: readonly [TensorData, ...TensorData[]],
    kind: string,
    bytes: number,
    write: (address: number) => void,
    use: (address: number) => void,
  ): void {
    const forms = this.#used.get(sources[0]) ?? new Map<string, Form | undefined>();
    this.#used.set(sources[0], forms);
    const wasUsed = forms.has(kind);
    const kept = forms.get(kind);
    if (kept !== undefined && hasSources(kept, sources)) {
      // The last used one.
      this.#kept.delete(kept);
      this.#kept.add(kept);
      this.#whileLent(kept, use);
      return;
    }
    if (kept !== undefined) this.#drop(kept);
    forms.set(kind, undefined);
    const isKept = wasUsed && bytes <= MOST_BYTES;
    if (isKept) this.#makeRoom(bytes);
    const form = { sources, kind, bytes, address: this.#memory.allocate(bytes) };
    try {
      this.#whileLent(form, (address) => {
        write(address);
        use(address);
      });
    } catch (error) {
      this.#memory.free(form.address);
      throw error;
    }
    if (isKept) {
      forms.set(kind, form);
      this.#kept.add(form);
      this.#bytes += bytes;
    } else {
      this.#memory.free(form.address);
    }
  }

  /** Frees the forms of values that are no more. */
  free(data: TensorData): void {
    for (const form of this.#used.get(data)?.values() ?? []) if (form !== undefined) this.#drop(form);
    this.#used.delete(data);
  }

  /** Frees all forms but one that is lent. */
  clear(): void {
    for (const form of this.#kept) if (form !== this.#lent) this.#drop(form);
  }

  /** Bytes of all forms. */
  get bytes(): number {
    return this.#bytes;
  }

  #whileLent(form: Form, use: (address: number) => void): void {
    this.#lent = form;
    try {
      use(form.address);
    } finally {
      this.#lent = undefined;
    }
  }

  #makeRoom(bytes: number): void {
    for (const form of this.#kept) {
      if (this.#bytes + bytes <= MOST_BYTES) return;
      this.#drop(form);
    }
  }

  #drop(form: Form): void {
    const [data] = form.sources;
    if (data !== undefined) this.#used.get(data)?.delete(form.kind);
    this.#kept.delete(form);
    this.#bytes -= form.bytes;
    this.#memory.free(form.address);
  }
}

function hasSources(form: Form, sources: readonly TensorData[]): boolean {
  return form.sources.length === sources.length && form.sources.every((source, index) => source === sources[index]);
}
