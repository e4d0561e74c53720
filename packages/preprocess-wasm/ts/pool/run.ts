// One call of a pool's `binarize`: pulls pictures while there is room, gathers them into batches, and orders the
// results.

import { newBytes } from "../arena.ts";
import { describedCause } from "../check.ts";
import { PreprocessError } from "../errors.ts";
import type { MaskOptions } from "../mask-style.ts";
import { readPicture, sourceOf, type Picture } from "../picture.ts";
import type { BatchDone } from "./messages.ts";
import type { PoolThread } from "./thread.ts";

/** The result for a picture that was binarized. */
export interface BinarizedPicture<P extends Picture = Picture> {
  /** Its index among the pictures. */
  readonly index: number;
  /** Otsu's threshold, 0 to 255: pixels above it are marked. */
  readonly threshold: number;
  /** `[height, width]` of the output, in the requested format; yours to keep. */
  readonly mask: Uint8Array<ArrayBuffer>;
  /** The picture, with its buffer back if it was moved. */
  readonly picture: P;
}

/** The result for a picture that failed. */
export interface FailedPicture<P extends Picture = Picture> {
  /** Its index among the pictures. */
  readonly index: number;
  /** What was wrong. */
  readonly error: PreprocessError;
  /** The picture as it was given. A buffer that was moved is back, unless its worker has ended. */
  readonly picture: P;
}

/** The result for a picture. */
export type PoolResult<P extends Picture = Picture> = BinarizedPicture<P> | FailedPicture<P>;

/** Bytes of pictures that fill a batch: a millisecond of work, compared to which messages are cheap. */
const BATCH_BYTES = 4 * 2 ** 20;
/** Number of pictures that fill a batch: small ones have a fixed cost. */
const BATCH_PICTURES = 32;

/** A picture that was pulled. */
interface Pulled<P> {
  readonly index: number;
  readonly picture: P;
  /** The picture to send, as it was read, with its own array or a copy. */
  readonly read: Picture;
  /** Its bytes, which cannot be read once it is sent. */
  readonly bytes: number;
}

/** Wakes whoever waits when there is news. */
class News {
  #tell: (() => void) | undefined;

