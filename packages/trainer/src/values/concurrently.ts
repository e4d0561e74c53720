// Processes items concurrently, with results in order, and stops at once when aborted.

import { pMapIterable } from "p-map";

/** Options for {@link concurrently}. */
export interface ConcurrentlyOptions {
  /** Maximum number of items in progress. */
  readonly concurrency: number;
  /** Ends the results at once with its reason. Work in progress continues in the background, and its results are discarded. */
  readonly signal: AbortSignal | undefined;
}

/**
 * The results of `work` for each of `items`, in order. Buffers at most `concurrency` results.
 *
 * @throws what `work` throws, or the signal's reason
 */
export async function* concurrently<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  { concurrency, signal }: ConcurrentlyOptions,
): AsyncGenerator<Awaited<Result>, void, undefined> {
  const results = pMapIterable(items, work, { concurrency })[Symbol.asyncIterator]();
  let reject = (_reason: unknown): void => undefined;
  const stop = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", stop);
  try {
    for (;;) {
      signal?.throwIfAborted();
      // Not a race with one promise for all: it would remember every result.
      const next = await new Promise<Awaited<ReturnType<typeof results.next>>>((resolve, rejected) => {
        reject = rejected;
        results.next().then(resolve, rejected);
      });
      if (next.done === true) return;
      yield next.value as Awaited<Result>;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    // Not awaited: it may be waiting for a picture.
    void results.return?.();
  }
}