  async wait(): Promise<void> {
    await new Promise<void>((resolve) => (this.#tell = resolve));
  }

  tell(): void {
    this.#tell?.();
    this.#tell = undefined;
  }
}

/** Settings for all pictures of a run. */
export interface RunSettings {
  /** Whether buffers are moved instead of copied. */
  readonly transfer: boolean;
  /** How masks are written. */
  readonly masks: MaskOptions;
  /** Workers of the pool. */
  readonly workers: number;
}

/** See the top of the file. */
export class PoolRun<P extends Picture> {
  readonly #source: Iterable<P> | AsyncIterable<P>;
  readonly #settings: RunSettings;
  readonly #onBatch: () => void;
  #batch: Pulled<P>[] = [];
  #batchBytes = 0;
  /** Results that wait for their turn. */
  readonly #results = new Map<number, { readonly result: PoolResult<P>; readonly bytes: number }>();
  #pulled = 0;
  #taken = 0;
  /** Bytes of pictures that were pulled and whose results were not taken yet. */
  #heldBytes = 0;
  /** Whether the source owes the next picture, which may take any time. */
  #asking = false;
  #pulling: Promise<void> | undefined;
  #stopped = false;
  #exhausted = false;
  /** The error to throw after the results. */
  #failure: { readonly error: unknown } | undefined;
  readonly #resultNews = new News();
  readonly #roomNews = new News();

  /** @param onBatch called whenever there may be more to send */
  constructor(source: Iterable<P> | AsyncIterable<P>, settings: RunSettings, onBatch: () => void) {
    this.#source = source;
    this.#settings = settings;
    this.#onBatch = onBatch;
  }

  /** Begins to pull pictures. */
  start(): void {
    this.#pulling = this.#pull();
  }

  /**
   * The next result, in the order of the pictures; undefined after the last.
   *
   * @throws the error of the source, or the one that ended the run, after the results of the pictures before it
   */
  async next(): Promise<PoolResult<P> | undefined> {
    for (;;) {
      const next = this.#results.get(this.#taken);
      if (next !== undefined) {
        this.#results.delete(this.#taken++);
        this.#heldBytes -= next.bytes;
        this.#roomNews.tell();
        return next.result;
      }
      if (this.#exhausted && this.#taken === this.#pulled) break;
      await this.#resultNews.wait();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return undefined;
  }

  /** Stops pulling, and closes the source; does not wait for a picture that the source still owes. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#roomNews.tell();
    if (!this.#asking) await this.#pulling;
  }

  /** Whether there is a full batch to send, or a batch with any pictures. */
  has(batch: "full" | "any"): boolean {
    return batch === "full" ? this.#isFull() : this.#batch.length > 0;
  }

  /** Sends the gathered batch to `thread`. */
  async send(thread: PoolThread): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    const computed = this.#compute(thread, batch);
    this.#roomNews.tell();
    await computed;
  }

  /** Ends the run: pictures that were not sent fail with `error`, which is thrown after the results. */
  end(error: PreprocessError): void {
    for (const pulled of this.#batch.splice(0)) this.#settle(pulled, { error });
    this.#failure ??= { error };
    this.#exhausted = true;
    this.#stopped = true;
    this.#roomNews.tell();
    this.#resultNews.tell();
  }

  async #pull(): Promise<void> {
    try {
      const iterator = iteratorOf(this.#source);
      while (!this.#stopped) {
        if (!this.#hasRoom()) {
          await this.#roomNews.wait();
          continue;
        }
        this.#asking = true;
        const { done = false, value } = await iterator.next();
        // A plain iterable may yield promises.
        const picture = done ? undefined : await value;
        this.#asking = false;
        if (done) return;
        if (!this.#stopped) this.#add(picture as P);
      }
      await iterator.return?.();
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#asking = false;
      this.#exhausted = true;
      this.#resultNews.tell();
    }
  }

  #isFull(): boolean {
    return this.#batchBytes >= BATCH_BYTES || this.#batch.length >= BATCH_PICTURES;
  }

  #hasRoom(): boolean {
    if (this.#isFull()) return false;
    const pictures = this.#pulled - this.#taken;
    // Two batches per worker, one more per worker waiting for a slower one before it, and one that is being gathered.
    const batches = 3 * this.#settings.workers + 1;
    return (
      pictures <= 2 * this.#settings.workers ||
      (pictures < batches * BATCH_PICTURES && this.#heldBytes < batches * BATCH_BYTES)
    );
  }

  #add(picture: P): void {
    const index = this.#pulled++;
    let read: Picture;
    let bytes: number;
    try {
      read = readPicture(`pictures[${index}]`, picture);
      const { data } = sourceOf(`pictures[${index}]`, read);
      bytes = data.length;
      // Copied now: the source may reuse its array for the next picture. Not by its slice: a Buffer's does not copy.
      if (!this.#settings.transfer) read = { ...read, data: copied(data) };
    } catch (error) {
      this.#settle({ index, picture, bytes: 0 }, { error: error as PreprocessError });
      return;
    }
    this.#batch.push({ index, picture, read, bytes });
    this.#batchBytes += bytes;
    this.#heldBytes += bytes;
    this.#onBatch();
  }

  async #compute(thread: PoolThread, batch: readonly Pulled<P>[]): Promise<void> {
    const { transfer, masks } = this.#settings;
    const pictures = batch.map(({ read }) => read);
    try {
      this.#settleBatch(batch, await thread.send({ pictures, masks, giveBack: transfer }));
    } catch (cause) {
      if (cause instanceof PreprocessError) {
        for (const pulled of batch) this.#settle(pulled, { error: cause });
      } else if (batch.length > 1) {
        // One of the buffers cannot be moved; the others can.
        await Promise.all(batch.map((pulled) => this.#compute(thread, [pulled])));
      } else {
        for (const pulled of batch) this.#settle(pulled, { error: immovable(pulled.index, cause) });
      }
    }
  }

  #settleBatch(batch: readonly Pulled<P>[], { masks, thresholds, errors, data }: BatchDone): void {
    const maskBytes = masks.length / batch.length;
    for (const [place, pulled] of batch.entries()) {
      const [own, error, threshold = 0] = [data[place], errors[place], thresholds[place]];
      let picture: P;
      try {
        picture = own === undefined ? pulled.picture : { ...pulled.picture, data: own };
      } catch (cause) {
        this.#settle(pulled, { error: unreadable(pulled.index, cause) });
        continue;
      }
      if (error === undefined) {
        const mask = masks.slice(place * maskBytes, (place + 1) * maskBytes);
        this.#settle({ ...pulled, picture }, { threshold, mask });
      } else {
        this.#settle({ ...pulled, picture }, { error: new PreprocessError(error.code, error.message) });
      }
    }
  }

  #settle(
    { index, picture, bytes }: Omit<Pulled<P>, "read">,
    outcome: Omit<BinarizedPicture<P>, "index" | "picture"> | { readonly error: PreprocessError },
  ): void {
    this.#results.set(index, { result: { index, ...outcome, picture }, bytes });
    if (index === this.#taken) this.#resultNews.tell();
  }
}

/** @throws {PreprocessError} `OUT_OF_MEMORY` */
function copied(data: Uint8Array): Uint8Array {
  const copy = newBytes(data.length);
  copy.set(data);
  return copy;
}

/** @throws {PreprocessError} `INVALID_ARGUMENT` */
function iteratorOf<P>(source: Iterable<P> | AsyncIterable<P>): Iterator<P> | AsyncIterator<P> {
  if (typeof source === "object" && source !== null) {
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
    if (Symbol.iterator in source) return source[Symbol.iterator]();
  }
  throw new PreprocessError(
    "INVALID_ARGUMENT",
    `Expected an iterable or async iterable of pictures but received ${source === null ? "null" : typeof source}`,
  );
}

function unreadable(index: number, cause: unknown): PreprocessError {
  return new PreprocessError(
    "INVALID_ARGUMENT",
    `Expected pictures[${index}] to be readable, to return it with its buffer, but reading it threw an error: ` +
      "see the cause",
    { cause },
  );
}

function immovable(index: number, cause: unknown): PreprocessError {
  return new PreprocessError(
    "INVALID_ARGUMENT",
    `Expected pictures[${index}].data to have a buffer that can be moved to a worker, but it cannot ` +
      `(${describedCause(cause)}). Leave transfer out to copy it instead.`,
    { cause },
  );
}
